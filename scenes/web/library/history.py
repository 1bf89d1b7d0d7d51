"""What StashHog wrote to a scene, change by change: before and after, why, for whom, and what can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from scenes.models import Change, Studio
from scenes.plans.review import history
from scenes.web.review.lines import ChangeLine

NOTHING = _("nothing")


@dataclass(frozen=True)
class HistoryLine:
    """``before`` and ``after``: what Stash had, in words."""

    line: ChangeLine
    before: str
    after: str

    @property
    def change(self) -> Change:
        return self.line.change

    @property
    def what(self) -> str:
        return history.what(self.change)

    @property
    def approved(self) -> str:
        return history.approved(self.change)

    @property
    def became(self) -> str:
        return history.became(self.change)

    @property
    def can_be_undone(self) -> bool:
        """It is in Stash, was not there before, and nobody has asked for it back yet."""
        change = self.change
        is_there = change.status == Change.Status.APPLIED and change.revert_requested_at is None
        return is_there and not history.wrote_nothing(change)


def entries(changes: list[Change]) -> list[HistoryLine]:
    """One query, whatever their number."""
    values = [value for change in changes for value in (change.before, change.after) if value]
    ids = {value["studio_id"] for value in values if value.get("studio_id")}
    studios = dict(Studio.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        HistoryLine(ChangeLine.of(change), in_words(change.before, studios), in_words(change.after, studios))
        for change in changes
    ]


def in_words(value: dict[str, Any] | None, studios: Mapping[int, str]) -> str:
    """``before`` or ``after`` of a change; a dash where it was not recorded."""
    if not value:
        return "–"
    if "details" in value:
        return str(value["details"]) or gettext(NOTHING)
    if "studio_id" in value:
        pk = value["studio_id"]
        return studios.get(pk, gettext("studio {id}").format(id=pk)) if pk else gettext(NOTHING)
    if not value.get("present"):
        return gettext("not there")
    marker = value.get("marker_id")
    return gettext("there (marker {id})").format(id=marker) if marker else gettext("there")
