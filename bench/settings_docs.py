"""The tables of settings in docs/configuration.md, made of their declarations.

`python -m bench.settings_docs` writes them into the file, between the marks that name each group; the rest of it stays.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")

from scenes.configuration import DECLARED, GROUPS
from scenes.configuration.declaring import Declaration

FILE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
TABLE = re.compile(r"(<!-- settings: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| setting | variable | default | what |\n|---|---|---|---|\n"
MOST_SHOWN = 48  # characters of a default


def updated(text: str) -> str:
    """The document with the tables as they should be."""
    return TABLE.sub(lambda found: f"{found[1]}{table(found[2])}{found[3]}", text)


def table(group: str) -> str:
    return HEAD + "".join(row(one) for one in DECLARED.values() if one.group == group)


def row(one: Declaration) -> str:
    default = one.default
    if len(default) > MOST_SHOWN:
        default = f"{default[: default.rindex(',', 0, MOST_SHOWN)]},…"
    return f"| `{one.key}` | `{one.variable}` | {f'`{default}`' if default else '–'} | {plain(one.description)} |\n"


def plain(text: str) -> str:
    """As Markdown that shows just this text."""
    return re.sub(r"([\\|*<])", r"\\\1", text)


def missing(text: str) -> set[str]:
    """The groups that have no table in the document."""
    return GROUPS.keys() - {found[2] for found in TABLE.finditer(text)}


if __name__ == "__main__":
    FILE.write_text(updated(FILE.read_text()))
