"""Wake-ups: the only use of django-q2. A message says "this run has work", and nothing else.

It may arrive twice, late or never with the same outcome: the job's row is the truth, workers claim it there, and
`jobs.engine.recover` sends another wake-up for what is due.
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.db import Error, transaction
from django_q.brokers import get_broker
from django_q.models import OrmQ, Task
from django_q.signals import pre_execute
from django_q.tasks import async_task

from jobs.crash_points import EngineCrashPoint, crash_point

logger = logging.getLogger(__name__)

HANDLER = "jobs.worker.execution.handle_wakeup"
# No timeout: django-q2's SIGALRM would fire inside a commit. A job's own deadlines rule.
ENOUGH = 32  # wake-ups on their way: whoever receives one works until nothing is due, so more would find nothing
STILL_ENOUGH = 0.02  # seconds for which that is not asked again
OPTIONS = {"timeout": -1, "ack_failure": True, "save": False}


def wake_after_commit(root_id: uuid.UUID, count: int = 1) -> None:
    """Send ``count`` wake-ups for the run when the transaction is committed. Recovery repeats one that fails."""
    for _ in range(count):
        transaction.on_commit(partial(send, root_id))


_enough_until = 0.0  # time.monotonic()


def send(root_id: uuid.UUID) -> None:
    """Send a wake-up for the run now, unless enough are on their way, or log why it can't be."""
    global _enough_until
    if time.monotonic() < _enough_until:
        return
    try:
        if get_broker().queue_size() < ENOUGH:
            async_task(HANDLER, str(root_id), q_options=dict(OPTIONS))
        else:
            _enough_until = time.monotonic() + STILL_ENOUGH
    except broker_errors() as error:
        # What was committed stands; recovery sends another one.
        logger.warning("A wake-up could not be sent for %s: %s", root_id, error)
    crash_point(EngineCrashPoint.WAKEUP_SENT)


def broker_errors() -> tuple[type[Exception], ...]:
    """What is raised when the broker can't be reached. Only asked then: redis takes long to import, and few use it."""
    from redis import RedisError

    return RedisError, Error


def is_queue_empty() -> bool:
    """Whether the broker answers and no wake-up is on its way to a worker already."""
    try:
        return not get_broker().queue_size()
    except broker_errors() as error:
        logger.warning("The broker can't be reached: %s", error)
        return False


def is_reachable() -> bool:
    """Whether the broker answers; when it does not, no wake-up reaches a worker."""
    try:
        return bool(get_broker().ping())
    except broker_errors() as error:
        logger.warning("The broker can't be reached: %s", error)
        return False


def acknowledge_on_receipt(sender: Any, func: Any, task: dict[str, Any], **kwargs: Any) -> None:
    """django-q2 would deliver an unacknowledged message again while the job is still running."""
    if task.get("ack_id") is not None:
        get_broker().acknowledge(task["ack_id"])


def delete_old(before: datetime) -> int:
    """Delete wake-ups and reports of django-q2 that are older than ``before``; returns how many.

    Nothing is lost with a wake-up: recovery sends another one for what is due.
    """
    wakeups, _ = OrmQ.objects.filter(lock__lt=before).delete()
    reports, _ = Task.objects.filter(stopped__lt=before).delete()
    return wakeups + reports


pre_execute.connect(acknowledge_on_receipt, dispatch_uid="jobs.wakeup.acknowledge_on_receipt")
