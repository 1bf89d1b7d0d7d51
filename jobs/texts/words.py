"""Sentences with numbers in them."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

from jobs.texts.translatable import Translatable, quantity, translated

NOUNS = (ngettext_lazy("time", "times"), ngettext_lazy("time was", "times were"))  # in stored texts

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


def printable(text: str) -> str:
    """The text with a sign in place of whatever controls a terminal, or breaks its line: titles come from anywhere."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
