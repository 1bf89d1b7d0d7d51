"""The rules that hold now: those that a run keeps, or else those of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scenes import configuration
from scenes.configuration.definition import Configuration
from scenes.rules.rule_set import COLUMNS, Row, RuleSet, unpacked

if TYPE_CHECKING:
    from jobs.models.compiled import Compiled

_of_attempt: ContextVar[str | None] = ContextVar("rules of the attempt", default=None)


def current() -> RuleSet:
    """Those that the run keeps whose job this is; elsewhere, those that are stored."""
    packed = _of_attempt.get()
    return stored() if packed is None else unpacked(packed, configuration.current().tag_suffix)


def stored(settings: Configuration | None = None) -> RuleSet:
    """As people made them last, with these ``settings`` or else those that hold now. One query."""
    return _made_of(tuple(_rules()()), (settings or configuration.current()).tag_suffix)


@cache
def _rules() -> Compiled[Row]:
    from jobs.models.compiled import Compiled  # where apps are loaded
    from scenes.models import TagRule

    return Compiled(lambda: TagRule.objects.values_list(*COLUMNS))


_made_of = lru_cache(maxsize=4)(RuleSet)  # as long as the rows are the same


@contextmanager
def kept(packed: str | None) -> Iterator[None]:
    """For an attempt of a job: these rules, until the block ends; None: the stored ones."""
    token = _of_attempt.set(packed)
    try:
        yield
    finally:
        _of_attempt.reset(token)
