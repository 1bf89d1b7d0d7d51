"""Generating for the scenes not yet known to be complete, a group at a time, newest first."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Exists, OuterRef, QuerySet

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes import configuration
from scenes.attribution.evidence import Suspect
from scenes.attribution.outputs import Kinds, Lack, OutputKinds
from scenes.attribution.stash import StashEvidence, StashFailure
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.rows import SceneRow
from scenes.configuration import named_setting
from scenes.crash_points import CrashPoint
from scenes.models import Generation, Place, Scene, SceneFile
from scenes.stash.generation import outcomes
from scenes.stash.generation.outputs import Inspector, options
from scenes.stash.generation.reasons import GenerationReasons
from scenes.stash.stash_jobs import GENERATE, STOPPED, Journal, monitor, open_row
from scenes.sync import identity
from scenes.sync.convert import display_name
from scenes.sync.fetching import ahead

GROUP = 50  # scenes that Stash is asked for at once: a stop loses little, and the list stays short
LOOKS_AT_ONCE = 8  # scenes of which the outputs are asked for
MAX_ASKS = 3  # for one group, when scenes of it are destroyed meanwhile

Lacking = dict[int, tuple[SceneRow, Kinds]]  # scene id → the scene and which of the wanted kinds it lacks


def scenes_to_generate() -> QuerySet[Scene]:
    """Scenes with a file that are not yet known to be complete, and not quarantined, newest first."""
    has_file = Exists(SceneFile.objects.filter(scene=OuterRef("pk")))
    quarantined = Exists(Generation.objects.quarantined().filter(pk=OuterRef("pk")))
    return Scene.objects.present().filter(has_file, ~quarantined, generated_at=None)


def ids_for(job: JobContext) -> list[int]:
    """The ids of those that have not failed in this job already, newest first."""
    failed = Generation.objects.failed_in(job).exclude(code=outcomes.ASKED).filter(pk=OuterRef("pk"))
    return list(scenes_to_generate().filter(~Exists(failed)).values_list("pk", flat=True))


@dataclass
class GenerateAttempt:
    """One attempt of the job: what is wanted, how far it is, and when its time is over (`time.monotonic`)."""

    job: JobContext
    stash: StashClient
    wanted: Kinds
    until: float
    total: int = 0
    done: int = 0
    evidence: StashEvidence = field(init=False)
    kinds: OutputKinds = field(init=False)

    def __post_init__(self) -> None:
        self.evidence = StashEvidence(self.job, Place.Use.GENERATION)
        self.kinds = OutputKinds(self.job, self.stash, self.wanted)

    def place(self, row: SceneRow) -> Suspect:
        return self.evidence.place(row["files"][0]["path"] if row["files"] else "")

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def show(self, title: str) -> None:
        text = _("Scene {number} of {total}: {title}", number=self.done, total=self.total, title=title)
        self.job.progress(self.done, self.total, text)

    def show_stash(self, asked: int, share: float | None, message: str) -> None:
        """How far Stash is with the last ``asked`` scenes, of those that were checked."""
        first = self.done - asked
        done = first + int(asked * (share or 0))
        scenes = {"first": first + 1, "last": self.done, "total": self.total}
        text = _("{doing} (scenes {first} to {last} of {total})", doing=message, **scenes)
        self.job.progress(min(done, max(self.total - 1, 0)), self.total, text)

    def probe(self, kind: str) -> None:
        """Try with one scene whether Stash makes a broken kind of output again; if so, those that lack it are due."""
        ids = ids_for(self.job)
        scene = ids[0] if ids else self.kinds.scene_lacking(kind)
        if scene is not None and not self.is_over:
            self.total, self.kinds.probing = 1, kind
            self._generate_group([str(scene)])
            self.done, self.kinds.probing = 0, ""

    def generate_all(self, ids: list[int]) -> None:
        """A group after the other, until the time is over or Stash turns out to be at fault."""
        for start in range(0, len(ids), GROUP):
            if self.is_over:
                left = quantity(len(ids) - start, "scene is", "scenes are")
                self.job.log(_("The time for generating is over; {left} left to the next run.", left=left))
                return
            made = self._generate_group([str(number) for number in ids[start : start + GROUP]])
            if self.evidence.is_service_at_fault and not made:  # the others would fail, too
                return

    def finish_earlier(self) -> None:
        """Wait for what an attempt before a crash asked for, not to queue up behind it; then check what was made."""
        row = open_row(self.job, GENERATE)
        if row.pk is not None:
            monitor(self.job, self.stash, row, None, until=self.until, show=partial(self.show_stash, 0))
        asked = Scene.objects.present().filter(generation__job=self.job.id, generation__code=outcomes.ASKED)
        ids = [str(pk) for pk in asked.values_list("pk", flat=True)]
        if ids:  # also when the time is over: what was made in it counts
            self._lacking(self._rows_of(ids), outcomes.generated)
            self.done = 0
        made = dict(outcomes.made_by(self.job))
        self.evidence.places_succeeded(map(self.evidence.place, made.values()))
        # Nobody knows any more what they lacked before. What they have now shows that Stash can make it.
        self.kinds.made({pk: Lack(self.kinds.asked, frozenset()) for pk in made})

    def _rows_of(self, ids: list[str]) -> list[SceneRow]:
        """These scenes, without those that Stash no longer has: they are left to the sync. Raises as `generate`."""
        rows, _gone = self.stash.scenes_by_id(ids)
        identity.refuse_another_library(self.job, {row["id"]: row["created_at"] for row in rows})
        return rows

    def _generate_group(self, ids: list[str]) -> bool:
        """Whether any of them was made, or there was no need to."""
        rows = self._rows_of(ids)
        lacking = self._lacking(rows, outcomes.already_there)
        self.done += len(ids) - len(rows)
        for _time in range(MAX_ASKS):
            if not lacking or self.is_over:
                return True
            still, counts = self.ask_stash(lacking)
            if counts:
                return len(still) < len(lacking)
            self.job.log(_("Scenes were destroyed in Stash meanwhile, so it made nothing. It is asked for the others."))
            lacking = still
        return True

    def ask_stash(self, lacking: Lacking) -> tuple[Lacking, bool]:
        """What they lack then, and whether that counts.

        If one of them was destroyed, Stash makes nothing of the others.
        """
        outcomes.asked(self.job, lacking)
        row = open_row(self.job, GENERATE)
        ask = partial(self.stash.generate, [str(number) for number in lacking], options(self.kinds.asked))
        show, journal = partial(self.show_stash, len(lacking)), Journal()
        status = monitor(self.job, self.stash, row, ask, show=show, until=self.until, journal=journal)
        crash_point(CrashPoint.GENERATE_FINISHED)
        rows = self._rows_of([str(number) for number in lacking])
        self.done -= len(rows)
        still = self._lacking(rows, outcomes.generated)
        crash_point(CrashPoint.GENERATE_RECORDED)
        lacks = self.lacks_of(rows, lacking, still)
        self.kinds.made(lacks)
        if status == "FAILED" and still:  # Stash is at fault, and no scene
            raise JobError("generate_failed", _("Stash's generate job ended as FAILED. Look into Stash's log."))
        is_whole = len(rows) == len(lacking)
        is_telling = still and is_whole and status != STOPPED
        reasons = GenerationReasons.of_job(self.stash, journal, row.added, rows) if is_telling else None
        return self.attribute(lacks, still, lacking, reasons), is_whole or not still or status == STOPPED

    def lacks_of(self, rows: list[SceneRow], lacking: Lacking, still: Lacking) -> dict[int, Lack]:
        """By scene id, in the order in which Stash came to the scenes; of those that it still has."""
        charged = set(Generation.objects.filter(pk__in=still, attempts__gt=0).values_list("pk", flat=True))
        asked, known = self.kinds.asked, {int(row["id"]) for row in rows}
        return {
            pk: Lack(before & asked, still[pk][1] & asked if pk in still else frozenset(), pk in charged)
            for pk, (_row, before) in lacking.items()
            if pk in known
        }

    def attribute(
        self, lacks: Mapping[int, Lack], still: Lacking, lacking: Lacking, reasons: GenerationReasons | None
    ) -> Lacking:
        """Say what is at fault, and return those of ``still`` that are not complete without broken kinds of output.

        No reasons: nothing is at fault yet.
        """
        found = {pk: reasons.of(row, lacks[pk].after) for pk, (row, _kinds) in still.items()} if reasons else {}
        broken = (
            self.kinds.find_broken(lacks, {pk: reason for pk, (reason, _clue) in found.items()})
            if reasons
            else frozenset()
        )
        left = {pk: entry for pk, entry in still.items() if lacks[pk].after - broken}
        outcomes.generated(self.job, {pk: still[pk] for pk in still.keys() - left.keys()})
        for pk, lack in lacks.items():
            place = self.place(lacking[pk][0])
            if lack.made:  # any output shows that Stash sees the film
                self.evidence.succeeded(place)
            if pk in left and pk in found:
                self.evidence.failed(StashFailure(place, *found[pk], lack.failed_before, row_id=pk))
        self.record_failures()
        return left

    def record_failures(self, *, at_the_end: bool = False) -> None:
        """Those that are certain by now to be their scenes' own."""
        failures = self.evidence.item_failures(at_the_end=at_the_end)
        outcomes.failed(self.job, {failure.row_id: failure.reason for failure in failures})

    def _lacking(self, rows: list[SceneRow], complete: outcomes.Record) -> Lacking:
        """Those that lack something that is asked for; the others are recorded as complete, all at once."""
        inspector = Inspector.of(self.stash, self.wanted)
        lacking: Lacking = {}
        completed: Lacking = {}
        looks = (partial(inspector.missing, row) for row in rows)
        with ahead(looks, at_once=LOOKS_AT_ONCE) as found:
            for row, missing in zip(rows, found, strict=True):
                self.done += 1
                if missing & self.kinds.asked:
                    lacking[int(row["id"])] = (row, missing)
                else:
                    completed[int(row["id"])] = (row, missing)
                self.show(display_name(row))
        complete(self.job, completed)
        return lacking


def generate(job: JobContext, stash: StashClient) -> None:
    """Complete all scenes, or as many as fit into the time box. Raises JobError, also ``another_library``."""
    config = configuration.current()
    # The time box is one for all attempts.
    until = time.monotonic() + config.generate_seconds - (job.job.duration_seconds or 0.0)
    attempt = GenerateAttempt(job, stash, config.generate, until)
    if not attempt.wanted:
        job.log(_("Nothing is set to be generated ({setting} in the settings).", setting=named_setting("generate")))
        return
    attempt.finish_earlier()
    for kind in attempt.kinds.to_probe():
        attempt.probe(kind)
    attempt.kinds.log_left_out()
    ids = ids_for(job) if attempt.kinds.asked else []
    attempt.total = len(ids)
    if not ids:
        job.progress(0, 0, _("No scene waits for its previews"))
    attempt.generate_all(ids)
    attempt.record_failures(at_the_end=True)
    attempt.evidence.check()
