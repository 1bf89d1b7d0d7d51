"""What a resolver answers with when it can't: HTTP 200, a free text and the path, no code."""

from __future__ import annotations

from typing import TypeVar


class ResolverError(Exception):
    """The text is the message that the client reads."""


def not_found(what: str, number: int) -> ResolverError:
    return ResolverError(f"{what} with id {number} not found")


T = TypeVar("T")


def existing(table: dict[int, T], what: str, number: int) -> T:
    """The record of that id. Raises ResolverError, in the words for ``what`` ("scene") it is."""
    if number not in table:
        raise not_found(what, number)
    return table[number]


FOREIGN_KEY = "FOREIGN KEY constraint failed"
NO_ROWS = "sql: no rows in result set"


def to_id(text: str) -> int:
    """An id from the wire, or the error that Go's number parser gives."""
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise ResolverError(f'converting id: strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def to_ids(texts: list[str] | None) -> list[int]:
    return [to_id(text) for text in texts or []]
