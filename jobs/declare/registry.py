"""What can be launched: functions registered as tasks, and classes declared as workflows."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import autodiscover_modules

from jobs.conf import conf
from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _

if TYPE_CHECKING:
    from jobs.context import JobContext
    from jobs.declare.params import Params
    from jobs.declare.workflows import Workflow
    from jobs.errors import JobError
    from jobs.models import Job


@dataclass(frozen=True)
class Report:
    """What a job did, counted from rows after the fact. ``errors``: its items that failed.

    ``text``: the same in a line for people, for its message and its log; empty: what it said last.
    ``error``: the one of its ``errors`` that stands for the job, though it did its work: what a person has to decide.
    """

    result: dict[str, Any] = field(default_factory=dict)
    errors: int = 0
    text: str = ""
    error: JobError | None = None


@dataclass(frozen=True)
class JobSpec:
    """A sub-job that a step wants started. ``then`` is the type of the follow-up once it has completed."""

    type: str
    params: dict[str, Any] = field(default_factory=dict)
    then: str = ""


@dataclass(frozen=True)
class Task:
    """A function that a worker runs for a job.

    ``report`` counts from rows what a job did, however it ended; ``follow_up`` returns the parameters of
    a follow-up of this type after the given job, or None if none is needed;
    ``on_start`` is called in the transaction that starts a job, to link rows to its batch;
    ``on_cancel`` is called once after a cancel, to stop what the task left running elsewhere; ``no_progress``: seconds
    without progress after which a job of it is stalled, None for the setting JOBS_NO_PROGRESS. ``permission``: what
    a person needs to start it alone, beside that to start jobs (see `jobs.permissions`).
    """

    type: str
    function: Callable[[JobContext], None]
    params: builtins.type[Params]
    lock: str = ""
    report: Callable[[Job], Report] = lambda job: Report()
    follow_up: Callable[[Job], dict[str, Any] | None] = lambda job: {}
    on_start: Callable[[Job], None] | None = None
    on_cancel: Callable[[Job], None] = lambda job: None
    no_progress: float | None = None
    permission: str = ""

    def job(self, *, then: str = "", **params: Any) -> JobSpec:
        """This task as a sub-job of a step."""
        return JobSpec(self.type, self.params.checked(params), then)


@dataclass(frozen=True)
class Trigger:
    """Something outside that starts a job of ``type`` when it happens, in the address ``/api/triggers/NAME``.

    ``wait()``: seconds after it happened last, in which it may happen again, for one job; ``longest_wait``: seconds
    after the first time. ``happened``: a sentence, without its end. ``command(address, token)`` is the line by which
    the program outside says so.
    """

    name: str
    type: str
    happened: str
    command: Callable[[str, str], str]
    wait: Callable[[], float] = lambda: 0
    longest_wait: float = 300.0


_triggers: dict[str, Trigger] = {}
_tasks: dict[str, Task] = {}
_workflows: dict[str, type[Workflow]] = {}


@cache
def load() -> None:
    """Import the modules `tasks`, `workflows` and `triggers` of the apps, in which they declare theirs.

    With the first question, so that a process that has none does not import pydantic, of which parameters are made.
    """
    autodiscover_modules("tasks", "workflows", "triggers")


def task(
    type: str, *, params: builtins.type[Params] | None = None, **options: Any
) -> Callable[[Callable[[JobContext], None]], Task]:
    """Register the function below as the task ``type``."""
    from jobs.declare.params import Params

    def register(function: Callable[[JobContext], None]) -> Task:
        _tasks[type] = Task(type, function, params or Params, **options)
        return _tasks[type]

    return register


def workflow(cls: type[Workflow]) -> type[Workflow]:
    """Register the class below as the workflow ``cls.type``."""
    from jobs.declare.params import Params

    _workflows[cls.type] = cls
    cls.params = getattr(cls, "params", Params)
    return cls


def trigger(declared: Trigger) -> Trigger:
    """Register it."""
    _triggers[declared.name] = declared
    return declared


def triggers() -> dict[str, Trigger]:
    """By their names."""
    load()
    return dict(_triggers)


def get_task(type: str) -> Task:
    load()
    return _tasks[type]


def no_progress(type: str) -> float:
    """Seconds without progress after which a job of this type is stalled."""
    load()
    declared = _tasks[type].no_progress if type in _tasks else None
    return conf.no_progress if declared is None else declared


def permission_for(type: str) -> str:
    """Which one starting this type needs beside that to start jobs; empty for most."""
    load()
    return _tasks[type].permission if type in _tasks else ""


def get_workflow(type: str) -> type[Workflow] | None:
    load()
    return _workflows.get(type)


def workflows() -> list[type[Workflow]]:
    load()
    return list(_workflows.values())


def types() -> list[str]:
    """Every type that can be started, workflows first."""
    load()
    return [*_workflows, *_tasks]


def params_of(type: str) -> builtins.type[Params]:
    """The parameters that ``type`` takes. Raises BadRequest for an unknown type."""
    load()
    declared: Task | builtins.type[Workflow] | None = _workflows.get(type) or _tasks.get(type)
    if declared is None:
        raise no_type(type)
    return declared.params


def no_type(type: str) -> BadRequest:
    return BadRequest(_("There is no job type {type!r}. Known are: {known}.", type=type[:50], known=", ".join(types())))
