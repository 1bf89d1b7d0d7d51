"""Times on pages: the server writes them in its own zone, and names it; a script writes them in the reader's."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
