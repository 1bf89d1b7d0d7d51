"""How scenes look on the pages: times, lengths, sizes."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template.defaultfilters import date as date_text
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scenes.plans.review import history

register = template.Library()


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A date and its time, in the one format of all pages; a script makes it the visitor's own zone."""
    if at is None:
        return "–"
    here = timezone.localtime(at)
    return format_html('<time datetime="{}" data-local>{}</time>', here.isoformat(), date_text(here, "DATETIME_FORMAT"))


@register.filter
def clock(seconds: float | None) -> str:
    """A place in a film, or its length: 1:05:00; empty where it is not known."""
    return history.clock(seconds) if seconds else ""


@register.filter
def span(marker: object) -> str:
    """From where to where a marker goes: 0:12 to 0:30."""
    return history.span_in_words(getattr(marker, "seconds", 0.0), getattr(marker, "end_seconds", None))
