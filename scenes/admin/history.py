"""Why is this tag here: what StashHog wrote to a scene, on the scene's page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jobs.web.admin.acting import ReadOnlyInline
from jobs.web.admin.columns import job_link
from scenes.models import Change
from scenes.plans.review import history
from scenes.web.library.history import entries
from scenes.web.review.lines import ChangeLine, detector_named


class HistoryColumns:
    """What a change did and why, in words."""

    @admin.display(description=_("seen"))
    def seen(self, change: Change) -> str:
        return history.seen(change) or "–"

    @admin.display(description=_("model"))
    def seen_by(self, change: Change) -> str:
        return history.model(change) or "–"

    @admin.display(description=_("rule"))
    def rule(self, change: Change) -> str:
        return history.rule(change) or "–"

    @admin.display(description=_("written by"))
    def written_by(self, change: Change) -> SafeString | str:
        return job_link(change.applied_in)

    @admin.display(description=_("decision"))
    def decision(self, change: Change) -> str:
        return history.approved(change) or "–"

    @admin.display(description=_("now"))
    def became(self, change: Change) -> str:
        return history.became(change) if change.status in history.WRITTEN else "–"

    @admin.display(description=_("before"))
    def had(self, change: Change) -> str:
        return entries([change])[0].before

    @admin.display(description=_("after"))
    def has(self, change: Change) -> str:
        return entries([change])[0].after

    @admin.display(description=_("first proposed"))
    def first_proposed(self, change: Change) -> str:
        """Before somebody edited it."""
        return ChangeLine.of(change).proposed or "–"


class HistoryInline(HistoryColumns, ReadOnlyInline):
    model = Change
    parent_field = "scene"
    verbose_name_plural = _("What StashHog wrote, and why")
    fields = ["what", "detector", "seen", "seen_by", "rule", "applied_at", "written_by", "decision", "became"]
    formatters: ClassVar[Any] = {"detector": detector_named}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return history.written(super().get_queryset(request)).order_by("-pk")

    @admin.display(description=_("change"))
    def what(self, change: Change) -> str:
        return history.what(change)
