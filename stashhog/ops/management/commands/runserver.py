"""`manage.py runserver`: Django's development server, by daphne, so that it has the WebSockets too.

Here, since the app `daphne` in INSTALLED_APPS, which would give the command, loads Twisted into every process.
"""

from daphne.management.commands.runserver import Command

__all__ = ["Command"]
