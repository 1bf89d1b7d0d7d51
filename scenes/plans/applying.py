"""Writing approved changes to Stash, so that doing it twice, or half and then whole, is doing it once.

For some scenes at a time: look at what Stash has, note what is about to be written, write it, note what came
of it. After a crash or an outage the same is begun again: what got into Stash is seen by the look. There is
one applier at a time (the lock "library"), so nobody of ours writes between the look and the write.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Min, Prefetch

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes.clients.stash.client import ServiceError, StashClient
from scenes.clients.stash.names import folded
from scenes.clients.stash.rows import SceneInStash
from scenes.models import Change, Plan, Scene
from scenes.models.plans import ChangeQuerySet
from scenes.pieces import pieces
from scenes.plans import recording
from scenes.plans.deciding import decide
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.duplicates import remove_duplicates
from scenes.plans.kinds import KINDS
from scenes.plans.kinds.kind import Results
from scenes.plans.missing import missing_in_stash
from scenes.plans.tag_ids import TagIds, name_in, tag_name
from scenes.sync import identity

SCENES = 100  # that are looked at and written at once
# What has to be known of changes and their scenes: there are many, and Django takes a while for each column.
COLUMNS = ("scene", "kind", "value", "before", "intended_at", "edited_at", "job", "failed_at")
SCENE = Prefetch("scene", Scene.objects.only("title", "file_name", "deleted_at"))


def check_plan(plan_id: int | None) -> None:
    """Raises a permanent JobError (``not_found``) when there is no such plan; None is none that was asked for."""
    if plan_id is not None and not Plan.objects.filter(pk=plan_id).exists():
        raise JobError("not_found", _("There is no plan {id}.", id=plan_id), permanent=True)


def apply(job: JobContext, stash: StashClient, rows: ChangeQuerySet) -> None:
    """Write those that are approved; each ends applied, failed or left alone, with the reason in its row.

    Raises ServiceError when Stash is away: whatever was done by then is noted, the rest is still approved. What
    was refused is for the next job, not for a later attempt of this one: that costs it one try a run. Raises
    JobError, too: ``another_library`` before anything is written, ``missing_in_stash`` when all the rest is.
    """
    approved = rows.to_write()
    firsts = approved.order_by().values("scene_id").annotate(first=Min("id")).order_by("first")
    scene_ids = [row["scene_id"] for row in firsts]
    if not scene_ids:
        job.progress(0, 0, _("Nothing is left to be written"))
        return
    identity.check(job, stash)
    names = {name_in(kind, value) for kind, value in approved.order_by().values_list("kind", "value")} - {""}
    applier = Applier(job, stash, TagIds(job, stash, names))
    for changes in of_some_scenes(job, approved.only(*COLUMNS).prefetch_related(SCENE), scene_ids):
        applier.apply(changes)
    if applier.unseen:
        raise missing_in_stash(applier.unseen)
    total = len(scene_ids)
    job.progress(total, total, _("Changes of {scenes} written", scenes=quantity(total, "scene")))


def of_some_scenes(job: JobContext, rows: ChangeQuerySet, scene_ids: Sequence[int]) -> Iterator[list[Change]]:
    """The rows, those of SCENES scenes at a time, without what this job has failed at; says which scene it is at."""
    for number, part in enumerate(pieces(scene_ids, SCENES)):
        if changes := [row for row in rows.filter(scene__in=part) if not row.has_failed_in(job)]:
            start, total = number * SCENES, len(scene_ids)
            scene = {"number": start + 1, "total": total, "title": changes[0].scene}
            job.progress(start, total, _("Scene {number} of {total}: {title}", **scene))
            yield changes


class Applier:
    """Writes the changes of some scenes."""

    def __init__(self, job: JobContext, stash: StashClient, tags: TagIds):
        self.job, self.stash, self.tags = job, stash, tags
        self.unseen: list[WriteDecision] = []

    def apply(self, changes: Sequence[Change]) -> None:
        """One after the other: what is decided without Stash, what is there already, then the writes by their kind."""
        decisions = self.decide(changes)
        self.unseen += with_action(decisions, WriteAction.UNSEEN)
        recording.left_alone(self.job, with_action(decisions, WriteAction.LEAVE))
        recording.failed(self.job, with_action(decisions, WriteAction.FAIL))
        self._applied(with_action(decisions, WriteAction.ALREADY_THERE))
        to_write: dict[str, list[WriteDecision]] = defaultdict(list)
        for decision in recording.intend(self.job, decisions):
            to_write[decision.change.kind].append(decision)
        for name, kind in KINDS.items():
            for results in kind.write(self.stash, to_write[name]):
                self.record(results)

    def decide(self, changes: Sequence[Change]) -> list[WriteDecision]:
        """By what Stash has now, its missing tags made; a change whose tag Stash refuses has failed, and is in none."""
        states = states_of(self.stash, changes)
        to_add = [change for change in changes if str(change.scene_id) in states and KINDS[change.kind].makes_tag]
        self.tags.make(dict.fromkeys(tag_name(change) for change in to_add))
        refused = [change for change in to_add if folded(tag_name(change)) in self.tags.refused]
        reasons = [(change, self.tags.refused[folded(tag_name(change))]) for change in refused]
        recording.failed(
            self.job, [WriteDecision(change, WriteAction.WRITE, reason=reason) for change, reason in reasons]
        )
        return [
            decide(change, states.get(str(change.scene_id)), self.tags.id_of(tag_name(change)))
            for change in changes
            if change not in refused
        ]

    def record(self, results: Results) -> None:
        """What Stash refused concerns this change; any other error concerns Stash, and ends the attempt."""
        done, refused, service_error = sorted_out(self.stash, results)
        self._applied(done)
        recording.failed(self.job, refused)
        if service_error is not None:
            raise service_error

    def _applied(self, decisions: Sequence[WriteDecision]) -> None:
        remove_duplicates(self.job, self.stash, decisions)
        recording.applied(self.job, decisions, self.tags.used({tag_name(d.change) for d in decisions}))


def states_of(stash: StashClient, changes: Iterable[Change]) -> dict[str, SceneInStash]:
    """Id → what the scenes of these changes are like in Stash now; those that it does not know are left out."""
    scene_ids = {str(change.scene_id) for change in changes}
    with_details = any(KINDS[change.kind].reads_details for change in changes)
    return stash.scene_states(scene_ids, with_details=with_details)


def sorted_out(
    stash: StashClient, results: Results
) -> tuple[list[WriteDecision], list[WriteDecision], ServiceError | None]:
    """What was done, what Stash refused (with the reason), and the error that concerns Stash itself, if any."""
    done, refused, service_error = [], [], None
    for decision, result in results:
        if result.error is None and result.value:
            done.append(decision)
        elif result.error is not None and result.error.code == "rejected":
            refused.append(dataclasses.replace(decision, reason=result.error.message))
        else:
            service_error = result.error or stash.error(
                "bad_answer", _("did not say what came of a change."), _("It is looked at again.")
            )
    return done, refused, service_error


def with_action(decisions: Iterable[WriteDecision], action: WriteAction) -> list[WriteDecision]:
    return [decision for decision in decisions if decision.action == action]
