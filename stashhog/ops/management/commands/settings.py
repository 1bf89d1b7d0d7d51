"""`manage.py settings`: show and change the settings."""

from __future__ import annotations

import getpass
import json
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser

from scenes.configuration import GROUPS, SERVICES, Effective, current, state
from scenes.configuration.declaring import LONGEST
from scenes.configuration.saving import find, save
from stashhog.ops.management.configuring import ConfiguringCommand

if TYPE_CHECKING:
    from scenes.probes.results import ProbeResult

FROM_STDIN = "-"


class Command(ConfiguringCommand):
    help = "Show and change the settings. What an environment variable sets is changed there."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="All settings: value, and where it is from.")
        listing.add_argument("--json", action="store_true", help="As JSON on stdout.")
        setting = actions.add_parser("set", help="Store a value.")
        setting.add_argument("key", help="As `settings list` names it, or its variable.")
        setting.add_argument("value", help="The value; - asks for it, or reads it from stdin. A secret takes - only.")
        unsetting = actions.add_parser("unset", help="Back to the default.")
        unsetting.add_argument("key")

        testing = actions.add_parser(
            "test", help="Ask the services, or see where a path leads. Exit code 1: something is wrong."
        )
        testing.add_argument("what", nargs="?", choices=[*SERVICES, "path"], help="All services.")
        testing.add_argument(
            "path", nargs="?", default="", help="With `path`: a file or folder as qBittorrent names it."
        )
        testing.add_argument("--json", action="store_true", help="As JSON on stdout.")

    def do_list(self, *, json: bool, **options: Any) -> None:
        settings = state().settings.values()
        if json:
            self.stdout.write(as_json([setting.described() for setting in settings]))
            return
        for group, name in GROUPS.items():
            self.stdout.write(self.style.MIGRATE_HEADING(name))
            for setting in settings:
                if setting.declaration.group == group:
                    self.stdout.write(line_of(setting))

    def do_set(self, *, key: str, value: str, **options: Any) -> None:
        setting = find(key)
        if value == FROM_STDIN:
            # Not a moment on a command line or on a screen.
            value = getpass.getpass(f"{setting.label}: ") if sys.stdin.isatty() else sys.stdin.read(LONGEST + 2)
        elif setting.kind.holds_secret(value):
            raise CommandError(
                "A secret on a command line is there for everybody to see. "
                f"`settings set {setting.key} -` asks for it, or reads it from stdin."
            )
        if not value.strip():
            raise CommandError(f"No value was given; `settings unset {setting.key}` puts it back to its default.")
        self.tell(save({setting.key: value.rstrip("\r\n")}), f"{setting.key} is set.")

    def do_unset(self, *, key: str, **options: Any) -> None:
        setting = find(key)
        self.tell(save({setting.key: None}), f"{setting.key} is back to its default.")

    def do_test(self, *, what: str | None, path: str, json: bool, **options: Any) -> None:
        from scenes.probes import running  # which takes the clients of all services

        if bool(path) != (what == "path"):
            raise CommandError("Give a path after `path`, as in `settings test path /downloads/film.mkv`.")
        config = current()
        if what == "path":
            results = [running.probe_path(path, config)]
        else:
            results = [running.probe(what, config)] if what else running.probe_all(config)
        if json:
            self.stdout.write(as_json([result.described() for result in results]))
        for result in [] if json else results:
            style = self.style.SUCCESS if result.good else self.style.ERROR
            self.stdout.write("\n".join([style(f"{result.service}: {result.message}"), *lines_of(result)]))
        if not all(result.good for result in results):
            sys.exit(1)

    def tell(self, changed: list[str], text: str) -> None:
        self.stdout.write(text if changed else "Nothing was changed.")


def lines_of(result: ProbeResult) -> list[str]:
    """A line for each finding, marked where it is not good, and one for what to do about it."""
    found = []
    for finding in result.findings:
        found.append(f"  {' ' if finding.good else '!'} {finding.name}: {finding.value}")
        found += [f"      {finding.fix}"] if finding.fix else []
    return found


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def line_of(setting: Effective) -> str:
    """``link_mode = copy (from the database)``."""
    value = "(is set)" if setting.declaration.is_secret and setting.is_set else setting.shown or "–"
    return "\n    ".join(
        filter(None, [f"  {setting.declaration.key} = {value} ({setting.source_text})", setting.problem])
    )
