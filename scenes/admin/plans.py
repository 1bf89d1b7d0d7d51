"""Plans, their changes, and which detector handled which scene."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.web.admin_tools import ReadOnlyInline, job_link
from scenes.admin.attempts import AttemptsAdmin, ReleasingAdmin
from scenes.admin.needing import NeedFilter
from scenes.models import BAD, Change, Detection, Outcome, Plan


class ChangeInline(ReadOnlyInline):
    model = Change
    parent_field = "plan"
    fields = ["scene_id", "kind", "value", "confidence", "status", "outcome", "applied_at", "message"]


@admin.register(Plan)
class PlanAdmin(ReleasingAdmin):
    list_display = ["__str__", "made_by", "change_count", "applied_count", "failed_count", "created_at"]
    list_filter = ["created_at", "changes__status"]
    list_select_related = ["job"]
    search_fields = ["=id", "job__id", "changes__scene__title"]
    readonly_fields = ["all_changes"]
    inlines = [ChangeInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        applied, failed = Q(changes__status=Change.Status.APPLIED), Q(changes__outcome=Outcome.QUARANTINED)
        counted: QuerySet[Plan] = (
            super()
            .get_queryset(request)
            .annotate(
                total=Count("changes", distinct=True),
                applied=Count("changes", filter=applied, distinct=True),
                failed=Count("changes", filter=failed, distinct=True),
            )
        )
        return counted

    @admin.display(description="job")
    def made_by(self, plan: Plan) -> SafeString | str:
        return job_link(plan.job)

    @admin.display(description="changes", ordering="total")
    def change_count(self, plan: Plan) -> int:
        return int(plan.total)  # type: ignore[attr-defined]

    @admin.display(description="applied", ordering="applied")
    def applied_count(self, plan: Plan) -> int:
        return int(plan.applied)  # type: ignore[attr-defined]

    @admin.display(description="quarantined", ordering="failed")
    def failed_count(self, plan: Plan) -> int:
        return int(plan.failed)  # type: ignore[attr-defined]

    @admin.display(description="all changes")
    def all_changes(self, plan: Plan) -> SafeString:
        """The list below holds the newest ones only."""
        changes = reverse("admin:scenes_change_changelist")
        return format_html('<a href="{}?plan__id__exact={}">Open the list</a>', changes, plan.pk)


@admin.register(Change)
class ChangeAdmin(AttemptsAdmin):
    list_display = ["__str__", "value", "state", "detector", "confidence", "applied_at", "attempts", "message"]
    list_filter = [NeedFilter, "status", "outcome", "kind", "detector"]
    search_fields = ["=scene__id", "=plan__id", "scene__title", "message"]
    raw_id_fields = ["plan", "scene"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "plan__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="status", ordering="status")
    def state(self, change: Change) -> SafeString:
        if change.outcome in BAD:
            return super().state(change)
        return format_html('<span class="badge {}">{}</span>', change.status, change.get_status_display())


@admin.register(Detection)
class DetectionAdmin(AttemptsAdmin):
    list_display = ["scene_id", "detector", "state", "handled_at", "attempts", "message"]
    list_display_links = ["detector"]
    list_filter = [NeedFilter, "detector", "outcome"]
    search_fields = ["=scene__id", "scene__title", "message"]
    raw_id_fields = ["scene"]
