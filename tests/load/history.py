"""What the event log and the journal tell about who ran a job, and when."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.models import Event, Job

ENDS = {"retried", "requeued", "completed", "completed_with_errors", "failed", "cancelled"}


@dataclass
class Stretch:
    """One attempt as the event log has it: from its claim to its end, and which processes wrote in between."""

    claimed: Event
    ended: Event | None = None
    workers: set[str] = field(default_factory=set)
    items: list[int] = field(default_factory=list)


def stretches(job: Job) -> list[Stretch]:
    """The job's attempts. Fails when two of them overlap, or when something was written outside of any."""
    found: list[Stretch] = []
    for event in job.events.order_by("id"):
        running = bool(found) and found[-1].ended is None
        if event.kind == "claimed":
            assert not running, f"{job} was claimed while it ran"
            found.append(Stretch(event))
        elif event.kind in ENDS:
            assert running or event.kind == "cancelled", f"{job} ended twice: {event}"
            if running:
                found[-1].ended = event
        elif event.kind == "log":
            assert running, f"{job}: nobody had claimed it when {event.data} was written"
            found[-1].workers.add(event.data["worker"])
            found[-1].items.append(event.data["item"])
    return found


def check_once_at_a_time(jobs: Iterable[Job]) -> dict[Any, list[Stretch]]:
    """The attempts of each job; each was one process's, and all items are in the log once, in their order."""
    history = {job.pk: stretches(job) for job in jobs}
    for job in jobs:
        for stretch in history[job.pk]:
            assert len(stretch.workers) <= 1, f"{job} was run by two processes at once: {stretch.workers}"
        items = [item for stretch in history[job.pk] for item in stretch.items]
        assert items == list(range(job.params["items"])), f"{job}: {items}"
    return history


def journal(path: Path) -> dict[str, list[dict[str, Any]]]:
    """What was done in the service, by job, in the order in which it was done."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    by_job = defaultdict(list)
    for line in sorted(lines, key=lambda line: line["at"]):
        by_job[line["job"]].append(line)
    return by_job


def check_nobody_acts_after_his_successor(path: Path) -> None:
    """In the journal: once another process has begun with a job, the earlier one does nothing more for it."""
    for job, lines in journal(path).items():
        turns = [lines[0]["worker"]]
        for line in lines:
            if line["worker"] != turns[-1]:
                turns.append(line["worker"])
        assert len(turns) == len(set(turns)), f"Job {job} was worked on in turns by {turns}"
