"""Times on pages: the server writes them in its own zone, and names it; a script writes them in the reader's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext

from jobs.texts.translatable import ActiveLanguage, Translatable, translated

# By the names that templates give them. The formats of Django that are in them are those of the reader's language.
FORMS = {
    "": "{DATETIME_FORMAT}",
    "seconds": "{DATETIME_FORMAT}:s",
    "weekday": "D {DATETIME_FORMAT}",
    "short": "{MONTH_DAY_FORMAT}, H:i",
    "log": "{MONTH_DAY_FORMAT}, H:i:s",
    "clock": "H:i",
    "time": "H:i:s",
}


def here(moment: datetime, form: str = "") -> SafeString:
    """``moment`` as an element, without JavaScript in the server's zone."""
    return there(timezone.localtime(moment), form)


def near(moment: datetime) -> SafeString:
    """``moment``, by the time alone where it is within a day of now."""
    return here(moment, "clock" if abs(moment - timezone.now()) < timedelta(days=1) else "short")


def since(moment: datetime) -> str:
    """How long ago, in the largest unit alone: "3 hours"."""
    if timezone.now() - moment < timedelta(minutes=1):
        return gettext("a few seconds")
    return timesince(moment, depth=1)


def there(moment: datetime, form: str = "") -> SafeString:
    """``moment`` as an element, without JavaScript in its own zone."""
    names = ("DATETIME_FORMAT", "MONTH_DAY_FORMAT")
    pattern = FORMS[form].format(**{name: get_format(name) for name in names if name in FORMS[form]})
    return format_html(
        '<time datetime="{}" data-local="{}">{} {}</time>',
        moment.isoformat(),
        pattern,
        date_format(moment, pattern),
        f"{moment:%Z}",  # Django's own formats leave out the zone of a time that the day has twice
    )


def on_page(text: str) -> str:
    """The text in the active language, with its moments as elements; as it is where it has none."""
    if not isinstance(text, Translatable) or not has_moment(text.form):
        return translated(text)
    return ON_PAGE.text(text.form)


def has_moment(form: Any) -> bool:
    if not isinstance(form, list) or not isinstance(form[-1], dict):
        return False
    return (not form[0] and "at" in form[-1]) or any(map(has_moment, form[-1].values()))


class OnPage(ActiveLanguage):
    """What it makes is HTML: all but the moments is escaped."""

    def text(self, form: list[Any]) -> SafeString:
        return mark_safe(super().text(form))

    def moment(self, at: datetime) -> SafeString:
        return here(at)

    def sentence(self, msgid: str) -> str:
        return escape(super().sentence(msgid))

    def format_field(self, value: Any, format_spec: str) -> str:
        return value if isinstance(value, SafeString) else escape(super().format_field(value, format_spec))


ON_PAGE = OnPage()
