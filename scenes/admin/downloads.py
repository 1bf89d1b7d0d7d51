"""Downloads and their files: what came of each, and why."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from jobs.errors import NotPossible
from jobs.permissions import START, allowed
from jobs.texts.translatable import message_of, translated
from jobs.web.admin.acting import ReadOnlyAdmin, ReadOnlyInline, action
from jobs.web.admin.big_lists import is_set, values_filter
from jobs.web.views import start_for
from scenes.admin.attempts import AttemptsAdmin, code_named
from scenes.admin.filters import NeedFilter
from scenes.models import Download, PlacedFile, RefusedLogin, Scan
from scenes.permissions import DELETE_REFUSED_LOGIN, RELEASE

MAX_PLACED = 100


class PlacedFileInline(ReadOnlyInline):
    model = PlacedFile
    fk_name = "download"
    parent_field = "download"
    fields = ["name", "outcome", "code", "message", "target"]
    formatters: ClassVar[Any] = {"code": code_named}


class ScanInline(ReadOnlyInline):
    model = Scan
    parent_field = "file"
    fields = ["outcome", "message", "attempts", "scene_id"]


@admin.register(Download)
class DownloadAdmin(AttemptsAdmin):
    list_display = ["name", "state", "code", "message", "attempts", "handled_by", "completed_at"]
    list_filter = [
        NeedFilter,
        "outcome",
        ("code", values_filter(code_named)),
        ("category", values_filter(str)),
        "completed_at",
    ]
    formatters: ClassVar[Any] = {"code": code_named, "size": filesizeformat}
    list_select_related = ["job"]
    search_fields = ["name", "hash", "message", "files__name"]
    search_help_text = _("A torrent's name or hash, words of a message, or the name of a file")
    actions = ["run_now", "release"]
    inlines = [PlacedFileInline]

    @action(_("Run now: process downloads"), START)
    def run_now(self, request: HttpRequest, downloads: QuerySet[Download]) -> None:
        """The job handles whatever is finished and not yet handled, so also those that were chosen."""
        start_for(request, "process_downloads", {}, source="admin")


@admin.register(PlacedFile)
class PlacedFileAdmin(AttemptsAdmin):
    list_display = ["name", "state", "code", "message", "attempts", "handled_by", "placed_at"]
    list_filter = [
        "outcome",
        ("code", values_filter(code_named)),
        ("video", is_set(_("kind"), _("Goes with a video"), _("Stands alone"))),
    ]
    formatters: ClassVar[Any] = {"code": code_named, "size": filesizeformat}
    list_select_related = ["job", "download"]
    search_fields = ["name", "target", "message", "download__name"]
    raw_id_fields = ["download", "video"]
    actions = ["release", "place_again"]
    inlines = [ScanInline]

    @action(_("Place again what was deleted since"), RELEASE)
    def place_again(self, request: HttpRequest, files: QuerySet[PlacedFile]) -> None:
        """What can't be is said of each; at most MAX_PLACED at once, since each is looked for on the disk."""
        from scenes.downloads.library.placing_again import place_again

        ids, placed = list(files.values_list("pk", flat=True)[: MAX_PLACED + 1]), 0
        if len(ids) > MAX_PLACED:
            messages.error(request, _("Nothing was changed: choose at most {n} files at once.").format(n=MAX_PLACED))
            return
        for pk in ids:
            try:
                place_again(pk)
                placed += 1
            except NotPossible as error:
                messages.warning(request, translated(message_of(error)))
        messages.success(request, _("{count} to be placed again by the next run.").format(count=placed))


@admin.register(RefusedLogin)
class RefusedLoginAdmin(ReadOnlyAdmin):
    """Deleting one lets StashHog try this login again."""

    list_display = ["message", "refused_at", "banned_until"]
    search_fields = ["message"]
    exclude = ["fingerprint"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return allowed(request.user, DELETE_REFUSED_LOGIN)
