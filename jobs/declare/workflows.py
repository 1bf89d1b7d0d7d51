"""Declaring a workflow: a class whose methods, in order, are its steps."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jobs.declare.registry import JobSpec, Report

if TYPE_CHECKING:
    from jobs.declare.params import Params
    from jobs.models import Job
    from jobs.waiting import Waiter

DecideMethod = Callable[[Any, "Job", "Waiter"], list[JobSpec]]


class Skip(Exception):
    """Skipped - {reason}. The run's percentage is then ``at``."""

    def __init__(self, reason: str, at: int):
        super().__init__(reason)
        self.reason, self.at = reason, at


@dataclass(frozen=True)
class StepDeclaration:
    """The static part of a step. ``left_out_at``: the run's percentage when the step is left out."""

    key: str
    name: str
    shown: tuple[int, int]
    required: bool
    left_out_at: int
    record_as: str
    decide: DecideMethod


def step(
    name: str,
    *,
    shown: tuple[int, int],
    required: bool = False,
    left_out_at: int | None = None,
    record_as: str = "",
) -> Callable[[DecideMethod], StepDeclaration]:
    """Declare the method below as a step of its workflow.

    The method decides once, when its step begins: it returns the sub-jobs, or raises Skip. It may call a
    service through the waiter; a JobError fails the step. ``record_as`` is the key in the
    run's result if it differs from the step's.
    """

    def declare(method: DecideMethod) -> StepDeclaration:
        at = shown[1] if left_out_at is None else left_out_at
        return StepDeclaration(method.__name__, name, shown, required, at, record_as or method.__name__, method)

    return declare


class Workflow:
    """A declared process. Subclasses give ``type``, ``params`` and steps; `registry.workflow` registers them."""

    type: ClassVar[str]
    params: ClassVar[builtins.type[Params]]

    @classmethod
    def steps(cls) -> list[StepDeclaration]:
        return [value for value in vars(cls).values() if isinstance(value, StepDeclaration)]

    @classmethod
    def declaration(cls, key: str) -> StepDeclaration:
        return next(declared for declared in cls.steps() if declared.key == key)

    def check_left_out(self, key: str, run: Job, waiter: Waiter) -> None:
        """Asked before a step is left out; a JobError fails the step in its place, and the run if it is required."""

    def parallel(self, key: str, run: Job) -> int:
        """How many batches of the step may run at once; one more begins when all of them make room."""
        return 1

    def note(self, key: str, run: Job) -> str:
        """A message to show while the step of the run is at work, or ""."""
        return ""

    def report(self, run: Job) -> Report:
        """The run's result, counted from rows."""
        return Report()
