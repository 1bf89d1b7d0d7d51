"""Which names Stash refuses for tags, studios and performers."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from ..graphql.errors import ResolverError
from ..library.records import Performer, Studio, Tag

ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def fold(name: str) -> str:
    """As SQLite's NOCASE: only A to Z have another case."""
    return name.translate(ASCII_LOWER)


def check_name(noun: str, rows: Iterable[Tag] | Iterable[Studio], name: str, own_id: int | None) -> None:
    """Raises ResolverError when ``name`` is another row's name or alias."""
    if not name:
        raise ResolverError(f"{noun} name must not be blank")
    wanted = fold(name)
    for row in rows:
        if row.id == own_id:
            continue
        if fold(row.name) == wanted:
            raise ResolverError(f"{noun} with name '{name}' already exists")
        if any(fold(alias) == wanted for alias in row.aliases):
            raise ResolverError(f"name '{name}' is used as alias for '{row.name}'")


def check_names(noun: str, table: dict[int, Any], given: dict[str, Any], own_id: int | None = None) -> None:
    """The name and the aliases of ``given``; both live in one space of names."""
    names = [given["name"]] if given.get("name") is not None else []
    for name in [*names, *(given.get("aliases") or [])]:
        check_name(noun, table.values(), name, own_id)


def check_performer(rows: Iterable[Performer], name: str, disambiguation: str, own_id: int | None = None) -> None:
    if not name:
        raise ResolverError("performer name must not be blank")
    for row in rows:
        if row.id != own_id and (row.name, row.disambiguation) == (name, disambiguation):
            also = f" and disambiguation '{disambiguation}'" if disambiguation else ""
            raise ResolverError(f"performer with name '{name}'{also} already exists")


def check_parent(studios: dict[int, Studio], own_id: int, parent_id: int | None) -> None:
    """Raises ResolverError when the studio would be above itself."""
    while parent_id is not None:
        if parent_id == own_id:
            raise ResolverError("studio cannot be an ancestor of itself")
        parent_id = studios[parent_id].parent_id


def trimmed(given: dict[str, Any]) -> dict[str, Any]:
    """``given`` with white space around name and aliases taken off."""
    result = dict(given)
    if result.get("name") is not None:
        result["name"] = result["name"].strip()
    if result.get("aliases") is not None:
        result["aliases"] = [alias.strip() for alias in result["aliases"]]
    return result
