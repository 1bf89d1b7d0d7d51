"""The form that starts a workflow: made from its declaration, so it offers what the workflow takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from jobs.declare.registry import Param, params_of, workflows
from jobs.declare.workflows import StepDeclaration, Workflow
from jobs.errors import BadRequest
from jobs.templatetags.jobs import words


@dataclass(frozen=True)
class Field:
    """A number that may be given."""

    name: str
    label: str
    default: str
    help: str


@dataclass(frozen=True)
class StartForm:
    """What a page needs to start a workflow. ``steps``: those that may be left out."""

    type: str
    label: str
    numbers: list[Field]
    steps: list[StepDeclaration]


def start_forms() -> list[StartForm]:
    """One for each workflow there is."""
    return [_form(workflow) for workflow in workflows()]


def _form(workflow: type[Workflow]) -> StartForm:
    numbers = [
        Field(name, words(name), "" if param.default is None else f"{param.default:g}", param.help)
        for name, param in workflow.params.items()
        if _is_number(param)
    ]
    steps = workflow.steps() if "skip" in workflow.params else []
    return StartForm(workflow.type, words(workflow.type), numbers, steps)


def _is_number(param: Param) -> bool:
    if param.default is not None:
        return isinstance(param.default, int | float) and not isinstance(param.default, bool)
    try:
        return bool(param.check(1) == 1)
    except ValueError:
        return False


def params_from(type: str, posted: QueryDict) -> dict[str, Any]:
    """The parameters that were filled in. Raises BadRequest for an unknown type or what is no number."""
    given: dict[str, Any] = {}
    for name, param in params_of(type).items():
        if name == "skip" and posted.getlist(name):
            given[name] = posted.getlist(name)
        elif _is_number(param) and (text := str(posted.get(name, "")).strip()):
            given[name] = _number(name, text)
    return given


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise BadRequest(f"{name} must be a number.") from None
    return int(number) if number.is_integer() else number
