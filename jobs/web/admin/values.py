"""Values as the admin's pages show them: what is stored as JSON, yes and no."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from jobs.templatetags.jobs import fact
from jobs.texts.keys import value_in_words, words

NOTHING = "–"
MOST = 100  # parts of a list that are shown


def plainly(value: Any) -> SafeString | str:
    """What was stored as JSON: a line for each part, with the words of its key."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, dict):
        parts = ((words(key), number_of(part) if key.endswith("id") else plainly(part)) for key, part in value.items())
        return format_html('<dl class="parts">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", parts))
    return listed(value) if isinstance(value, list) else fact(value)


def pairs(facts: Iterable[tuple[str, str]]) -> SafeString | str:
    """What a job's page shows of its result or its parameters."""
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", facts)
    return format_html('<dl class="parts">{}</dl>', rows) if rows else NOTHING


def listed(values: list[Any]) -> SafeString | str:
    more = gettext("and {n} more").format(n=len(values) - MOST) if len(values) > MOST else ""
    first = values[:MOST]
    if any(isinstance(part, dict | list) for part in first):
        items = format_html_join("", "<li>{}</li>", ((plainly(part),) for part in first))
        return format_html('<ol class="parts">{}</ol>{}', items, more)
    shown = [value_in_words(part) if isinstance(part, str) else number_of(part) for part in first]
    return ", ".join([*shown, *([more] if more else [])])


def number_of(value: Any) -> str:
    """An id: without the commas of a count."""
    return NOTHING if value is None else str(value)


def switch(value: bool) -> SafeString:
    """The admin's own sign for yes and no, which a reader's voice says in their language."""
    name, label = ("yes", gettext("Yes")) if value else ("no", gettext("No"))
    return format_html('<img src="{}" alt="{}" title="{}">', static(f"admin/img/icon-{name}.svg"), label, label)
