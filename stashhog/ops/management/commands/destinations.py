"""`manage.py destinations`: show and change which torrents go to which folder."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandParser

from jobs.errors import BadRequest
from scenes import configuration
from scenes.configuration.destinations import LIKE_SETTINGS, DestinationRow
from scenes.destinations import saving
from scenes.destinations.checking import check
from scenes.models import Destination
from scenes.models.destinations import FIELDS, LAST
from stashhog.ops.management.configuring import ConfiguringCommand

OPTIONAL = [key for key in DestinationRow._fields if key not in ("name", "folder")]
KNOWN_BY = "Its name, or its id."


class Command(ConfiguringCommand):
    help = "Show and change the destinations: which categories and tags of torrents go to which folder, and how."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="All, in the order in which they are tried; the last is the default.")
        listing.add_argument("--json", action="store_true", help="As JSON on stdout.")
        adding = actions.add_parser("add", help="Add one.")
        adding.add_argument("name", help=FIELDS["name"].description)
        adding.add_argument("folder", help=FIELDS["folder"].description)
        adding.add_argument("--position", type=int, help="Smaller ones are tried first; the last without.")
        for key in OPTIONAL:
            adding.add_argument(
                f"--{key.replace('_', '-')}", default="", help=FIELDS[key].description.replace("%", "%%")
            )
        setting = actions.add_parser("set", help="Change one value of one of them.")
        setting.add_argument("destination", help=KNOWN_BY)
        setting.add_argument("key", choices=saving.KEYS)
        setting.add_argument("value", help="Empty: as in the settings.")
        removing = actions.add_parser("remove", help="Delete one; what was placed there stays there.")
        removing.add_argument("destination", help=KNOWN_BY)
        actions.add_parser(
            "check", help="Look at all once more, and ask the services. Exit code 1: something is wrong."
        )

    def do_list(self, *, json: bool, **options: Any) -> None:
        found = saving.described()
        if json:
            self.stdout.write(as_json(found))
            return
        for destination in found:
            self.stdout.write("\n".join(lines_of(destination)))

    def do_add(self, *, name: str, folder: str, position: int | None, **options: Any) -> None:
        values = {"name": name, "folder": folder, **{key: options[key] for key in OPTIONAL}}
        values |= {} if position is None else {saving.POSITION: bounded(position)}
        self.tell(saving.save(Destination(), values), f"{name} is added.")

    def do_set(self, *, destination: str, key: str, value: str, **options: Any) -> None:
        row = saving.find(destination)
        if key == saving.POSITION and not value.isdecimal():
            raise BadRequest(f"position {value[:50]!r} can't be used: give a whole number.")
        given: Any = bounded(int(value)) if key == saving.POSITION else value
        self.tell(saving.save(row, {key: given}), f"{row.name}: {key} is set.")

    def do_remove(self, *, destination: str, **options: Any) -> None:
        row = saving.find(destination)
        name = row.name
        saving.remove(row)
        self.stdout.write(f"{name} is deleted; what fitted it goes to the next that fits.")

    def do_check(self, **options: Any) -> None:
        rows, is_fine = list(Destination.objects.all()), True
        for row in rows:
            others = [other.as_row() for other in rows if other.pk != row.pk]
            try:
                sentences = check(row.as_row(), others, configuration.current())
            except BadRequest as error:
                sentences = [str(error)]
            is_fine = is_fine and not sentences
            self.stdout.write("\n  ! ".join([row.name, *sentences]) if sentences else f"{row.name}: OK.")
        if not rows:
            self.stdout.write("There are no rows: all goes to the library folder of the settings.")
        if not is_fine:
            sys.exit(1)

    def tell(self, unchecked: list[str], text: str) -> None:
        self.stdout.write("\n  ! ".join([text, *unchecked]))


def bounded(position: int) -> int:
    if not 0 <= position <= LAST:
        raise BadRequest(f"position {position} can't be used: give a number from 0 to {LAST}.")
    return position


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def lines_of(destination: dict[str, Any]) -> list[str]:
    """``10 VR → /mnt/vr``, what comes there, and how it is placed."""
    where = "by default" if destination["is_default"] else f"{destination['position']} {destination['name']}"
    lines = [f"{where} → {destination['folder'] or '(no folder)'}"]
    if rules := destination["effective"]:
        asked = [f"categories {', '.join(rules['categories'])}"] * bool(rules["categories"])
        asked += [f"tags {', '.join(rules['tags'])}"] * bool(rules["tags"])
        lines.append(f"    takes {'; '.join(asked) or 'all that fits no other'}")
        lines.append("    " + ", ".join(f"{key} {rules[key]}" for key in LIKE_SETTINGS if rules[key]))
    return [*lines, *(f"  ! {destination['problem']}" for _ in "1" if destination["problem"])]
