"""What is told of a scheduled time that came to nothing."""

from __future__ import annotations

from typing import Any

from jobs.models import Occurrence
from stashhog.ops.notifications.models import Cause
from stashhog.ops.notifications.outbox import write

WHAT = {
    Occurrence.Outcome.MISSED: "A scheduled run was missed",
    Occurrence.Outcome.FAILED: "A scheduled run could not be started",
}
SCHEDULES = "/admin/jobs/schedule/"


def tell_of_occurrence(instance: Occurrence, raw: bool = False, **kwargs: Any) -> None:
    """A receiver of `post_save`, in the transaction that records it. ``raw``: it is loaded from a file."""
    if not raw and (title := WHAT.get(Occurrence.Outcome(instance.outcome))):
        write(Cause.RUN_MISSED, f"{title}: {instance.schedule}", instance.message, SCHEDULES)
