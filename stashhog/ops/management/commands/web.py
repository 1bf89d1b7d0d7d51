"""`manage.py web`: serves the pages, the API and the WebSockets with daphne."""

from typing import Any

from daphne.cli import CommandLineInterface
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from django.core.management.base import BaseCommand

from jobs.worker.parent_watchdog import exit_with_parent
from stashhog.http import server
from stashhog.ops.notifications.rounds import watch_in_web


class Command(BaseCommand):
    help = "Serve pages, API and WebSockets on STASHHOG_BIND."

    def handle(self, *args: Any, **options: Any) -> None:
        exit_with_parent()
        watch_in_web()
        # By default a WebSocket message of more than a megabyte drops the connection; so it is closed, with code 1009.
        WebSocketProtocol.failByDrop = False  # type: ignore[attr-defined]
        server.install()
        host, _, port = settings.BIND.rpartition(":")
        # At 1, daphne writes a line for each request; what goes wrong is in Django's log in any case.
        verbosity = "1" if settings.ACCESS_LOG else "0"
        # In this process: signals reach daphne itself.
        CommandLineInterface().run(
            ["-v", verbosity, "--no-server-name", "-b", host.strip("[]"), "-p", port, "stashhog.asgi:application"]
        )
