"""How to start another command of the program that runs here, be it `manage.py` or a `python -m`."""

from __future__ import annotations

import sys


def python() -> list[str]:
    """The interpreter. It takes no modules from the working folder when this one does not."""
    return [sys.executable, "-P"] if sys.flags.safe_path else [sys.executable]


def manage() -> list[str]:
    """The arguments of the interpreter before the name of a command."""
    spec = sys.modules["__main__"].__spec__
    return ["-m", spec.parent] if spec and spec.parent else [sys.argv[0]]


def command(*words: str) -> list[str]:
    """The whole command line: `command("web")`."""
    return [*python(), *manage(), *words]
