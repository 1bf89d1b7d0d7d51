"""What to do about a code: the project knows its own."""

from __future__ import annotations

from django.utils.module_loading import import_string

from jobs.conf import conf


def fix_of(code: str) -> str:
    """A sentence in the active language; "" where there is nothing to do, or nothing known."""
    return str(import_string(conf.fix_of)(code)) if conf.fix_of and code else ""
