"""What was asked of Stash, and how far the sync has come."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jobs.texts.keys import words
from jobs.texts.translatable import message_of, translated
from jobs.texts.words import within_a_sentence
from jobs.web.admin.acting import ReadOnlyAdmin, action
from jobs.web.admin.big_lists import values_filter
from jobs.web.admin.columns import job_link
from jobs.web.admin.values import plainly, switch
from scenes.admin.attempts import AttemptsAdmin, code_named
from scenes.admin.filters import NeedFilter
from scenes.models import Generation, Scan, StashJob, StashTask, SyncState
from scenes.permissions import ACCEPT_ANOTHER_LIBRARY, ACCEPT_MISSING
from scenes.sync import forgetting
from scenes.sync.consequences import forgotten_message, missing_message, of_forgetting, of_missing


@admin.register(Scan)
class ScanAdmin(AttemptsAdmin):
    list_display = ["file", "state", "message", "attempts", "scene_id", "handled_by"]
    list_filter = [NeedFilter, "outcome"]
    list_select_related = ["job", "file"]
    search_fields = ["file__name", "file__target", "message", "=scene_id"]
    raw_id_fields = ["file"]


@admin.register(Generation)
class GenerationAdmin(AttemptsAdmin):
    list_display = ["scene", "state", "code", "message", "attempts", "handled_by"]
    list_filter = ["outcome", ("code", values_filter(code_named))]
    list_select_related = ["job", "scene"]
    search_fields = ["=scene__id", "scene__title", "message"]
    raw_id_fields = ["scene"]


@admin.register(StashTask)
class StashTaskAdmin(AttemptsAdmin):
    list_display = ["__str__", "state", "code", "message", "attempts", "handled_by"]
    list_filter = ["kind", "outcome", ("code", values_filter(code_named))]
    search_fields = ["=scene_id", "task", "message"]
    raw_id_fields = ["stash_job"]


def kind_named(kind: str) -> str:
    return capfirst(translated(within_a_sentence(kind)))


def ended_as(status: str) -> str:
    """Stash's word for it, or ours."""
    return words(status.lower())


@admin.register(StashJob)
class StashJobAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kind", "status", "error", "asked_by", "asked_at", "ended_at"]
    list_filter = [("kind", values_filter(kind_named)), ("status", values_filter(ended_as)), "asked_at"]
    formatters: ClassVar[Any] = {"kind": kind_named, "status": ended_as}
    list_select_related = ["job"]
    search_fields = ["=stash_id", "description", "job__id"]

    @admin.display(description=_("job"))
    def asked_by(self, stash_job: StashJob) -> SafeString | str:
        return job_link(stash_job.job)


@admin.register(SyncState)
class SyncStateAdmin(ReadOnlyAdmin):
    formatters: ClassVar[Any] = {"another_library": plainly}  # no green sign for what is bad
    list_display = ["__str__", "watermark", "completed_at", "scene_count", "question", "is_same_library"]
    actions = ["accept_missing", "accept_another_library"]

    @admin.display(description=_("what is missing"))
    def question(self, state: SyncState) -> str:
        return translated(state.missing_question) or "–"

    @admin.display(description=_("Same library"))
    def is_same_library(self, state: SyncState) -> SafeString:
        """A cross for what is bad."""
        return switch(not state.another_library)

    @action(_("Accept: what is missing is really gone"), ACCEPT_MISSING, confirm=lambda states: of_missing())
    def accept_missing(self, request: HttpRequest, states: QuerySet[SyncState]) -> None:
        messages.success(request, missing_message(SyncState.accept_missing()))

    @action(
        _("Accept: it is another library, forget our copy of the old one"),
        ACCEPT_ANOTHER_LIBRARY,
        confirm=lambda states: of_forgetting(),
    )
    def accept_another_library(self, request: HttpRequest, states: QuerySet[SyncState]) -> None:
        try:
            count = forgetting.accept_another_library()
        except forgetting.Busy as error:
            messages.warning(request, translated(message_of(error)))
        else:
            messages.success(request, forgotten_message(count))
