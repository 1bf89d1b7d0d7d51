"""Having changes written to Stash, and taken back: each is a job, which waits for its turn (lock `library`)."""

from __future__ import annotations

from django.db.models import Q
from django.utils.formats import number_format
from django.utils.translation import ngettext

from jobs import engine
from jobs.errors import NotPossible
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from scenes.models import Plan
from scenes.models.plans import REVERTING
from scenes.plans.review.deciding import OPEN, TO_TAKE_BACK, Decider
from scenes.plans.review.selection import Selection

NOTHING_TO_WRITE = _("None of these changes is approved and still to be written: approve them first.")
NOTHING_TO_TAKE_BACK = _("None of these changes is in Stash or about to be written, or a job takes them back already.")


def to_reject(selection: Selection) -> int:
    """How many of them `start_reverting` rejects, since nothing of them is in Stash."""
    return selection.rows().filter(OPEN).count()


def rejected_message(count: int) -> str:
    """For people; "" for none."""
    if not count:
        return ""
    text = ngettext(
        "{n} change that was not written yet was rejected.",
        "{n} changes that were not written yet were rejected.",
        count,
    )
    return text.format(n=number_format(count, force_grouping=True))


def start_applying(selection: Selection, who: Decider, source: str) -> Job:
    """Raises NotPossible when nothing is approved among them."""
    if not selection.rows().to_write().exists():
        raise NotPossible(NOTHING_TO_WRITE)
    return engine.start("apply_plan", selection.params(), source=source, user=who.user)


def start_reverting(selection: Selection, who: Decider, source: str) -> Job:
    """What of them is not in Stash yet is rejected. Raises NotPossible when there is nothing to take back.

    What an earlier job was to take back, and did not, is taken back by this one.
    """
    idle = Plan.objects.in_no_open_batch()
    if not selection.rows().filter(TO_TAKE_BACK | Q(REVERTING, plan__in=idle)).exists():
        raise NotPossible(NOTHING_TO_TAKE_BACK)
    return engine.start("revert_plan", selection.params(), source=source, user=who.user)
