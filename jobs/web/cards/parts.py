"""HTML in parts that a page is sent alone when they change: elements with an id, between `part` and `endpart`.

A part may hold others. What is kept of it has a placeholder for each of these, so that a change inside is one of the
inner part alone; and where the outer one changed, the inner ones that did not are not sent again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string

PLACE = re.compile('<template data-keep="([^"]*)"></template>')
COLLECTED = "collected_parts"  # name in the context of a template


@dataclass(frozen=True)
class Parts:
    """``outer``: the whole with placeholders; ``by_id``: the parts, likewise; ``made_of``: what some are made of."""

    outer: str
    by_id: Mapping[str, str]
    made_of: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def rendered(cls, template: str, context: Mapping[str, Any], before: Parts | None = None) -> Parts:
        """``before``: rendered from the same template for the same reader."""
        found = Collected(before)
        return cls(render_to_string(template, {**context, COLLECTED: found}), found.by_id, found.made_of)

    def html(self) -> str:
        """The whole."""
        return self._filled(self.outer, {})

    def since(self, before: Parts) -> dict[str, str]:
        """What a page that shows ``before`` has to replace, by id; with placeholders for what the page has already."""
        changed = {key for key, html in self.by_id.items() if before.by_id.get(key) != html}
        kept = {key: before.by_id[key] for key in self.by_id if self._is_as_in(before, key)}
        inside = {inner for key in changed for inner in PLACE.findall(self.by_id[key]) if inner not in kept}
        return {key: self._filled(self.by_id[key], kept) for key in sorted(changed - self._below(inside, kept))}

    def _is_as_in(self, before: Parts, key: str) -> bool:
        same = before.by_id.get(key) == self.by_id[key]
        return same and all(self._is_as_in(before, inner) for inner in PLACE.findall(self.by_id[key]))

    def _below(self, keys: set[str], kept: Mapping[str, str]) -> set[str]:
        """These and what is in them, apart from what is kept."""
        inner = {part for key in keys for part in PLACE.findall(self.by_id[key]) if part not in kept}
        return keys | self._below(inner, kept) if inner else keys

    def _filled(self, html: str, kept: Mapping[str, str]) -> str:
        def fill(match: re.Match[str]) -> str:
            key = match[1]
            return match[0] if key in kept else self._filled(self.by_id[key], kept)

        return PLACE.sub(fill, html)


class Collected:
    """The parts of a template that is being rendered."""

    def __init__(self, before: Parts | None):
        self.before = before
        self.by_id: dict[str, str] = {}
        self.made_of: dict[str, Any] = {}

    def keep(self, key: str, made_of: Any) -> bool:
        """Take the part, and those in it, as they were before, if it was made of the same then."""
        if made_of is None:
            return False
        self.made_of[key] = made_of
        is_same = self.before is not None and self.before.made_of.get(key) == made_of
        if is_same:
            self._take(key)
        return is_same

    def _take(self, key: str) -> None:
        assert self.before is not None
        self.by_id[key] = self.before.by_id[key]
        for inner in PLACE.findall(self.by_id[key]):
            self._take(inner)


def placeholder(key: str) -> str:
    return f'<template data-keep="{key}"></template>'
