"""Plans, their changes, and which detector handled which scene."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jobs.declare.ids import id_of
from jobs.errors import BadRequest, NotPossible
from jobs.permissions import allowed
from jobs.texts.words import percent
from jobs.web.admin.acting import ReadOnlyInline
from jobs.web.admin.big_lists import LatestValuesFilter, values_filter
from jobs.web.admin.columns import job_link, text_column
from scenes.admin.attempts import AttemptsAdmin, ReleasingAdmin, code_named, scene_number
from scenes.admin.change_form import ChangeForm, can_be_edited, fields_of
from scenes.admin.filters import NeedFilter
from scenes.admin.history import HistoryColumns
from scenes.admin.reviewing import DECISIONS, ReviewingAdmin, who
from scenes.models import BAD, Change, Detection, Outcome, Plan
from scenes.permissions import REVIEW
from scenes.plans.review.editing import edit
from scenes.web.review.lines import ChangeLine, detector_named

FORMATTERS = {"detector": detector_named, "confidence": percent, "code": code_named}
DETECTOR = text_column(Detection, "detector", detector_named)
DETECTORS = values_filter(detector_named, LatestValuesFilter)


class WordColumns:
    """A column that says what a change gives or takes, in place of its JSON."""

    @admin.display(description=_("what"))
    def what(self, change: Change) -> str:
        line = ChangeLine.of(change)
        return ", ".join(filter(None, (line.name, line.when)))


class ChangeInline(WordColumns, ReadOnlyInline):
    model = Change
    parent_field = "plan"
    fields = ["scene_number", "kind", "what", "confidence", "status", "outcome", "applied_at", "message"]
    formatters: ClassVar[Any] = FORMATTERS

    @admin.display(description=_("scene id"))
    def scene_number(self, change: Change) -> int:
        return change.scene_id


@admin.register(Plan)
class PlanAdmin(ReviewingAdmin, ReleasingAdmin):
    list_display = [
        "__str__",
        "made_by",
        "change_count",
        "waiting_count",
        "applied_count",
        "failed_count",
        "created_at",
    ]
    actions = [*DECISIONS, "release"]
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
                waiting=Count("changes", filter=Q(changes__status=Change.Status.PROPOSED), distinct=True),
                applied=Count("changes", filter=applied, distinct=True),
                failed=Count("changes", filter=failed, distinct=True),
            )
        )
        return counted

    @admin.display(description=_("job"))
    def made_by(self, plan: Plan) -> SafeString | str:
        return job_link(plan.job)

    @admin.display(description=_("changes"), ordering="total")
    def change_count(self, plan: Plan) -> int:
        return int(plan.total)  # type: ignore[attr-defined]

    @admin.display(description=_("for review"), ordering="waiting")
    def waiting_count(self, plan: Plan) -> int:
        return int(plan.waiting)  # type: ignore[attr-defined]

    @admin.display(description=_("applied"), ordering="applied")
    def applied_count(self, plan: Plan) -> int:
        return int(plan.applied)  # type: ignore[attr-defined]

    @admin.display(description=_("quarantined"), ordering="failed")
    def failed_count(self, plan: Plan) -> int:
        return int(plan.failed)  # type: ignore[attr-defined]

    @admin.display(description=_("all changes"))
    def all_changes(self, plan: Plan) -> SafeString:
        """The list below holds the newest ones only."""
        changes = reverse("admin:scenes_change_changelist")
        return format_html('<a href="{}?plan__id__exact={}">{}</a>', changes, plan.pk, _("Open the list"))


@admin.register(Change)
class ChangeAdmin(HistoryColumns, WordColumns, ReviewingAdmin, AttemptsAdmin):
    form = ChangeForm
    actions = [*DECISIONS, "release"]
    list_display = ["__str__", "what", "state", "detector", "confidence", "applied_at", "attempts", "message"]
    list_filter = [NeedFilter, "status", "outcome", "kind", ("detector", DETECTORS)]
    formatters: ClassVar[Any] = FORMATTERS
    searched = 50_000  # with the scene of each
    search_fields = ["tag", "scene__title", "message"]
    search_help_text = _("An id of a scene or of a plan, or words of a tag, a title or a message")
    raw_id_fields = ["plan", "scene"]
    fieldsets = [
        (None, {"fields": ["scene", "what", "state", "plan"]}),
        (_("Why"), {"fields": ["detector", "confidence", "seen", "seen_by", "rule"]}),
        (_("In Stash"), {"fields": ["had", "has", "applied_at", "written_by", "became"]}),
        (_("Decision"), {"fields": ["decision", "decided_at", "edited_by", "edited_at", "first_proposed"]}),
        (_("Taken back"), {"fields": ["revert_requested_at", "reverted_at", "reverted_by"]}),
        (_("Attempts"), {"fields": ["outcome", "code", "message", "attempts", "failed_at", "handled_by"]}),
    ]
    readonly_fields: ClassVar[Any] = flatten_fieldsets(fieldsets)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Change], search_term: str
    ) -> tuple[QuerySet[Change], bool]:
        """Ids are looked for among all changes, and numbers among the words, too."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        if number := id_of(search_term.strip()):
            found |= queryset.filter(Q(scene=number) | Q(plan=number))
        return found, may_have_duplicates

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """On its page: while it can be edited."""
        return allowed(request.user, REVIEW) and can_be_edited(obj) if obj else super().has_change_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Change | None = None) -> list[Any]:
        (title, first), *others = super().get_fieldsets(request, obj)
        editable = fields_of(obj) if self.has_change_permission(request, obj) else []
        return [(title, {**first, "fields": [*editable, *first["fields"]]}), *others]

    def save_model(self, request: HttpRequest, obj: Change, form: Any, change: bool) -> None:
        """The row itself is not saved: somebody else may have decided on it meanwhile."""
        try:
            edit(obj.pk, form.given(), who(request))
        except (BadRequest, NotPossible) as error:
            obj.refusal = _("Not edited: {reason}").format(reason=error)  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: Change) -> HttpResponse:
        """Without Django's word of success where nothing was edited."""
        if refusal := getattr(obj, "refusal", ""):
            messages.error(request, refusal)
            return redirect(request.path)
        return super().response_change(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "plan__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("status"), ordering="status")
    def state(self, change: Change) -> SafeString:
        if change.outcome in BAD:
            return super().state(change)
        return format_html('<span class="badge {}">{}</span>', change.status, Change.Status(change.status).label)


@admin.register(Detection)
class DetectionAdmin(AttemptsAdmin):
    list_display = [scene_number, DETECTOR, "state", "handled_at", "attempts", "message"]
    list_display_links = [DETECTOR]
    list_filter = [("detector", DETECTORS), "outcome"]
    formatters: ClassVar[Any] = FORMATTERS
    search_fields = ["=scene__id", "scene__title", "message"]
    raw_id_fields = ["scene"]
