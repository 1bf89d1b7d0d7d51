"""`python -m stashhog.dotenv COMMAND…`: runs the command with the settings of the file `.env` in this folder.

Values are taken as they are, since passwords and paths of Windows hold any character: no escapes, no `$NAME`. honcho
reads `.env` as a shell would, and python-dotenv cuts a value at ` #` and only warns of a line that it can't read; so
neither of them does it.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import NoReturn

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
QUOTES = "'\""


class BadLine(Exception):
    """{message}: what is wrong in the file, without its values, which may be secret."""


def read(path: Path) -> dict[str, str]:
    """The values by their names; none when there is no such file. Raises BadLine."""
    try:
        # With or without the mark that editors of Windows put at the start.
        lines = path.read_text(encoding="utf-8-sig").split("\n") if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadLine(f"{path} can't be read: {reason}.") from error
    texts = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    return dict(pair_in(text, f"{path}, line {number}") for number, text in texts if text and not text.startswith("#"))


def pair_in(text: str, where: str) -> tuple[str, str]:
    """The name and the value of a line; ``where`` it is, for people. Raises BadLine."""
    name, equals, value = text.partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not NAME.fullmatch(name):
        raise BadLine(f"{where}: write NAME=value, or # before a comment.")
    return name, unquoted(value, f"{where} ({name})")


def unquoted(value: str, where: str) -> str:
    """A value without the quotes around it. Raises BadLine where it is not clear what belongs to it."""
    if value[:1] in QUOTES and len(value) > 1 and value[-1] == value[0]:
        return value[1:-1]
    if value[:1] and value[0] in QUOTES:
        raise BadLine(f"{where}: the quote at the start has none at the end; put the whole value in quotes.")
    if re.search(r"\s#", value):
        raise BadLine(f"{where}: is the # a part of the value? Put the whole value in quotes, or the comment above it.")
    return value


def run(command: list[str]) -> NoReturn:
    """Become this program, with the values of `.env` in its environment."""
    try:
        os.environ.update(read(Path(".env")))
    except BadLine as error:
        sys.exit(f"StashHog can't start. {error}")
    os.execvp(command[0], command)


if __name__ == "__main__":
    run(sys.argv[1:])
