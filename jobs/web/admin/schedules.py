"""Schedules, quiet hours and the pauses that were, in the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jobs.errors import BadRequest
from jobs.models import Occurrence, Pause, QuietHours, RunRequest, Schedule
from jobs.models.holds import default_time_zone
from jobs.permissions import require_start
from jobs.scheduling import saving
from jobs.texts.keys import words
from jobs.texts.times import there
from jobs.texts.translatable import message_of, translated
from jobs.web.admin.acting import ReadOnlyAdmin, ReadOnlyInline
from jobs.web.admin.bounded import BoundedListAdmin
from jobs.web.admin.columns import source_named
from jobs.web.admin.schedule_form import (
    FIELDS,
    PREFIX,
    ask_for_zone,
    check,
    chosen_type,
    form_for,
    in_words,
    type_choices,
    zone_choices,
)


class QuietHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    job_types = forms.MultipleChoiceField(
        label=capfirst(_("types of jobs")),
        choices=type_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None of these is begun in them."),
    )
    time_zone = forms.ChoiceField(label=capfirst(_("time zone")), choices=zone_choices, initial=default_time_zone)

    class Meta:
        model = QuietHours
        fields = ["name", "enabled", "begin", "end", "time_zone", "job_types", "requeue_running"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("job_types", self.instance.job_types)
        ask_for_zone(self)

    def _post_clean(self) -> None:
        self.instance.job_types = self.cleaned_data.get("job_types", [])
        super()._post_clean()  # type: ignore[misc]
        check(self, saving.check_quiet_hours)


class OccurrenceInline(ReadOnlyInline):
    model = Occurrence
    parent_field = "schedule"
    fields = ["due_at", "outcome", "count", "message", "job"]


@admin.register(Schedule)
class ScheduleAdmin(BoundedListAdmin):
    list_display = ["name", "enabled", "job_type", "cron", "time_zone", "next_times"]
    formatters: ClassVar[Any] = {"job_type": words}
    list_filter = ["enabled"]
    search_fields = ["name", "job_type"]
    readonly_fields = ["next_times", "shown_parameters"]
    inlines = [OccurrenceInline]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        return super().get_form(request, obj, change, form=form_for(chosen_type(request, obj)), **options)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        times = ["next_times"] if obj else []
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": [*FIELDS, "shown_parameters", *times]})]
        names = list(form_for(chosen_type(request, obj)).parameters)
        text = _("Of each job that it starts. A run that nobody looks at has defaults of its own, as the settings say.")
        parameters = {"fields": [PREFIX + name for name in names], "description": text}
        return [
            (None, {"fields": [*FIELDS, "shown_type", *times]}),
            *([(_("Parameters"), parameters)] if names else []),
        ]

    @admin.display(description=_("parameters"))
    def shown_parameters(self, schedule: Schedule) -> str:
        return in_words(schedule.params)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        require_start(request.user, obj.job_type)
        obj.changed_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @admin.display(description=_("next five times"))
    def next_times(self, schedule: Schedule) -> SafeString | str:
        """None of one that is not enabled."""
        if not schedule.enabled:
            return "–"
        try:
            times = schedule.upcoming()
        except BadRequest as error:  # somebody wrote to the table
            return translated(message_of(error))
        return format_html_join("", "{}<br>", ((there(time, "weekday"),) for time in times))


@admin.register(QuietHours)
class QuietHoursAdmin(BoundedListAdmin):
    form = QuietHoursForm
    list_display = ["name", "enabled", "active", "begin", "end", "time_zone", "shown_types"]
    search_fields = ["name"]

    @admin.display(description=_("types of jobs"))
    def shown_types(self, hours: QuietHours) -> str:
        return ", ".join(map(words, hours.job_types))


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    list_display = [
        "begun_at",
        "begun_by",
        "reason",
        "requeue_running",
        "source",
        "active",
        "ended_at",
        "ended_by",
    ]
    formatters: ClassVar[Any] = {"source": source_named}
    list_filter = ["active"]
    list_select_related = ["begun_by", "ended_by"]
    search_fields = ["reason"]


@admin.register(RunRequest)
class RunRequestAdmin(ReadOnlyAdmin):
    """Deleting one withdraws it."""

    list_display = [
        "reason",
        "job_type",
        "source",
        "asked",
        "first_asked_at",
        "not_before",
        "error",
    ]
    formatters: ClassVar[Any] = {"job_type": words, "source": source_named}
    exclude = ["key"]
    search_fields = ["reason", "job_type"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("jobs.delete_runrequest")
