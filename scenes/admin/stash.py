"""What was asked of Stash, and how far the sync has come."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from jobs.admin_tools import ReadOnlyAdmin, job_link
from scenes.models import StashJob, SyncState


@admin.register(StashJob)
class StashJobAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kind", "status", "asked_by", "asked_at", "ended_at"]
    list_filter = ["kind", "status", "asked_at"]
    list_select_related = ["job"]
    search_fields = ["=stash_id", "description", "job__id"]

    @admin.display(description="job")
    def asked_by(self, stash_job: StashJob) -> SafeString | str:
        return job_link(stash_job.job)


@admin.register(SyncState)
class SyncStateAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "completed_at", "scene_count", "another_library"]
