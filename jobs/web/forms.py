"""Forms for jobs: one that filters a list, and one that starts a job, made of the parameters that it takes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import CharField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.declare.params import Parameter
from jobs.declare.registry import get_workflow, params_of, types, workflows
from jobs.models import JOB_STATUSES, Job, Status
from jobs.models.compiled import AnyOf, Compiled
from jobs.texts.keys import words
from jobs.texts.translatable import translated

ACTIVE_NOW = "active"  # stands for the statuses of what has not ended


class FilterForm(forms.Form):
    """Which jobs a list shows: those of a status and a type; empty for all."""

    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("All")),
            (ACTIVE_NOW, _("Queued or running")),
            *((choice, Status(choice).label) for choice in JOB_STATUSES),
        ],
        error_messages={"invalid_choice": _("There is no status of this name.")},
    )
    type = forms.ChoiceField(
        label=_("Type"),
        required=False,
        choices=lambda: [("", _("All")), *((type, words(type)) for type in types())],
        error_messages={"invalid_choice": _("There is no job type of this name.")},
    )
    # A choice takes effect at once where scripts run (page.js).
    status.widget.attrs["data-submit"] = type.widget.attrs["data-submit"] = True


class StartForm(forms.Form):
    """Starts a job of a type. Raises BadRequest for an unknown type.

    What is left empty, or is not sent, has its default; but on a page, which says so (``filled_in``), a person who
    empties a list of boxes, or what need not be given, wants none of it.
    """

    filled_in = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)

    def __init__(self, type: str, data: Any = None):
        super().__init__(data, auto_id=f"{type}-%s", label_suffix="")
        self.type, self.label = type, words(type)
        self.active: Job | None = None
        steps = step_names(type)
        self.optional: set[str] = set()
        for parameter in params_of(type).parameters():
            if parameter.may_be_none:
                self.optional.add(parameter.name)
            if field := field_of(parameter, steps):
                self.fields[parameter.name] = field

    @property
    def defaults(self) -> list[tuple[str, Any]]:
        """What its fields show before anybody typed: settings may say it."""
        return [(name, field.initial) for name, field in self.fields.items()]

    def params(self) -> dict[str, Any]:
        """The parameters that were filled in; of a valid form."""
        values = dict(self.cleaned_data)
        none = self.optional if values.pop("filled_in") else set()
        return {name: value for name, value in values.items() if value not in (None, "", []) or name in none}


def step_names(type: str) -> dict[str, str]:
    """Of a workflow, by their keys."""
    declared = get_workflow(type)
    return {step.key: step.name for step in declared.steps()} if declared else {}


def field_of(parameter: Parameter, names: dict[str, str]) -> forms.Field | None:
    """The form's field of a parameter; None for what people have no choice in, or can't type, such as ids.

    ``names``: what is shown of the choices.
    """
    if "const" in parameter.schema:
        return None
    default, wrong = parameter.default, refusal_of(parameter)
    common: dict[str, Any] = {
        "label": gettext(parameter.label),
        "required": parameter.required,
        "initial": int(default) if isinstance(default, float) and default.is_integer() else default,
        "help_text": parameter.description and gettext(parameter.description),
        "error_messages": dict.fromkeys(("invalid", "invalid_choice", "required", "min_value", "max_value"), wrong),
    }
    bounds: dict[str, Any] = {
        "min_value": parameter.schema.get("minimum"),
        "max_value": parameter.schema.get("maximum"),
    }
    choices = [(key, gettext(names[key]) if key in names else words(key)) for key in parameter.items.get("enum", [])]
    if parameter.type == "integer":
        return forms.IntegerField(**common, **bounds)
    if parameter.type == "number":
        return forms.FloatField(**common, **bounds)
    if parameter.type == "boolean":
        # Not a check box, which says false too where it isn't on the page at all.
        switch = [("true", gettext("Yes")), ("false", gettext("No"))]
        common["initial"] = str(default).lower()
        return forms.TypedChoiceField(choices=switch, coerce=lambda text: text == "true", empty_value=None, **common)
    if choices:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    return None


def refusal_of(parameter: Parameter) -> str:
    """For people, who see its label."""
    return translated(parameter.refused(gettext(parameter.label)))


active_of_types = Compiled(
    lambda: Job.objects.runs().active().filter(type__in=AnyOf("types", CharField())).only("type", "parent")
)


def start_forms() -> list[StartForm]:
    """One for each workflow there is; ``active``: its run that is active, which is opened instead. One query."""
    forms = {workflow.type: StartForm(workflow.type) for workflow in workflows()}
    for job in active_of_types(types=forms):
        forms[job.type].active = job
    return list(forms.values())
