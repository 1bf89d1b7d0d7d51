"""The form of a schedule: with a field for each parameter of the chosen type, made of what that type declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.declare.params import Parameter
from jobs.declare.registry import params_of, types, workflows
from jobs.errors import BadRequest
from jobs.models import Schedule
from jobs.models.holds import default_time_zone
from jobs.scheduling import saving
from jobs.texts.keys import words
from jobs.texts.translatable import message_of, translated
from jobs.web.admin.values import plainly
from jobs.web.forms import field_of, refusal_of, step_names

PREFIX = "param_"  # of the names of their fields
FIELDS = ["name", "enabled", "job_type", "cron", "time_zone", "if_active", "catch_up"]
MAX_TEXT = 500_000  # characters of a list of ids


def type_choices() -> list[tuple[str, str]]:
    return [(type, words(type)) for type in types()]


def zone_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones())]


def ask_for_zone(form: Any) -> None:
    """Where an upgrade of the system dropped the stored one: else a browser would send the first of the list."""
    stored = form.instance.time_zone
    if form.instance.pk and stored not in available_timezones():
        form.fields["time_zone"].choices = [
            ("", gettext("{zone} is gone: choose another one").format(zone=stored)),
            *zone_choices(),
        ]
        form.initial["time_zone"] = ""


class IdsField(forms.CharField):
    """Whole numbers with commas between them."""

    def to_python(self, value: Any) -> Any:
        parts = (super().to_python(value) or "").replace(",", " ").split()
        if not all(part.isdecimal() and len(part) < 20 for part in parts):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return [int(part) for part in parts]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """``shown_type``: whose parameters the page had. After another choice the page comes again, with those of that."""

    job_type = forms.ChoiceField(
        label=capfirst(_("job type")), choices=type_choices, widget=forms.Select(attrs={"data-submit": True})
    )
    time_zone = forms.ChoiceField(label=capfirst(_("time zone")), choices=zone_choices, initial=default_time_zone)
    shown_type = forms.CharField(label="", required=False, widget=forms.HiddenInput)

    type: ClassVar[str]
    parameters: ClassVar[dict[str, Parameter]]
    usual: ClassVar[dict[str, Any]]

    class Meta:
        model = Schedule
        fields = FIELDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        stored = self.instance.params if isinstance(self.instance.params, dict) else {}
        self.stored = stored if self.instance.job_type in ("", self.type) else {}
        for name, value in {**self.usual, **self.stored}.items():
            if name in self.parameters:
                self.initial[PREFIX + name] = str(value).lower() if isinstance(value, bool) else value
        self.initial["shown_type"] = self.initial["job_type"] = self.type
        ask_for_zone(self)
        self.is_other_type = self.is_bound and self.data.get("shown_type", self.type) not in ("", self.type)
        if self.is_other_type:
            # What was typed, and of the parameters that were not on the page what they are otherwise.
            typed: Any = self.data
            data = self.data = typed.copy()
            data["shown_type"] = self.type
            for name in self.parameters:
                value = self.fields[PREFIX + name].prepare_value(self.initial.get(PREFIX + name))
                data.setlist(PREFIX + name, value if isinstance(value, list) else [] if value is None else [value])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if self.is_other_type:
            text = gettext("Below are the parameters of “{type}” now: look at them, and save.")
            self.add_error("job_type", text.format(type=words(self.type)))
        return values

    def _post_clean(self) -> None:
        self.instance.params = self.params()
        super()._post_clean()  # type: ignore[misc]
        check(self, saving.check_schedule)

    def params(self) -> dict[str, Any]:
        """Those that differ from what they are otherwise, and those that somebody chose before and left."""
        given = {name: self.cleaned_data.get(PREFIX + name) for name in self.parameters}
        values = {name: value for name, value in given.items() if value not in (None, "", [])}
        # On a page, which has all of them, who empties one that need not be given wants none of it.
        if "shown_type" in self.data:
            values |= {
                name: none_of(parameter)
                for name, parameter in self.parameters.items()
                if parameter.may_be_none and given[name] in (None, "", [])
            }
        chosen = {name: value for name, value in values.items() if value != self.usual.get(name)}
        return {**{name: value for name, value in values.items() if self.stored.get(name, self) == value}, **chosen}


def none_of(parameter: Parameter) -> Any:
    return None if parameter.nullable else []


def form_for(job_type: str) -> type[ScheduleForm]:
    """The form of a schedule of this type."""
    declared = params_of(job_type)
    parameters = {parameter.name: parameter for parameter in declared.parameters() if "const" not in parameter.schema}
    usual = {name: parameter.default for name, parameter in parameters.items()} | declared.unattended()
    fields = {PREFIX + name: field_for(parameter, job_type, usual.get(name)) for name, parameter in parameters.items()}
    columns = {**fields, "type": job_type, "parameters": parameters, "usual": usual}
    return type(f"{job_type}_schedule", (ScheduleForm,), columns)


def field_for(parameter: Parameter, type: str, usual: Any) -> forms.Field:
    """As on the form that starts a job; what that does not ask for, ids and texts, can be typed."""
    field = field_of(parameter, step_names(type))
    wrong = refusal_of(parameter)
    if field is None:
        kind = forms.CharField if parameter.type == "string" else IdsField
        field = kind(
            label=gettext(parameter.label),
            required=parameter.required,
            help_text=parameter.description and gettext(parameter.description),
            max_length=MAX_TEXT,
            error_messages={"invalid": wrong},
        )
    field.initial = str(usual).lower() if isinstance(usual, bool) else usual
    return field


def chosen_type(request: HttpRequest, schedule: Schedule | None) -> str:
    """Whose parameters the form has: of what was chosen, else of the row, else of the first workflow."""
    first = next((workflow.type for workflow in workflows()), types()[0])
    asked = [request.POST.get("job_type"), request.GET.get("job_type"), schedule and schedule.job_type]
    return next((type for type in asked if type in types()), first) or first


def check(form: Any, check: Any) -> None:
    """What no field can tell by itself, once each is right by itself."""
    if not form.errors:
        try:
            check(form.instance)
        except BadRequest as error:
            form.add_error(None, translated(message_of(error)))


def in_words(params: Mapping[str, Any]) -> str:
    """For those who may only look."""
    return plainly(dict(params)) if params else gettext("as usual")
