"""Parameters and results of any size, as a list of jobs gives them: small ones whole, of others the beginning."""

from __future__ import annotations

import json
from typing import Any, TypeVar

Cut = TypeVar("Cut", str, list[Any])

WHOLE = 2000  # characters of JSON that are given as they are
ITEMS = 3  # of a list
CHARACTERS = 100  # of a text


def shortened(value: Any, name: str, cut: dict[str, int]) -> Any:
    """The value, or the beginnings of its lists and texts. ``cut`` gets the true length of each by its path."""
    return value if len(json.dumps(value)) <= WHOLE else _begin(value, name, cut)


def _begin(value: Any, path: str, cut: dict[str, int]) -> Any:
    if isinstance(value, dict):
        return {key: _begin(item, f"{path}.{key}", cut) for key, item in value.items()}
    if isinstance(value, list):
        return [_begin(item, f"{path}.{index}", cut) for index, item in enumerate(_first(value, ITEMS, path, cut))]
    return _first(value, CHARACTERS, path, cut) if isinstance(value, str) else value


def _first(value: Cut, most: int, path: str, cut: dict[str, int]) -> Cut:
    if len(value) <= most:
        return value
    cut[path] = len(value)
    return value[:most]
