"""What was asked of Stash, and how far the sync has come."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.texts.translatable import message_of, translated
from jobs.texts.words import counted
from jobs.web.admin_tools import ReadOnlyAdmin, action, job_link
from scenes.admin.attempts import AttemptsAdmin
from scenes.admin.filters import NeedFilter
from scenes.models import Change, Generation, Scan, Scene, StashJob, StashTask, SyncState
from scenes.permissions import ACCEPT_ANOTHER_LIBRARY, ACCEPT_MISSING
from scenes.sync import forgetting


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
    list_filter = ["outcome", "code"]
    list_select_related = ["job", "scene"]
    search_fields = ["=scene__id", "scene__title", "message"]
    raw_id_fields = ["scene"]


@admin.register(StashTask)
class StashTaskAdmin(AttemptsAdmin):
    list_display = ["__str__", "state", "code", "message", "attempts", "handled_by"]
    list_filter = ["kind", "outcome", "code"]
    search_fields = ["=scene_id", "task", "message"]
    raw_id_fields = ["stash_job"]


@admin.register(StashJob)
class StashJobAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kind", "status", "error", "asked_by", "asked_at", "ended_at"]
    list_filter = ["kind", "status", "asked_at"]
    list_select_related = ["job"]
    search_fields = ["=stash_id", "description", "job__id"]

    @admin.display(description=_("job"))
    def asked_by(self, stash_job: StashJob) -> SafeString | str:
        return job_link(stash_job.job)


def what_is_missing(states: QuerySet[SyncState]) -> str:
    count = sum(len(state.missing_ids) for state in states)
    text = gettext(
        "The next sync marks {scenes} as deleted, if Stash still does not have them. Their history stays; Stash itself "
        "and all files stay as they are."
    )
    return text.format(scenes=counted(count, "scene"))


def what_is_forgotten(states: QuerySet[SyncState]) -> str:
    scenes, changes = Scene.objects.count(), Change.objects.count()
    text = gettext(
        "Our copy of the old library goes: {scenes}, with what was analysed of them and {changes}, so that none of "
        "these can be taken back any more; and all tags, performers, studios and markers. Stash itself and all files "
        "stay as they are: the next sync copies what Stash has now."
    )
    return text.format(scenes=counted(scenes, "scene"), changes=counted(changes, "change"))


@admin.register(SyncState)
class SyncStateAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "watermark", "completed_at", "scene_count", "question", "another_library"]
    actions = ["accept_missing", "accept_another_library"]

    @admin.display(description=_("what is missing"))
    def question(self, state: SyncState) -> str:
        return translated(state.missing_question) or "–"

    @action(_("Accept: what is missing is really gone"), ACCEPT_MISSING, confirm=what_is_missing)
    def accept_missing(self, request: HttpRequest, states: QuerySet[SyncState]) -> None:
        count = SyncState.accept_missing()
        messages.success(
            request, _("{count} accepted as gone; the next sync deletes them, if they still are.").format(count=count)
        )

    @action(
        _("Accept: it is another library, forget our copy of the old one"),
        ACCEPT_ANOTHER_LIBRARY,
        confirm=what_is_forgotten,
    )
    def accept_another_library(self, request: HttpRequest, states: QuerySet[SyncState]) -> None:
        try:
            count = forgetting.accept_another_library()
        except forgetting.Busy as error:
            messages.warning(request, translated(message_of(error)))
        else:
            messages.success(
                request,
                _("{scenes} forgotten; the next sync copies what Stash has now.").format(
                    scenes=counted(count, "scene")
                ),
            )
