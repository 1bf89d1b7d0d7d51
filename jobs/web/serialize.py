"""A job as the API and the WebSocket give it: one dict, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from jobs.models import Event, Job, Step
from jobs.web.shortening import shortened
from jobs.web.snapshot import Snapshot, load


def job_state(job: Job) -> dict[str, Any]:
    """The whole state of one job; see `job_states`."""
    return job_states([job])[0]


def job_states(jobs: Iterable[Job]) -> list[dict[str, Any]]:
    """The whole states of jobs, in their order, with a constant number of queries; see `state`."""
    return [state(snapshot) for snapshot in load(jobs)]


def listed_states(jobs: Iterable[Job]) -> list[dict[str, Any]]:
    """The states of jobs as a list gives them; see `listed_state`."""
    return [listed_state(snapshot) for snapshot in load(jobs)]


def listed_state(snapshot: Snapshot) -> dict[str, Any]:
    """As `state`, but with params and result of a bounded size; ``shortened`` says what was left out of them."""
    cut: dict[str, int] = {}
    short = {key: shortened(value, key, cut) for key in ("params", "result") if (value := getattr(snapshot.job, key))}
    return {**state(snapshot), **short, "shortened": cut}


def state(snapshot: Snapshot) -> dict[str, Any]:
    """All there is to say of a job.

    Ids are text, times ISO 8601 with zone, ``percent`` is whole, ``duration_seconds`` a float. ``version``
    rises with every change of the job or of one of its sub-jobs: of two states of one job the one with the
    lower version is the older one. ``metadata`` is None for a job without steps.
    """
    job = snapshot.job
    return {
        "id": str(job.id),
        "type": job.type,
        "name": job.name,
        "status": job.status,
        "percent": job.percent,
        "done": job.done,
        "total": job.total,
        "message": snapshot.message,
        "params": job.params,
        "result": job.result,
        "error": job.error,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "parent": str(job.parent_id) if job.parent_id else None,
        "batch_num": job.batch.number if job.parent_id and job.batch else None,
        "source": job.source,
        "cancel_requested_at": iso(job.cancel_requested_at),
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at),
        "finished_at": iso(job.finished_at),
        "duration_seconds": job.duration_seconds,
        "version": snapshot.version,
        "url": job.get_absolute_url(),
        "metadata": metadata(snapshot) if snapshot.steps else None,
    }


def metadata(snapshot: Snapshot) -> dict[str, Any]:
    """Where a workflow's run stands. ``step_index`` counts from 1; 0 and None before there is a current step."""
    current = snapshot.current_step
    return {
        "current_step": current.key if current else None,
        "step_name": current.name if current else None,
        "step_index": current.index if current else 0,
        "total_steps": len(snapshot.steps),
        "message": snapshot.message,
        "active_sub_jobs": [sub_job_state(sub_job) for sub_job in snapshot.active],
        "steps": [step_state(step) for step in snapshot.steps],
    }


def sub_job_state(job: Job) -> dict[str, Any]:
    """An active sub-job in short."""
    return {
        "id": str(job.id),
        "type": job.type,
        "status": job.status,
        "percent": job.percent,
        "message": job.message,
    }


def step_state(step: Step) -> dict[str, Any]:
    """``shown``: the run's percentage at the begin and at the end of the step."""
    return {
        "key": step.key,
        "name": step.name,
        "status": step.status,
        "message": step.error_message or step.message,
        "shown": [step.shown_from, step.shown_to],
    }


def event_state(event: Event) -> dict[str, Any]:
    """An event; ``job_id`` is the job's that it happened to, which may be a sub-job."""
    return {
        "id": event.pk,
        "job_id": str(event.job_id),
        "at": iso(event.at),
        "kind": event.kind,
        "status": event.status or None,
        "level": event.level,
        "message": event.message,
        "attempt": event.attempt,
        "data": event.data,
    }


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
