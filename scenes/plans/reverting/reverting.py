"""Taking changes back, so that doing it twice, or half and then whole, is doing it once.

As `scenes.plans.applying` does: look at what Stash has, note what is about to be taken back, do it, note what came of
it; one scene's changes in the order opposite to that in which they were applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from django.db.models import Max

from jobs.context import JobContext
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes.clients.stash.client import StashClient
from scenes.models import Change
from scenes.models.plans import ChangeQuerySet
from scenes.plans.applying import of_some_scenes, sorted_out, states_of
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.duplicates import remove_duplicates
from scenes.plans.kinds import KINDS
from scenes.plans.kinds.kind import Results
from scenes.plans.missing import missing_in_stash
from scenes.plans.reverting import recording
from scenes.plans.reverting.interrupted import resolve_interrupted
from scenes.plans.reverting.undoing import Undo, rounds, undo, with_action
from scenes.sync import identity


def revert(job: JobContext, stash: StashClient, rows: ChangeQuerySet) -> None:
    """Take back those of ``rows`` that somebody wants back; each ends reverted or failed, with the reason in its row.

    Raises as `applying.apply` does; whatever was done by then is noted, the rest is still wanted back.
    """
    waiting = rows.to_revert()
    recording.never_written(job, waiting)
    lasts = waiting.order_by().values("scene_id").annotate(last=Max("id")).order_by("-last")
    scene_ids = [row["scene_id"] for row in lasts]
    if not scene_ids:
        job.progress(0, 0, _("Nothing is left to be taken back"))
        return
    identity.check(job, stash)
    reverter, total = Reverter(job, stash), len(scene_ids)
    for changes in of_some_scenes(job, waiting.select_related("scene"), scene_ids):
        reverter.revert(changes)
    if reverter.unseen:
        raise missing_in_stash(reverter.unseen)
    job.progress(total, total, _("Changes of {scenes} taken back", scenes=quantity(total, "scene")))


class Reverter:
    """Takes back the changes of some scenes."""

    def __init__(self, job: JobContext, stash: StashClient):
        self.job, self.stash = job, stash
        self.unseen: list[WriteDecision] = []

    @cached_property
    def tag_ids(self) -> frozenset[str]:
        """Of all tags that Stash has."""
        return frozenset(row["id"] for row in self.stash.tags())

    def revert(self, changes: Sequence[Change]) -> None:
        for together in rounds(resolve_interrupted(self.job, self.stash, changes, self.unseen)):
            # As they are after the round before: a marker that was made again has another id.
            ids = [change.pk for change in together]
            self.revert_round(list(Change.objects.filter(pk__in=ids).select_related("scene")))

    def revert_round(self, changes: Sequence[Change]) -> None:
        """What needs no write first, then the writes by their kind."""
        states = states_of(self.stash, changes)
        undos = [undo(change, states.get(str(change.scene_id)), self.tag_ids) for change in changes]
        self.unseen += [item.decision for item in with_action(undos, WriteAction.UNSEEN)]
        self.record(with_action(undos, WriteAction.LEAVE) + with_action(undos, WriteAction.ALREADY_THERE))
        to_write = with_action(undos, WriteAction.WRITE)
        recording.intend(self.job, to_write)
        for name, kind in KINDS.items():
            of_kind = [item for item in to_write if item.decision.change.kind == name]
            for results in kind.write(self.stash, [item.decision for item in of_kind]):
                self.record_results(of_kind, results)

    def record_results(self, undos: Sequence[Undo], results: Results) -> None:
        """What Stash refused concerns this change; any other error concerns Stash, and ends the attempt."""
        done, refused, service_error = sorted_out(self.stash, results)
        by_id = {item.change.pk: item for item in undos}
        self.record([by_id[decision.change.pk] for decision in done])
        reasons = {decision.change.pk: decision.reason for decision in refused}
        recording.failed(self.job, [by_id[pk] for pk in reasons], reasons)
        if service_error is not None:
            raise service_error

    def record(self, undos: Sequence[Undo]) -> None:
        remove_duplicates(self.job, self.stash, [item.decision for item in undos])
        recording.reverted(self.job, undos)
