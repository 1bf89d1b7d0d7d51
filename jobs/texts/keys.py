"""Keys as people read them: names of types, parameters, figures of results, and what such a parameter may hold."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.utils.module_loading import import_string
from django.utils.translation import gettext

from jobs.conf import conf


@cache
def known() -> Mapping[str, str]:
    """What the project calls its keys, in English."""
    found: Mapping[str, str] = import_string(conf.words) if conf.words else {}
    return found


@cache
def codes() -> Mapping[str, str]:
    """What the project calls its codes, in English."""
    found: Mapping[str, str] = import_string(conf.code_names) if conf.code_names else {}
    return found


def title(key: str) -> str:
    """In English: "total_synced_items" → "Total synced items", where the project has no other word for it."""
    return known().get(key) or codes().get(key) or key.replace("_", " ").strip().capitalize()


def words(key: str) -> str:
    """The same in the reader's language."""
    return gettext(title(key))


def value_in_words(text: str) -> str:
    """A value that may be one of the project's keys; any other text is as it is."""
    return gettext(known()[text]) if text in known() else text
