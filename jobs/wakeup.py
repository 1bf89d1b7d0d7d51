"""Doorbells: the only use of django-q2. A message says "this run has work", and nothing else.

It may come twice, late or never with the same outcome: the job's row is the truth, workers claim it there, and
`jobs.engine.recover` rings again for what is due.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.db import Error, transaction
from django_q.brokers import get_broker
from django_q.models import OrmQ, Task
from django_q.signals import pre_execute
from django_q.tasks import async_task

from jobs.crash_points import CrashPoint, crash_point

logger = logging.getLogger(__name__)

ANSWER = "jobs.worker.execution.answer"
# No timeout: django-q2's SIGALRM would fire inside a commit. A job's own deadlines rule.
OPTIONS = {"timeout": -1, "ack_failure": True, "save": False}


def wake_after_commit(root_id: uuid.UUID, count: int = 1) -> None:
    """Ring for the run when the transaction is committed. A bell that fails is rung again by recovery."""
    for _ in range(count):
        transaction.on_commit(partial(_send, root_id))


def _send(root_id: uuid.UUID) -> None:
    try:
        async_task(ANSWER, str(root_id), q_options=dict(OPTIONS))
    except broker_errors() as error:
        # What was committed stands; recovery rings again.
        logger.warning("A doorbell could not be rung for %s: %s", root_id, error)
    crash_point(CrashPoint.WAKEUP_SENT)


def broker_errors() -> tuple[type[Exception], ...]:
    """What is raised when the broker can't be reached. Only asked then: redis takes long to import, and few use it."""
    from redis import RedisError

    return RedisError, Error


def is_queue_empty() -> bool:
    """Whether ringing makes sense: the broker is there, and no doorbell is on its way to a worker already."""
    try:
        return not get_broker().queue_size()
    except broker_errors() as error:
        logger.warning("The broker can't be reached: %s", error)
        return False


def is_reachable() -> bool:
    """Whether the broker answers; when it does not, no worker can hear of work."""
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
    """Remove doorbells and reports of django-q2 that have been in its tables since ``before``; how many they were.

    Nothing is lost with a doorbell: recovery rings again for what is due.
    """
    bells, _ = OrmQ.objects.filter(lock__lt=before).delete()
    reports, _ = Task.objects.filter(stopped__lt=before).delete()
    return bells + reports


pre_execute.connect(acknowledge_on_receipt, dispatch_uid="jobs.wakeup.acknowledge_on_receipt")
