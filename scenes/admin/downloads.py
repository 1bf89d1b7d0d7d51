"""Downloads and their files: what came of each, and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.permissions import START, allowed
from jobs.web.admin_tools import ReadOnlyAdmin, ReadOnlyInline, action, job_link
from jobs.web.views import start_for
from scenes import releasing
from scenes.admin.needing import NeedFilter
from scenes.models import Download, PlacedFile, RefusedLogin
from scenes.permissions import DELETE_REFUSED_LOGIN, RELEASE


class ItemAdmin(ReadOnlyAdmin):
    @admin.display(description="outcome", ordering="outcome")
    def state(self, item: Any) -> SafeString:
        return format_html('<span class="badge {}">{}</span>', item.outcome, item.get_outcome_display())

    @admin.display(description="job")
    def handled_by(self, item: Any) -> SafeString | str:
        return job_link(item.job)


class PlacedFileInline(ReadOnlyInline):
    model = PlacedFile
    fk_name = "download"
    parent_field = "download"
    fields = ["name", "outcome", "code", "message", "target", "scan_outcome", "scan_message", "scene_id"]


@admin.register(Download)
class DownloadAdmin(ItemAdmin):
    list_display = ["name", "state", "code", "message", "tries", "handled_by", "completed_at"]
    list_filter = [NeedFilter, "outcome", "code", "category", "completed_at"]
    list_select_related = ["job"]
    search_fields = ["name", "hash", "message", "files__name"]
    search_help_text = "A torrent's name or hash, words of a message, or the name of a file"
    actions = ["run_now", "release"]
    inlines = [PlacedFileInline]

    @action("Run now: process downloads", START)
    def run_now(self, request: HttpRequest, downloads: QuerySet[Download]) -> None:
        """The job handles whatever is finished and not yet handled, so also those that were chosen."""
        start_for(request, "process_downloads", {}, source="admin")

    @action("Release: the next run tries it again", RELEASE)
    def release(self, request: HttpRequest, downloads: QuerySet[Download]) -> None:
        messages.success(request, f"{releasing.release_downloads(downloads)} released; the next run tries them again.")


@admin.register(PlacedFile)
class PlacedFileAdmin(ItemAdmin):
    list_display = ["name", "state", "code", "message", "scan_outcome", "scene_id", "placed_at"]
    list_filter = [NeedFilter, "outcome", "scan_outcome", "code", ("video", admin.EmptyFieldListFilter)]
    list_select_related = ["job", "download"]
    search_fields = ["name", "target", "message", "scan_message", "download__name"]
    raw_id_fields = ["download", "video"]
    actions = ["release"]

    @action("Release: the next run tries it again", RELEASE)
    def release(self, request: HttpRequest, files: QuerySet[PlacedFile]) -> None:
        messages.success(request, f"{releasing.release_files(files)} released; the next run tries them again.")


@admin.register(RefusedLogin)
class RefusedLoginAdmin(ReadOnlyAdmin):
    """Deleting one lets StashHog try this login again."""

    list_display = ["message", "refused_at"]
    search_fields = ["message"]
    exclude = ["fingerprint"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return allowed(request.user, DELETE_REFUSED_LOGIN)
