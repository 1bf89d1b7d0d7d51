"""What can be launched: functions registered as tasks, and classes declared as workflows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.conf import conf
from jobs.declare.ids import MAX_IDS, is_id
from jobs.errors import BadRequest, JobError

if TYPE_CHECKING:
    from jobs.context import JobContext
    from jobs.declare.workflows import Workflow
    from jobs.models import Job


@dataclass(frozen=True)
class Report:
    """What a job did, counted from rows after the fact. ``errors``: its items that failed.

    ``text``: the same in a line for people, for its message and its log; empty: what it said last.
    """

    result: dict[str, Any] = field(default_factory=dict)
    errors: int = 0
    text: str = ""


@dataclass(frozen=True)
class Param:
    """A parameter that a job takes: its default and the check that a given value must pass.

    ``check`` returns the value to keep and raises ValueError with what is allowed ("a whole number from 1").
    ``item``: the type of a list's items, as the command line makes them from text.
    """

    default: Any
    check: Callable[[Any], Any]
    help: str = ""
    required: bool = False
    item: type = str


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
    without progress after which a job of it is stalled, None for the setting JOBS_NO_PROGRESS.
    """

    type: str
    function: Callable[[JobContext], None]
    params: dict[str, Param]
    lock: str = ""
    report: Callable[[Job], Report] = lambda job: Report()
    follow_up: Callable[[Job], dict[str, Any] | None] = lambda job: {}
    on_start: Callable[[Job], None] = lambda job: None
    on_cancel: Callable[[Job], None] = lambda job: None
    no_progress: float | None = None

    def job(self, *, then: str = "", **params: Any) -> JobSpec:
        """This task as a sub-job of a step."""
        return JobSpec(self.type, checked(self.params, params), then)


MAX_NAMES = 10  # names of parameters in a message

_tasks: dict[str, Task] = {}
_workflows: dict[str, type[Workflow]] = {}


def task(type: str, **options: Any) -> Callable[[Callable[[JobContext], None]], Task]:
    """Register the function below as the task ``type``."""

    def register(function: Callable[[JobContext], None]) -> Task:
        _tasks[type] = Task(type, function, params=options.pop("params", {}), **options)
        return _tasks[type]

    return register


def workflow(cls: type[Workflow]) -> type[Workflow]:
    """Register the class below as the workflow ``cls.type``."""
    _workflows[cls.type] = cls
    return cls


def get_task(type: str) -> Task:
    return _tasks[type]


def no_progress(type: str) -> float:
    """Seconds without progress after which a job of this type is stalled."""
    declared = _tasks[type].no_progress if type in _tasks else None
    return conf.no_progress if declared is None else declared


def get_workflow(type: str) -> type[Workflow] | None:
    return _workflows.get(type)


def workflows() -> list[type[Workflow]]:
    return list(_workflows.values())


def types() -> list[str]:
    """Every type that can be started, workflows first."""
    return [*_workflows, *_tasks]


def params_of(type: str) -> dict[str, Param]:
    """The parameters that ``type`` takes. Raises BadRequest for an unknown type."""
    known: dict[str, Any] = {**_tasks, **_workflows}
    if type not in known:
        raise BadRequest(f"There is no job type {type[:50]!r}. Known are: {', '.join(types())}.")
    params: dict[str, Param] = known[type].params
    return params


def checked(known: dict[str, Param], given: dict[str, Any]) -> dict[str, Any]:
    """Every known parameter with its given or default value. Raises BadRequest for unknown names and bad values."""
    if unknown := sorted(set(given) - set(known)):
        raise BadRequest(f"Unknown parameter: {_some(unknown)}. Known are: {', '.join(known) or 'none'}.")
    if missing := [name for name, param in known.items() if param.required and name not in given]:
        raise BadRequest(f"Missing parameter: {', '.join(missing)}.")
    values = {}
    for name, param in known.items():
        try:
            values[name] = param.check(given[name]) if name in given else param.default
        except (ValueError, TypeError) as error:
            raise BadRequest(f"{name} must be {error}.") from error
    return values


def check_stored(type: str, params: dict[str, Any]) -> None:
    """Raise a permanent JobError if a job's row holds a value that a new job would not accept.

    An earlier version, or somebody's SQL, may have written it.
    """
    for name, param in params_of(type).items():
        if name in params and params[name] != param.default:
            try:
                param.check(params[name])
            except (ValueError, TypeError) as error:
                message = f"The job can't be run with its parameters: {name} must be {error}. Start a new one."
                raise JobError("bad_parameters", message, permanent=True) from error


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:50] for name in names[:MAX_NAMES])
    return f"{shown}, and {len(names) - MAX_NAMES:,} more" if len(names) > MAX_NAMES else shown


def whole_number(low: int, high: int) -> Callable[[Any], int]:
    """A check for whole numbers from ``low`` to ``high``."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return check


def number(low: float, high: float) -> Callable[[Any], float]:
    """A check for numbers from ``low`` to ``high``."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return float(value)

    return check


def boolean(value: Any) -> bool:
    """A check for true and false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def only(allowed: Any, why: str) -> Callable[[Any], Any]:
    """A check for a parameter of which one value is supported so far."""

    def check(value: Any) -> Any:
        if value != allowed or type(value) is not type(allowed):
            raise ValueError(why)
        return value

    return check


def ids(value: Any) -> list[int]:
    """A check for a list of ids: at most MAX_IDS, each kept once."""
    if not isinstance(value, list):
        raise ValueError("a list of ids")
    if len(value) > MAX_IDS:
        raise ValueError(f"a list of at most {MAX_IDS:,} ids, not of {len(value):,}")
    if not all(map(is_id, value)):
        raise ValueError("a list of ids, whole numbers from 1 to 2^63 - 1")
    return list(dict.fromkeys(value))
