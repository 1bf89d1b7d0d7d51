"""How scenes look on the pages: lengths, places in films."""

from __future__ import annotations

from django import template

from scenes.plans.review import history

register = template.Library()


@register.filter
def clock(seconds: float | None) -> str:
    """A place in a film, or its length: 1:05:00; empty where it is not known."""
    return history.clock(seconds) if seconds else ""


@register.filter
def span(marker: object) -> str:
    """From where to where a marker goes: 0:12 to 0:30."""
    return history.span_in_words(getattr(marker, "seconds", 0.0), getattr(marker, "end_seconds", None))
