"""Small jobs, a worker that does them together, and what is to be seen of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobs import engine
from jobs.context import JobContext
from jobs.models import Event, Job
from jobs.worker.execution import run_together
from jobs.worker.prefetched import MOST
from tests.jobs import engine_examples as examples


class Turns:
    """What happens in the job of that number, from 1; and the order in which they began."""

    def __init__(self, **acts: Callable[[JobContext], Any]):
        self.acts = acts
        self.begun: list[Any] = []

    def __call__(self, key: str, context: JobContext) -> None:
        if key == "model_small":
            self.begun.append(context.id)
            self.acts.get(f"job_{len(self.begun)}", lambda _: None)(context)


def singles(count: int) -> list[Job]:
    return [engine.start("model_small", source="test") for _ in range(count)]


def first_of_a_run(batches: int, parallel: int = 1) -> Job:
    """The first one of a run's step, claimed."""
    params = {"batches": batches, "max_parallel_batches": parallel, "small": True, "skip": ["needed"]}
    run = engine.start("model_workflow", params, source="test")
    claimed = engine.claim_next(run.pk)
    assert claimed is not None
    first = run_together(claimed, 0, watch=False)
    assert first is not None and first.type == "model_small"
    return first


def do_together(turns: Turns | None = None, first: Job | None = None, most: int = MOST, watch: bool = False) -> Any:
    """What the worker claimed at the end of these."""
    first = first or engine.claim_next()
    assert first is not None
    with examples.acting(turns or Turns()):
        return run_together(first, most, watch=watch)


def statuses(jobs: list[Job]) -> list[str]:
    return [Job.objects.get(pk=job.pk).status for job in jobs]


def kinds(job: Job) -> list[str]:
    return list(Event.objects.filter(job=job).order_by("id").values_list("kind", flat=True))
