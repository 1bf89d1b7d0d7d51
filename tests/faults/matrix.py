"""All cases: which point, in which scenario, and who dies there.

The first place of each point is tried wherever the tests run, several of different jobs in one run, in each of which a
worker dies. STASHHOG_FAULTS=all tries all of it, each in a run of its own.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from jobs.crash_points import EngineCrashPoint
from scenes.crash_points import CrashPoint
from tests.faults.postgres_server import postgres_data
from tests.faults.services import VIDEOS

E, P = EngineCrashPoint, CrashPoint
Point = EngineCrashPoint | CrashPoint
T = TypeVar("T")
STEPS = ("process_downloads", "stash_scan", "incremental_sync", "analysis_batches", "stash_generate", "completion")
TYPES = ("process_downloads", "stash_scan", "sync", "analysis", "apply_plan", "stash_generate")
# The worker that reached the point goes on beside a dead web process, after a restart of the database, or before it.
VICTIMS = ("worker", "cluster", "web", "postgres", "postgres-away")

# Where each point is met: a scenario, or one and a place. Of each point the first one is in the short selection; of
# the last moment before a status, the end of every type in the scenario `bad` too, and all of `single`.
PLACES: dict[Point, list[tuple[str, str]]] = {
    E.STARTED: [("web", "")],
    E.WAKEUP_SENT: [("web", ""), ("link", "")],
    E.CLAIMED: [("link", "process_new_scenes"), ("slow", "analysis")],
    E.STEP_DECIDED: [("link", step) for step in (*STEPS, "end")],
    E.STEP_STARTED: [("link", step) for step in (*STEPS, "end")],
    E.BEFORE_FINISH: [(scenario, type) for scenario in ("link", "bad", "hopeless") for type in TYPES],
    E.AFTER_FINISH: [("link", type) for type in TYPES],
    E.RESCUED: [("killed", "")],
    E.CLEANED_UP: [("cancelled", "")],
    P.FILES_LISTED: [("link", "")],
    P.TARGET_SAVED: [("link", ""), ("copy", ""), ("move", "")],
    P.FOLDER_BEGUN: [("link", "")],
    P.FOLDER_MADE: [("link", "")],
    P.COPY_BEGUN: [("copy", "")],
    P.COPY_WRITTEN: [("copy", "")],
    P.COPY_NAMED: [("copy", "")],
    P.MOVE_PLACED: [("move", "")],
    P.FILE_LINKED: [("link", ""), ("copy", ""), ("move", "")],
    P.FILE_RECORDED: [("bad", ""), ("link", ""), ("copy", ""), ("move", "")],
    P.TORRENT_RECORDED: [("link", ""), ("move", "")],
    P.TORRENT_TAGGED: [("link", "")],
    P.REMOVAL_INTENDED: [("move", ""), ("clean", "")],
    P.TORRENT_REMOVED: [("move", ""), ("clean", "")],
    P.SCAN_INTENDED: [("link", "")],
    P.SCAN_ASKED: [("link", "")],
    P.SCAN_SEEN: [("link", "")],
    P.SCAN_FINISHED: [("link", "")],
    P.FILES_CONFIRMED: [("bad", ""), ("link", "")],
    P.NAMES_SAVED: [("link", "")],
    P.SYNC_PAGE_SAVED: [("link", "")],
    P.SCENES_DELETED: [("again", "")],
    P.NAMES_FORGOTTEN: [("again", "")],
    P.SYNC_WATERMARK: [("link", "")],
    P.PLAN_MADE: [("link", "")],
    P.SCENE_TAGGED: [("link", ""), ("single", "")],
    P.SCENE_RECORDED: [("bad", ""), ("link", ""), ("single", "")],
    P.PLAN_APPROVED: [("link", "")],
    P.TAG_CREATED: [("link", "")],
    P.MARKER_INTENDED: [("link", "")],
    P.TAGS_ADDED: [("link", "")],
    P.MARKER_CREATED: [("link", "")],
    P.MARKER_REMOVED: [("again", "")],
    P.PERFORMERS_ADDED: [("named", "")],
    P.PERFORMERS_REMOVED: [("named", "")],
    P.STUDIO_SET: [("named", "")],
    P.DETAILS_SET: [("named", "")],
    P.CHANGES_RECORDED: [("bad", ""), ("link", "")],
    P.TAGS_REMOVED: [("reverted", "")],
    P.REVERT_INTENDED: [("reverted", "")],
    P.REVERTS_RECORDED: [("reverted", "")],
    P.GENERATE_INTENDED: [("link", "")],
    P.GENERATE_ASKED: [("link", "")],
    P.GENERATE_SEEN: [("link", "")],
    P.GENERATE_STOPPED: [("boxed", "")],
    P.GENERATE_FINISHED: [("bad", ""), ("link", "")],
    P.GENERATE_RECORDED: [("bad", ""), ("link", "")],
    P.STASH_TASK_INTENDED: [("tasks", "")],
    P.STASH_TASK_ASKED: [("tasks", "")],
    P.STASH_TASK_SEEN: [("tasks", "")],
    P.STASH_TASK_STOPPED: [("boxed-task", "")],
    P.STASH_TASK_FINISHED: [("tasks", "")],
    P.STASH_TASK_RECORDED: [("tasks", "")],
}
# The points of other tests than that of every point: who is killed there is not a worker at work.
ELSEWHERE = {"web", "killed", "cancelled", "reverted"}
# In the short selection, beside a killed worker at every point: one point of each kind of harm.
ALSO = {
    "cluster": {E.STEP_DECIDED, P.FILE_LINKED, P.SCAN_ASKED, P.TAGS_ADDED, P.GENERATE_ASKED},
    "web": {E.STEP_STARTED, P.SCENE_TAGGED},
    "postgres": {E.BEFORE_FINISH, P.FILE_LINKED, P.SCAN_SEEN, P.SCENE_TAGGED, P.MARKER_CREATED},
    "postgres-away": {E.STEP_DECIDED, P.FILE_LINKED, P.GENERATE_ASKED, P.TAGS_ADDED, E.BEFORE_FINISH},
}
# One where a worker's next write is to each table, to the run's row, or an answer of Stash; in `make faults`.
AWAY = ALSO["postgres-away"] | {E.CLAIMED, E.STEP_STARTED, P.SCAN_ASKED, P.SYNC_PAGE_SAVED, P.SCENE_TAGGED}
SAMPLE = {E.CLAIMED, E.AFTER_FINISH, P.FILE_LINKED, P.SYNC_PAGE_SAVED, P.SCENE_RECORDED, P.MARKER_CREATED}
# What a death at these points makes Stash be asked for once more; docs/durability.md says why that does no harm.
ONCE_MORE: dict[Point, str] = {
    **dict.fromkeys((P.SCAN_ASKED, P.SCAN_SEEN, P.SCAN_FINISHED), "metadataScan"),
    P.GENERATE_ASKED: "metadataGenerate",
}
# In these scenarios there is something that no scan finds and no generation makes, so it is asked for again there, too.
NEVER_COMPLETE = {"bad", "hopeless"}
ONCE_MORE_FOR_IT: dict[Point, str] = {
    P.FILES_CONFIRMED: "metadataScan",
    **dict.fromkeys((P.GENERATE_SEEN, P.GENERATE_FINISHED, P.GENERATE_RECORDED), "metadataGenerate"),
}
TAGGED_AGAIN: dict[Point, Collection[int]] = {
    P.SCENE_TAGGED: range(1, len(VIDEOS) + 1),
    P.SCENE_RECORDED: [0, 1],
}


@dataclass(frozen=True)
class Fault:
    """``armed`` is what JOBS_CRASH_AT takes."""

    point: Point
    place: str
    scenario: str
    victim: str

    @property
    def armed(self) -> str:
        return f"{self.point}@{self.place}" if self.place else str(self.point)

    @property
    def once_more(self) -> str:
        for_it = ONCE_MORE_FOR_IT.get(self.point, "") if self.scenario in NEVER_COMPLETE else ""
        return for_it or ONCE_MORE.get(self.point, "")

    @property
    def tagged_again(self) -> Collection[int] | None:
        """How many films may be tagged twice, which takes minutes; None when others than this worker may have died.

        Those whose answers were to be recorded together; and one that it waits for meanwhile, if the tagger answers
        before that is noticed: in `link` the other one of the batch, in `single` it is asked for no more at once.
        """
        if self.victim != "worker" or self.scenario not in ("single", "link", "copy", "move", "clean"):
            return None
        return TAGGED_AGAIN.get(self.point, [0])

    def __str__(self) -> str:
        return f"{self.victim}-{self.scenario}-{self.armed}"


# The job that a worker is at, from here to the next in PLACES.
JOBS: dict[Point, str] = {
    P.FILES_LISTED: "process_downloads",
    P.SCAN_INTENDED: "stash_scan",
    P.NAMES_SAVED: "sync",
    P.PLAN_MADE: "analysis",
    P.TAG_CREATED: "apply_plan",
    P.GENERATE_INTENDED: "stash_generate",
    P.STASH_TASK_INTENDED: "stash_task",
}
MOST_DEATHS = 5  # in one run


def job_of(fault: Fault) -> str:
    """What the worker is at when it dies: a job's type, or the step that it decides."""
    before = list(PLACES)[: list(PLACES).index(fault.point) + 1]
    return fault.place or next(JOBS[point] for point in reversed(before) if point in JOBS)


def runs() -> list[list[Fault]]:
    """The cases to try now, by the run in which they are tried.

    In the short selection that is one for several deaths of workers, each at another job: half as many runs.
    """
    found: list[list[Fault]] = []
    for fault in cases():
        run = next((run for run in found if _goes_with(fault, run)), None)
        if run is None:
            found.append(run := [])
        run.append(fault)
    return found


def _goes_with(fault: Fault, run: list[Fault]) -> bool:
    if everything() or len(run) == MOST_DEATHS or job_of(fault) in map(job_of, run):
        return False
    return all((other.victim, other.scenario) == ("worker", fault.scenario) for other in (fault, *run))


def everything() -> bool:
    return os.environ.get("STASHHOG_FAULTS") == "all"


def cases() -> Iterator[Fault]:
    """Those to try now."""
    for victim in VICTIMS:
        for point, places in PLACES.items():
            for number, (scenario, place) in enumerate(places):
                if scenario not in ELSEWHERE and _wanted(victim, point, scenario, number):
                    yield Fault(point, place, scenario, victim)


def selected(first: Sequence[T], rest: Sequence[T] = ()) -> list[T]:
    """Cases of another test: all; in the short selection ``first``, and of these one on PostgreSQL."""
    if everything():
        return [*first, *rest]
    return list(first[:1] if _on_postgres() else first)


def _on_postgres() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def _wanted(victim: str, point: Point, scenario: str, number: int) -> bool:
    on_postgres = _on_postgres()
    if victim.startswith("postgres") and postgres_data() is None:
        return False
    if victim == "postgres-away" and point not in AWAY:
        return False
    if everything():
        return True
    first = number == 0
    if point in (E.STEP_DECIDED, E.STEP_STARTED):  # by turns, so that there is a death at every border
        first = number % 2 == (point == E.STEP_STARTED)
    if victim == "worker":
        first = first or (scenario == "bad" and point == E.BEFORE_FINISH) or scenario == "single"
        return first and (point in SAMPLE or not on_postgres)
    return number == 0 and point in ALSO[victim] and on_postgres == victim.startswith("postgres")
