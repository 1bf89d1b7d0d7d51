"""Jobs and their events in the admin. Everything that starts or cancels goes through the engine."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs import engine
from jobs.errors import AlreadyRunning, BadRequest, NotPossible
from jobs.models import Event, Job, Step
from jobs.permissions import CANCEL, RETRY, START, allowed, require, require_retry, require_start
from jobs.templatetags.jobs import given, sentence, summary
from jobs.texts.keys import words
from jobs.texts.translatable import message_of, translated
from jobs.web.admin.acting import ReadOnlyAdmin, ReadOnlyInline, action
from jobs.web.admin.big_lists import MonthFilter, NewestValuesFilter, values_filter
from jobs.web.admin.columns import badge, job_link, progress, source_named, status_named
from jobs.web.admin.schedules import PauseAdmin, QuietHoursAdmin, RunRequestAdmin, ScheduleAdmin
from jobs.web.admin.tokens import ApiTokenAdmin
from jobs.web.admin.values import NOTHING, pairs
from jobs.web.cards.log import kind_named
from jobs.web.forms import StartForm, start_forms
from jobs.web.retrying import retry_for
from jobs.web.views import start_for

BEGINNING_OF_ID = re.compile("[0-9a-f]{8,32}")
MAX_STARTED = 50  # jobs by one action: "select all" may be all that ever ran

Row = TypeVar("Row", bound=Model)

admin.site.empty_value_display = NOTHING

__all__ = [
    "ApiTokenAdmin",
    "EventAdmin",
    "JobAdmin",
    "PauseAdmin",
    "QuietHoursAdmin",
    "RunRequestAdmin",
    "ScheduleAdmin",
    "StepAdmin",
]


class KindFilter(admin.SimpleListFilter):
    """Jobs that somebody started, or sub-jobs of a run's steps."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("run", gettext("Started by somebody")), ("sub", gettext("Sub-jobs"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(parent__isnull=self.value() == "run") if self.value() else queryset


class StepInline(ReadOnlyInline):
    model = Step
    parent_field = "run"
    fields = ["index", "name", "state", "message", "error_message", "started_at", "finished_at"]
    formatters: ClassVar[Any] = {"name": gettext}

    @admin.display(description=_("status"))
    def state(self, step: Step) -> SafeString:
        return badge(step.status)


class SubJobInline(ReadOnlyInline):
    model = Job
    fk_name = "parent"
    parent_field = "parent"
    verbose_name_plural = _("Sub-jobs")
    fields = ["link", "batch", "state", "done_percent", "message", "error_message"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).select_related("batch")

    @admin.display(description=_("job"))
    def link(self, job: Job) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[job.pk]), job)

    @admin.display(description=_("status"))
    def state(self, job: Job) -> SafeString:
        return badge(job.status)

    @admin.display(description=_("progress"))
    def done_percent(self, job: Job) -> SafeString:
        return progress(job)


class EventInline(ReadOnlyInline):
    model = Event
    parent_field = "job"
    fields = ["at", "kind", "level", "attempt", "message"]
    formatters: ClassVar[Any] = {"kind": kind_named}


class StatusAdmin(ReadOnlyAdmin):
    """What the lists of jobs and of steps share."""

    @admin.display(description=_("status"), ordering="status")
    def state(self, row: Job | Step) -> SafeString:
        return badge(row.status)

    @admin.display(description=_("message"))
    def shown(self, row: Job | Step) -> str:
        return Truncator(translated(row.error_message or row.message)).chars(120)


@admin.register(Job)
class JobAdmin(StatusAdmin):
    change_list_template = "admin/jobs/job/change_list.html"
    list_display = [
        "__str__",
        "state",
        "done_percent",
        "shown",
        "source",
        "created_at",
        "page",
    ]
    formatters: ClassVar[Any] = {"source": source_named, "type": words, "error_code": words, "lock": words}
    list_filter = [
        KindFilter,
        "status",
        ("type", values_filter(base=NewestValuesFilter)),
        ("source", values_filter(source_named, NewestValuesFilter)),
        "created_at",
        MonthFilter,
    ]
    list_select_related = ["started_by"]
    search_fields = ["type", "message", "error_code", "error_message"]
    search_help_text = _("An id, or words of a type, a message or an error")
    newest_by = "created_at"
    ordering = ["-created_at", "-id"]
    actions = ["run_again", "retry", "cancel"]
    inlines = [StepInline, SubJobInline, EventInline]
    fieldsets: ClassVar[Any] = [
        (None, {"fields": ["page", "type", "state", "done_percent", "message"]}),
        (_("Outcome"), {"fields": ["error_code", "error_message", "errors", "figures"]}),
        (_("Start"), {"fields": ["source", "started_by", "options", "parent", "previous", "lock"]}),
        (_("Attempts"), {"fields": ["attempt", "max_attempts", "retry_delay", "run_after"]}),
        (_("Times"), {"fields": ["created_at", "started_at", "finished_at", "cancel_requested_at", "updated_at"]}),
    ]

    @admin.display(description=_("progress"), ordering="percent")
    def done_percent(self, job: Job) -> SafeString:
        return progress(job)

    @admin.display(description=_("page"))
    def page(self, job: Job) -> SafeString:
        return format_html('<a href="{}">{}</a>', job.get_absolute_url(), _("Open"))

    @admin.display(description=_("result"))
    def figures(self, job: Job) -> SafeString | str:
        return pairs(summary(job))

    @admin.display(description=_("parameters"))
    def options(self, job: Job) -> SafeString | str:
        return pairs(given(job))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        """An id, or its beginning as lists show it, is found among all jobs. It may be a word, too."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        if ids := ids_from(search_term.strip()):
            found |= queryset.filter(pk__range=ids)
        return found, may_have_duplicates

    # The button, and the actions

    def get_urls(self) -> list[URLPattern]:
        start = path("start/<str:type>/", self.admin_site.admin_view(self.start_view), name="jobs_job_start")
        return [start, *super().get_urls()]

    def start_view(self, request: HttpRequest, type: str) -> HttpResponse:
        """The button above the list; or, with GET, a page with the options, which comes back with what is wrong."""
        if request.method not in ("GET", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        require(request.user, START)
        try:
            form = StartForm(type, request.POST if request.method == "POST" else None)
        except BadRequest as error:
            messages.error(request, translated(message_of(error)))
            return redirect("admin:jobs_job_changelist")
        if form.is_valid():
            start_for(request, type, form.params(), source="admin")
            return redirect("admin:jobs_job_changelist")
        context = {**self.admin_site.each_context(request), "form": form, "title": form.label, "opts": self.opts}
        return render(request, "admin/jobs/job/start.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        starts = start_forms() if allowed(request.user, START) else []
        return super().changelist_view(request, {**(extra_context or {}), "starts": starts})

    @action(_("Run again with the same parameters"), START)
    def run_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        if jobs.count() > MAX_STARTED:
            messages.error(request, _("Nothing was started: choose at most {n} jobs at once.").format(n=MAX_STARTED))
            return
        for type in {job.type for job in jobs}:
            require_start(request.user, type)
        for job in jobs:
            start_for(request, job.type, job.params, source="admin")

    @action(_("Cancel"), CANCEL)
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        _with_each(request, _runs_first(jobs), lambda job: engine.cancel(job.pk), gettext("{count} cancelled."))

    @action(_("Retry what failed"), RETRY)
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        for job in jobs:
            require_retry(request.user, job)  # of all of them, before any is
        _with_each(
            request, _runs_first(jobs), lambda job: retry_for(request.user, job.pk), gettext("{count} queued again.")
        )


@admin.register(Step)
class StepAdmin(StatusAdmin):
    list_display = ["name", "page", "state", "shown", "started_at", "finished_at"]
    list_filter = ["status", ("name", values_filter(gettext)), "started_at"]
    list_select_related = ["run"]
    search_fields = ["name", "key", "message", "error_code", "error_message", "run__id"]
    ordering = ["-run__created_at", "-id"]
    actions = ["retry"]
    formatters: ClassVar[Any] = {"name": gettext, "error_code": words}
    fields = [
        "name", "page", "state", "message", "error_code", "error_message", "started_at", "finished_at", "index",
        "required", "parallel", "attempts",
    ]  # fmt: skip
    readonly_fields = ["page", "state"]

    @admin.display(description=_("run"))
    def page(self, step: Step) -> SafeString | str:
        return job_link(step.run)

    @action(_("Retry what failed"), RETRY)
    def retry(self, request: HttpRequest, steps: QuerySet[Step]) -> None:
        for step in steps:
            require_retry(request.user, step.run)
        _with_each(
            request,
            steps,
            lambda step: retry_for(request.user, step.run_id, step.key),
            gettext("{count} queued again."),
        )


def _runs_first(jobs: QuerySet[Job]) -> list[Job]:
    """A run's sub-jobs change with it, so they come last and may have changed by then."""
    return sorted(jobs, key=lambda job: job.parent_id is not None)


def _with_each(request: HttpRequest, rows: Iterable[Row], act: Callable[[Row], Job], done: str) -> None:
    """Act on the selected rows and report the result as messages."""
    count = 0
    for row in rows:
        try:
            act(row)
            count += 1
        except (NotPossible, AlreadyRunning) as error:
            messages.warning(request, translated(message_of(error)))
    if count:
        messages.success(request, done.format(count=count))


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "page", "level", "in_words"]
    list_filter = ["level", ("kind", values_filter(kind_named)), "at"]
    list_select_related = ["job"]
    formatters: ClassVar[Any] = {"kind": kind_named, "status": status_named}
    fields = ["at", "page", "kind", "status", "attempt", "level", "message", "data"]
    readonly_fields = ["page"]
    search_fields = ["message", "kind", "job__id"]
    ordering = ["-id"]

    @admin.display(description=_("job"))
    def page(self, event: Event) -> SafeString | str:
        return job_link(event.job)

    @admin.display(description=_("message"), ordering="message")
    def in_words(self, event: Event) -> str:
        return sentence(event)


def ids_from(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The first and the last id that begins with this text; None for what no id begins with, and for too little."""
    digits = text.replace("-", "").lower()
    if not BEGINNING_OF_ID.fullmatch(digits):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))
