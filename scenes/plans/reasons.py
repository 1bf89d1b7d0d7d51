"""Sentences that evidence keeps in English, and pages show in the language of whoever reads them.

Of a change there may be half a million, so no more than the sentence is kept: the text that it was made of is found by
its words.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.formats import get_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from jobs.texts.words import percent

TAG_BY_DEFAULT = _("Default rule: seen for {seconds} s; {required} is enough")
TAG_BY_RULE = _("Rule of “{rule}”: seen for {seconds} s; {required} is enough")
SHARE_BY_DEFAULT = _("Default rule: seen for {seconds} s, {share} of the film; {required} is enough")
SHARE_BY_RULE = _("Rule of “{rule}”: seen for {seconds} s, {share} of the film; {required} is enough")
MARKER_BY_DEFAULT = _("Default rule: at least {least} s, over gaps of at most {gap} s")
MARKER_BY_RULE = _("Rule of “{rule}”: at least {least} s, over gaps of at most {gap} s")
IN_TEXT = {"title": _("title: “{words}”"), "details": _("details: “{words}”"), "path": _("path: “{words}”")}
READ = _("read as “{name}” in its texts")
# What fits the ones without a share fits those with one, too.
ALL = (
    SHARE_BY_DEFAULT, SHARE_BY_RULE, TAG_BY_DEFAULT, TAG_BY_RULE, MARKER_BY_DEFAULT, MARKER_BY_RULE,
    *IN_TEXT.values(), READ,
)  # fmt: skip


def in_words(text: str) -> str:
    """The sentence in the active language; as it is where it is none of these, such as one that was cut off."""
    for msgid in ALL:
        if found := pattern(msgid).fullmatch(text):
            return gettext(msgid).format(**{name: localized(value) for name, value in found.groupdict().items()})
    return text


@lru_cache(maxsize=len(ALL))
def pattern(msgid: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(msgid)), re.DOTALL)


def localized(value: str) -> str:
    """A number or a share as the language writes it."""
    if re.fullmatch(r"\d+%", value):
        return percent(int(value[:-1]) / 100)
    is_number = re.fullmatch(r"\d+\.\d+", value)
    return value.replace(".", str(get_format("DECIMAL_SEPARATOR"))) if is_number else value
