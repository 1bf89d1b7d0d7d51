"""Approving, rejecting, and wanting back. Each is an UPDATE, or two, that look at every row as it is then.

So two people at once, or one and a job that writes, get in nobody's way: the first one counts. What is being written
right now (``intended_at``) is no longer rejected: it can be taken back once that is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from scenes.models import BAD, Change, Outcome, Plan
from scenes.models.attempts import NO_FAILURE
from scenes.models.plans import ChangeQuerySet
from scenes.models.reviewed import Via

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from jobs.models import Job

Status = Change.Status
OPEN = Q(status__in=Change.OPEN, intended_at=None)  # nothing of it is in Stash
NOT_WANTED_BACK = Q(revert_requested_at=None) | Q(outcome__in=BAD)
IN_STASH = Q(NOT_WANTED_BACK, status__in=(Status.APPLIED, Status.APPROVED))  # or perhaps there
TO_TAKE_BACK = OPEN | IN_STASH
HALF_WRITTEN = Q(status=Status.APPROVED, intended_at__isnull=False, revert_requested_at=None)
WRITING = ("intended_at", "before", "after", "applied_at", "applied_in")
TAKING_BACK = ("revert_requested_at", "revert_intended_at", "reverted_at", "reverted_by")
NEVER_WRITTEN = dict.fromkeys([*WRITING, *TAKING_BACK])
START_OVER = {"outcome": Outcome.NEW, "job": None, **NO_FAILURE}
NOT_WRITTEN = Q(status__in=(Status.APPROVED, Status.REJECTED), intended_at=None)
VIA = {"api": Via.API, "command": Via.COMMAND, "page": Via.PAGE}  # source of a job → way in


@dataclass(frozen=True)
class Decider:
    """Who decides, and on which way; a command has no user. ``at``: when, if all that it does is to have one time."""

    via: Via
    user: User | None = None
    at: datetime | None = None

    @classmethod
    def of(cls, job: Job) -> Decider:
        """Who started the job."""
        return cls(VIA.get(job.source, Via.ADMIN), job.started_by)

    def columns(self) -> dict[str, Any]:
        now = self.at or timezone.now()
        return {"decided_at": now, "decided_by": self.user, "decided_via": self.via, "updated_at": now}


def approve(rows: ChangeQuerySet, who: Decider, *, also_rejected: bool = False) -> int:
    """What is proposed among them is written by the next run, or when somebody applies it; returns how many.

    ``also_rejected``: of changes that are named one by one, since somebody thinks better of it. So is what was taken
    back: it starts over as if it had never been written.
    """
    statuses = [Status.PROPOSED, *([Status.REJECTED, Status.REVERTED] if also_rejected else [])]
    columns = {"status": Status.APPROVED} | who.columns()
    return _updated(rows.filter(status__in=statuses), columns, START_OVER | NEVER_WRITTEN)


def reject(rows: ChangeQuerySet, who: Decider) -> int:
    """What is not in Stash yet is not written, nor proposed again for its scene; returns how many.

    What a job left half-written is wanted back instead: whether it is in Stash is known when the next run looks.
    """
    columns = {"status": Status.REJECTED, "outcome": Outcome.NOT_WANTED, "job": None, **NO_FAILURE, **who.columns()}
    with transaction.atomic():
        rejected = rows.filter(OPEN).update(**columns)
        left = rows.filter(HALF_WRITTEN, plan__in=Plan.objects.in_no_open_batch())
        return rejected + left.update(outcome=Outcome.NEW, **NO_FAILURE, **_wanted_back(who))


def reopen(rows: ChangeQuerySet) -> int:
    """What was approved or rejected, and never got to Stash, waits for a person again; returns how many."""
    columns = {"status": Status.PROPOSED, "updated_at": timezone.now()}
    columns |= {"decided_at": None, "decided_by": None, "decided_via": ""}
    return _updated(rows.filter(NOT_WRITTEN), columns, START_OVER | {"revert_requested_at": None})


def want_back(rows: ChangeQuerySet, who: Decider) -> int:
    """What is in Stash, or may be, is taken back by the next `revert_plan`; what is not is rejected. Returns how many.

    In this order: what is neither rejected by the first UPDATE nor marked by the second one does not exist, whatever
    a job that writes does in between.
    """
    with transaction.atomic():
        rejected = reject(rows, who)
        return rejected + rows.filter(IN_STASH).update(outcome=Outcome.NEW, **NO_FAILURE, **_wanted_back(who))


def _updated(rows: ChangeQuerySet, columns: dict[str, Any], also: dict[str, Any]) -> int:
    """Their ``columns``, by which they are none of ``rows`` any more; and what ``also`` says, where it is not so yet.

    Mostly it is, and an UPDATE writes the index of each column that it names: so the others get one of their own.
    """
    is_so = {f"{name}__isnull" if value is None else name: value is None or value for name, value in also.items()}
    with transaction.atomic():
        most = rows.filter(**is_so).update(**columns)
        return most + rows.update(**columns, **also)


def _wanted_back(who: Decider) -> dict[str, Any]:
    now = timezone.now()
    return {"revert_requested_at": now, "reverted_by": who.user, "updated_at": now}
