"""All rules at one moment: which one is for a tag of the tagger, and what a run keeps of them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from scenes.clients.stash.names import folded
from scenes.rules.required import Required

DEFAULT = "__default__"
# Chosen for people who never look at the rules: a film of half an hour gets a page of markers, and no tag for a moment.
DEFAULTS: Mapping[str, Any] = {
    "wanted": True,
    "markers_enabled": True,
    "scene_tag_enabled": True,
    "min_confidence": 0.0,
    "required_scene_tag_duration": "15s or 25%",
    "min_marker_duration": 10.0,
    "max_gap": 8.0,
}
COLUMNS = ("tag_name", "stash_name", *DEFAULTS)  # of a rule that decide something
Row = tuple[Any, ...]  # a value for each of COLUMNS; None or "": as in the default rule
LONGEST = 50_000_000  # bytes of rules, unpacked


@dataclass(frozen=True)
class Rule:
    """What holds for a tag. Times are seconds. ``name``: of the rule in which that stands."""

    name: str
    stash_name: str
    wanted: bool
    gives_markers: bool
    tags_scene: bool
    min_confidence: float
    required: Required
    min_marker: float
    max_gap: float


class RuleSet:
    """The rules of some rows. Letter case of names is ignored as Stash does.

    ``suffix``: the ending of our tags' names.
    """

    def __init__(self, rows: Iterable[Row], suffix: str):
        self.rows = tuple(row for row in rows if row[0] == DEFAULT or any(value not in (None, "") for value in row[1:]))
        self.suffix = suffix
        self._rows = {folded(row[0]): row for row in self.rows}
        self._default = (*self._rows.get(DEFAULT, (DEFAULT, ""))[:2], *self._values(DEFAULTS.values(), DEFAULT))
        self._rules: dict[str, Rule] = {}
        self._our_names: dict[str, str] = {}
        self._unwanted = {key for key, row in self._rows.items() if key != DEFAULT and row[2] is False}

    def _values(self, defaults: Iterable[Any], key: str) -> list[Any]:
        given = self._rows.get(key, ())[2:] or [None] * len(DEFAULTS)
        return [inherited if own in (None, "") else own for own, inherited in zip(given, defaults, strict=True)]

    def rule_for(self, tag: str) -> Rule:
        """The tag's own rule, and for what that leaves open the default one."""
        key = folded(tag)
        if key not in self._rules:
            row = self._rows.get(key, self._default)
            stash_name = "" if key not in self._rows else row[1]
            values = self._values(self._default[2:], key)
            wanted, markers, tags, confidence, required, shortest, gap = values
            self._rules[key] = Rule(
                row[0], stash_name, wanted, markers, tags, confidence, Required.parse(required), shortest, gap
            )
        return self._rules[key]

    def our_name(self, tag: str) -> str:
        """In Stash, of a tag of the tagger; "" for one that is not wanted, by this name or by its own."""
        if tag not in self._our_names:
            rule = self.rule_for(tag)
            name = (rule.stash_name or tag).strip()
            is_wanted = name and rule.wanted and not self.is_unwanted(name)
            suffix = "" if name.endswith(self.suffix) else self.suffix
            self._our_names[tag] = name + suffix if is_wanted else ""
        return self._our_names[tag]

    def is_unwanted(self, name: str) -> bool:
        """Whether a rule says so of this name of a tag, with our suffix or without it."""
        bare = name.strip().removesuffix(self.suffix) if self.suffix else name
        return bool({folded(name), folded(bare), folded(bare + self.suffix)} & self._unwanted)

    @cached_property
    def packed(self) -> str:
        """As short as may be, for `unpacked`. Without rules that leave all open."""
        text = json.dumps(sorted(self.rows, key=lambda row: folded(row[0])), separators=(",", ":"), ensure_ascii=False)
        return base64.b85encode(zlib.compress(text.encode(), 9)).decode()


@lru_cache(maxsize=4)
def unpacked(packed: str, suffix: str) -> RuleSet:
    """Raises ValueError for what `RuleSet.packed` never made."""
    try:
        text = zlib.decompressobj().decompress(base64.b85decode(packed), LONGEST)
    except zlib.error as problem:
        raise ValueError("rules that are damaged") from problem
    return RuleSet((tuple(row) for row in json.loads(text)), suffix)
