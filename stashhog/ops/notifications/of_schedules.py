"""What is told of a scheduled time that came to nothing, and of a job that was asked for and can't be started."""

from __future__ import annotations

from typing import Any

from jobs.models import Occurrence, RunRequest
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from stashhog.ops.notifications.models import Cause
from stashhog.ops.notifications.outbox import REQUESTS, SCHEDULES, write

WHAT = {
    Occurrence.Outcome.MISSED: _("A scheduled run was missed"),
    Occurrence.Outcome.FAILED: _("A scheduled run could not be started"),
}


def tell_of_occurrence(instance: Occurrence, raw: bool = False, **kwargs: Any) -> None:
    """A receiver of `post_save`, in the transaction that records it. ``raw``: it is loaded from a file."""
    if not raw and (title := WHAT.get(Occurrence.Outcome(instance.outcome))):
        write(Cause.RUN_MISSED, joined(": ", [title, str(instance.schedule)]), instance.message, SCHEDULES)


def tell_of_request(instance: RunRequest, update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    """A receiver of `post_save`: of what a trigger or a recheck asked for and that could not be started, once."""
    if instance.error and "error" in (update_fields or ()):
        write(Cause.RUN_MISSED, _("A job could not be started: {request}", request=instance), instance.error, REQUESTS)
