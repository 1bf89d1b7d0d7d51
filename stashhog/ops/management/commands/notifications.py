"""`manage.py notifications`: channels, by which StashHog tells people what happened."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from jobs.errors import BadRequest
from stashhog.ops.management.configuring import ConfiguringCommand
from stashhog.ops.notifications import channels
from stashhog.ops.notifications.models import Cause, Channel
from stashhog.ops.notifications.sending import MAX_ADDRESS


class Command(ConfiguringCommand):
    help = "Channels of notifications: list, add, remove and test them."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="All channels, and how they are.")
        adding = actions.add_parser("add", help="Make one. Its address is asked for, or read from stdin.")
        adding.add_argument("name")
        adding.add_argument(
            "--cause", dest="causes", action="append", choices=Cause.values, help="One each time; all by default."
        )
        adding.add_argument("--digest", action="store_true", help="Everything of a day in one message.")
        adding.add_argument("--digest-hour", type=int, choices=range(24), default=8, metavar="HOUR", help="0 to 23.")
        for action, text in (("remove", "Delete one."), ("test", "Send a message now. Exit code 1: it was not taken.")):
            actions.add_parser(action, help=text).add_argument("name")

    def do_list(self, **options: Any) -> None:
        for channel in Channel.objects.all():
            state = f"failing: {channel.error}" if channel.failures else "on" if channel.enabled else "off"
            how = f"at {channel.digest_hour}:00 daily" if channel.digest else "at once"
            self.stdout.write(
                f"{channel.name} ({channel.service}), {how}, {state}\n    {', '.join(channel.causes) or 'nothing'}"
            )

    def do_add(self, *, name: str, causes: list[str] | None, digest: bool, digest_hour: int, **options: Any) -> None:
        # Never an argument, which everybody on this machine could read.
        is_person = sys.stdin.isatty()
        address = getpass.getpass("Address: ") if is_person else sys.stdin.readline(MAX_ADDRESS + 2).strip()
        values = {"name": name, "url": address, "causes": causes or Cause.values, "digest": digest}
        channel = channels.save(Channel(), values | {"digest_hour": digest_hour})
        self.stdout.write(f"{channel.name} is made. `notifications test {channel.name}` tries it.")

    def do_remove(self, *, name: str, **options: Any) -> None:
        found(name).delete()
        self.stdout.write(f"{name} is removed.")

    def do_test(self, *, name: str, **options: Any) -> None:
        channel = found(name)
        if why := channels.test(channel):
            raise CommandError(why)
        self.stdout.write(f"{channel.service} took the test message.")


def found(name: str) -> Channel:
    channel = Channel.objects.filter(name=name).first()
    if channel is None:
        raise BadRequest(f"There is no channel {name[:100]!r}. `notifications list` names them all.")
    return channel
