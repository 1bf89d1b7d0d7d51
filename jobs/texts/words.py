"""Sentences with numbers in them."""

from __future__ import annotations

from datetime import timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_noop as _

from jobs.texts.translatable import Translatable, joined, quantity, translated

NOUNS = (  # in stored texts
    ngettext_lazy("time", "times"), ngettext_lazy("time was", "times were"), ngettext_lazy("day", "days"),
    ngettext_lazy("hour", "hours"), ngettext_lazy("minute", "minutes"),
)  # fmt: skip
UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))  # seconds

# The ways in which jobs are started, as pages name them.
SOURCES = (_("page"), _("admin"), _("api"), _("command"), _("schedule"), _("trigger"), _("recheck"))

# Of jobs, within a sentence: see `within_a_sentence`.
STATUSES = (
    _("pending"), _("queued"), _("running"), _("completed"), _("completed with errors"), _("failed"), _("cancelled"),
    _("skipped"),
)  # fmt: skip


def within_a_sentence(choice: str) -> Translatable:
    """The value of a status or a kind as a word of a sentence: "add_tag" → "add tag"."""
    return Translatable(choice.replace("_", " "))


def counted(count: int, singular: str, plural: str = "") -> str:
    """``1 job``, ``2,500 jobs`` in the active language. ``plural`` when it is not the singular with an s."""
    return translated(quantity(count, singular, plural))


def number(value: float) -> str:
    """As it is written in the active language, with as many digits as it has."""
    return number_format(f"{value:.12g}", use_l10n=True, force_grouping=True)


def percent(share: float) -> str:
    """0.74 → "74%", as the active language writes it."""
    return gettext("{n}%").format(n=number(round(share * 100)))


def quoted(text: str) -> str:
    """In the quotation marks of the active language."""
    return gettext("“{text}”").format(text=text)


def length(seconds: float) -> str:
    """A time that somebody chose, to the last digit: "1 h 1 min 40 s", "0.5 s"."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number(count)} {unit}" for count, unit in parts if count) or "0 s"


def span(time: timedelta) -> str:
    """How long something took, for texts that are stored: "2 hours, 5 minutes"."""
    left, parts = max(0, int(time.total_seconds())), []
    for noun, seconds in UNITS:
        count, left = divmod(left, seconds)
        parts.append((count, noun))
    first = next((place for place, (count, noun) in enumerate(parts) if count), len(parts) - 1)
    known = [quantity(count, noun) for count, noun in parts[first : first + 2] if count]
    return joined(", ", known or [quantity(0, "minute")])


def printable(text: str) -> str:
    """The text with a sign in place of whatever controls a terminal, or breaks its line: titles come from anywhere."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
