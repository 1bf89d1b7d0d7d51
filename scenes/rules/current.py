"""The rules that hold now: those that a run keeps, or else those of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from scenes import configuration
from scenes.rules.rule_set import COLUMNS, RuleSet, unpacked

_of_attempt: ContextVar[str | None] = ContextVar("rules of the attempt", default=None)


def current() -> RuleSet:
    """Those that the run keeps whose job this is; elsewhere, those that are stored."""
    packed = _of_attempt.get()
    return stored() if packed is None else unpacked(packed, configuration.current().tag_suffix)


def stored() -> RuleSet:
    """As people made them last. One query."""
    from scenes.models import TagRule  # where apps are loaded

    return RuleSet(TagRule.objects.values_list(*COLUMNS), configuration.current().tag_suffix)


@contextmanager
def kept(packed: str | None) -> Iterator[None]:
    """For an attempt of a job: these rules, until the block ends; None: the stored ones."""
    token = _of_attempt.set(packed)
    try:
        yield
    finally:
        _of_attempt.reset(token)
