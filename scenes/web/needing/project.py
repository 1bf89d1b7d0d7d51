"""What else needs a person, as the project says: the setting NEEDS_YOU names functions that give lists of needs."""

from __future__ import annotations

from itertools import chain

from django.conf import settings
from django.utils.module_loading import import_string

from scenes.web.needing.need import Need


def needs() -> list[Need]:
    """All of them; whatever they ask is asked of rows."""
    return list(chain.from_iterable(import_string(name)() for name in settings.NEEDS_YOU))
