"""The tables of codes in docs/troubleshooting.md, made of `scenes.codes`.

`python -m bench.codes_docs` writes them into the file, between the marks that name each table; the rest of it stays.
"""

from __future__ import annotations

import re
from pathlib import Path

from scenes.codes import TABLES
from scenes.codes.code import Code

FILE = Path(__file__).resolve().parent.parent / "docs" / "troubleshooting.md"
TABLE = re.compile(r"(<!-- codes: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| code | means | fix |\n|---|---|---|\n"


def updated(text: str) -> str:
    """The document with the tables as they should be."""
    return TABLE.sub(lambda found: f"{found[1]}{HEAD}{''.join(map(row, TABLES[found[2]]))}{found[3]}", text)


def row(one: Code) -> str:
    return f"| `{one.name}` | {one.means} | {one.documented_fix} |\n"


def missing(text: str) -> set[str]:
    """The tables that are not in the document."""
    return TABLES.keys() - {found[2] for found in TABLE.finditer(text)}


if __name__ == "__main__":
    FILE.write_text(updated(FILE.read_text()))
