"""Django's command line for StashHog: `manage.py` in a checkout, `stashhog` where it is installed."""

from __future__ import annotations

import os
import sys


def main(program: str = "stashhog") -> None:
    """Run the command in sys.argv."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line([program, *sys.argv[1:]])
    except ImproperlyConfigured as error:
        sys.exit(f"StashHog can't start. {error}")


def main_with_env_file() -> None:
    """`stashhog COMMAND…`: with the settings of the file `.env` in the working folder.

    It becomes a new program, so that the file is read once: the processes that it starts later use its environment,
    and not what the file says by then, and those of the demo use the demo's. -P: no code is taken from that folder.
    """
    from stashhog import dotenv

    dotenv.run([sys.executable, "-P", "-m", "stashhog", *sys.argv[1:]])


if __name__ == "__main__":
    main()
