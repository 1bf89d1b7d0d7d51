"""Tasks that act once an item and leave a trace of who did it: in a journal, as in a service, and in the event log."""

from __future__ import annotations

import json
import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params
from jobs.declare.registry import JobSpec, get_task, task, workflow
from jobs.declare.workflows import Workflow, step
from jobs.engine import process_id
from jobs.models import Event, Job
from jobs.waiting import Waiter

JOURNAL = "STASHHOG_TEST_JOURNAL"  # environment variable: the file that stands for a service
WRITE_WITHIN = 0.5  # seconds


class ItemsParams(Params):
    items: int = Field(10, ge=1, le=100_000)
    seconds: float = Field(0.1, ge=0, le=60, description="For each item.")


class BatchesParams(ItemsParams):
    batches: int = Field(60, ge=1, le=500)
    max_parallel_batches: int = Field(4, ge=1, le=16)


@task("items", params=ItemsParams)
def items(job: JobContext) -> None:
    """Goes on after the items that are in the event log."""
    wanted = job.params["items"]
    for item in range(Event.objects.filter(job=job.job, kind="log").count(), wanted):
        if JOURNAL in os.environ:
            job.write(partial(_act, job.id, item), WRITE_WITHIN)
        job.log(f"Item {item}", item=item, worker=process_id.current())
        job.progress(item + 1, wanted, f"Item {item + 1} of {wanted}")
        job.pause(job.params["seconds"])


def _act(job_id: Any, item: int) -> None:
    line = {"at": time.monotonic(), "job": str(job_id), "item": item, "worker": process_id.current()}
    with Path(os.environ[JOURNAL]).open("a") as file:  # short lines: O_APPEND keeps them whole
        file.write(json.dumps(line) + "\n")


@workflow
class ManyBatches(Workflow):
    """Batches and nothing else."""

    type = "many_batches"
    params = BatchesParams

    @step("Batches", shown=(0, 100))
    def batches(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        params = {name: run.params[name] for name in ItemsParams.model_fields}
        return [get_task("items").job(**params) for _ in range(run.params["batches"])]

    def parallel(self, key: str, run: Job) -> int:
        return run.params["max_parallel_batches"]


class FilmsParams(Params):
    batches: list[list[int]] = Field([], description="Ids of scenes.")


@workflow
class Films(Workflow):
    """Batches of films for the taggers, all at once, and nothing of Stash or qBittorrent."""

    type = "films"
    params = FilmsParams

    @step("Films", shown=(0, 100))
    def films(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        analysis, batches = get_task("analysis"), run.params["batches"]
        return [analysis.job(scene_ids=ids, detect_tags=False, auto_approve=False) for ids in batches]

    def parallel(self, key: str, run: Job) -> int:
        return len(run.params["batches"])


@task("frozen_in_a_write")
def frozen_in_a_write(job: JobContext) -> None:
    """Its first attempt stops like a frozen process, in the middle of a transaction that holds its row."""
    if Event.objects.filter(job=job.job, kind="log").exists():
        return
    job.log("Freezes now", item=0, worker=process_id.current())
    with job.transaction():
        os.kill(os.getpid(), signal.SIGSTOP)
        job.log("Written by the dead", item=1, worker=process_id.current())
