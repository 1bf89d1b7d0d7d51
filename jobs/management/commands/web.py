"""`manage.py web`: serves the pages, the API and the WebSockets with daphne."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Serve pages, API and WebSockets on STASHHOG_BIND."

    def handle(self, *args: Any, **options: Any) -> None:
        host, _, port = settings.BIND.rpartition(":")
        command = [sys.executable, "-m", "daphne", "-b", host.strip("[]"), "-p", port, "stashhog.asgi:application"]
        # Replaces this process: signals reach daphne itself.
        os.execv(sys.executable, command)
