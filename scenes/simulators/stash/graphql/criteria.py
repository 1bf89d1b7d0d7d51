"""What the filters' criteria mean, as SQLite answers them: LIKE for names, plain text order for times."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from .errors import ResolverError, to_ids

Criterion = dict[str, Any]
Test = Callable[[Any], bool]


@lru_cache(maxsize=10_000)
def like(pattern: str) -> re.Pattern[str]:
    """SQL's LIKE: ``%`` and ``_`` are wild, letters are equal to their other case (in ASCII only)."""
    parts = []
    for letter in pattern:
        cased = f"[{letter.lower()}{letter.upper()}]" if letter.isascii() and letter.isalpha() else re.escape(letter)
        parts.append({"%": ".*", "_": "."}.get(letter, cased))
    return re.compile("".join(parts), re.DOTALL)


def text_test(criterion: Criterion) -> Test:
    """A test of one text, or of None. Raises ResolverError."""
    value, modifier = criterion["value"], criterion["modifier"]
    if modifier in ("IS_NULL", "NOT_NULL"):
        return lambda text: (not text) == (modifier == "IS_NULL")
    find: Callable[[str], Any]
    if modifier in ("EQUALS", "NOT_EQUALS"):
        find = like(value).fullmatch
    elif modifier in ("INCLUDES", "EXCLUDES"):
        find = like(f"%{value}%").fullmatch
    elif modifier in ("MATCHES_REGEX", "NOT_MATCHES_REGEX"):
        try:
            find = re.compile(value).search
        except re.error as error:
            raise ResolverError(f"error parsing regexp: {error}") from error
    else:
        raise ResolverError(f"unsupported string filter modifier {modifier}")
    negated = modifier in ("NOT_EQUALS", "EXCLUDES", "NOT_MATCHES_REGEX")
    return lambda text: text is not None and (find(text) is not None) != negated


def ordered_test(criterion: Criterion) -> Test:
    """A test by ``<`` and ``>``: of numbers, and of times, which are compared as **texts** (nothing is parsed)."""
    wanted, modifier = criterion["value"], criterion["modifier"]
    tests: dict[str, Test] = {
        "EQUALS": lambda value: value is not None and value == wanted,
        "NOT_EQUALS": lambda value: value is not None and value != wanted,
        "GREATER_THAN": lambda value: value is not None and value > wanted,
        "LESS_THAN": lambda value: value is not None and value < wanted,
        "IS_NULL": lambda value: value is None,
        "NOT_NULL": lambda value: value is not None,
    }
    if modifier not in tests:
        raise ResolverError(f"invalid modifier {modifier}")
    return tests[modifier]


def members_test(criterion: Criterion) -> Callable[[Collection[int]], bool]:
    """A test of a collection of ids."""
    wanted, without = set(to_ids(criterion.get("value"))), set(to_ids(criterion.get("excludes")))
    tests: dict[str, Callable[[set[int]], bool]] = {
        "INCLUDES": lambda ids: not wanted or bool(ids & wanted),
        "INCLUDES_ALL": lambda ids: wanted <= ids,
        "EQUALS": lambda ids: wanted == ids,
        "EXCLUDES": lambda ids: not ids & wanted,
        "IS_NULL": lambda ids: not ids,
        "NOT_NULL": lambda ids: bool(ids),
    }
    if criterion["modifier"] not in tests:
        raise ResolverError(f"invalid modifier {criterion['modifier']}")
    test = tests[criterion["modifier"]]
    return lambda ids: test(set(ids)) and not without & set(ids)
