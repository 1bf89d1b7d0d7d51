"""The ways that a case may go: settings, what is done before, and the run that meets the crash.

`link` hard-links, in batches of two scenes, which the tagger is asked for at once; `single` has all films in one batch,
and asks for one at a time; `slow` has a slow tagger; `copy` and `move` place so; `clean` removes torrents with their
files.
`boxed` has a time box for Stash's generation that ends before it begins.
`again` is a second run, after a scene and a tag were destroyed in Stash and the tagger sees a film differently.
`named` is a second run, which finds a plan with a performer, a studio and details for a film.
`bad` has an item that fails in each step, and `hopeless` gives each of them up at its first failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jobs.models import Job, Status
from scenes.models import Plan, Scene
from scenes.plans.values import digest_of
from tests.faults.case import Case, opened
from tests.faults.failing_items import each_bad_item_failed_once, run_with_failing_items
from tests.faults.services import VIDEOS, Services
from tests.scenes.analysis_factories import add_change, give_all


def everything_is_done() -> None:
    assert not Plan.objects.unfinished().exists()
    assert not Scene.objects.filter(video_analyzed=False).exists()
    assert not Scene.objects.filter(generated_at=None, deleted_at=None).exists()


def one_run(case: Case) -> Job:
    return case.run()


def run_of_one_batch(case: Case) -> Job:
    return case.run(batch_size=len(VIDEOS))


def slow_run(case: Case) -> Job:
    """A run whose films take so long that a second worker surely takes the next batch."""
    case.services.slow(tagger=0.5)
    return case.run()


def second_run(case: Case) -> Job:
    """A run, then changes in Stash and in what the tagger sees, then another run that takes them up."""
    case.run()
    services = case.services
    scenes = {Path(scene["files"][0]).name: scene for scene in services.stash_state()["scenes"]}
    services.graphql(f'mutation {{ sceneDestroy(input: {{id: "{scenes["Harbour.mp4"]["id"]}", delete_file: true}}) }}')
    tag = services.graphql('mutation { tagCreate(input: {name: "Short-lived"}) { id } }')["tagCreate"]["id"]
    case.run("sync")
    services.graphql(f'mutation {{ tagDestroy(input: {{id: "{tag}"}}) }}')
    dawn = scenes["Dawn.mp4"]
    services.see(case.library / "Alps" / "Dawn.mp4", {"light": {"Golden Hour": [[0.25, 1.25, 0.9]]}})
    case.run("analysis", scene_ids=[int(dawn["id"])])
    return case.run()


def named_run(case: Case) -> Job:
    """A run, then performers and a studio come to Stash, and a plan that a person approved; then the run it is for."""
    case.run()
    services, scene = case.services, Scene.objects.earliest("pk")
    for name in ("Ann Oak", "Bob Elm"):
        services.graphql(f'mutation {{ performerCreate(input: {{name: "{name}"}}) {{ id }} }}')
    services.graphql('mutation { studioCreate(input: {name: "North"}) { id } }')
    fields = f'id: "{scene.pk}", details: "Two  dogs", performer_ids: ["2"]'
    services.graphql(f"mutation {{ sceneUpdate(input: {{{fields}}}) {{ id }} }}")
    case.run("sync")
    plan = Plan.objects.create()
    add_change(plan, scene.pk, "add_performer", id=1, name="Ann Oak")
    add_change(plan, scene.pk, "remove_performer", id=2, name="Bob Elm")
    add_change(plan, scene.pk, "set_studio", id=1, name="North")
    add_change(plan, scene.pk, "set_details", details="Two dogs", made_from=digest_of("Two  dogs"))
    return case.run()


def boxed_run(case: Case) -> Job:
    """A generation that waits behind somebody else's until its time is over; then a run that has time for it."""
    case.run(skip=["stash_generate"])
    services = case.services
    other = services.begin_foreign_job()
    case.run("stash_generate")
    services.end_foreign_job(other)
    case.stop_all()
    case.settings["STASHHOG_GENERATE_SECONDS"] = "3600"
    case.start_worker()
    return case.run()


def boxed_task(case: Case) -> Job:
    """A task of Stash's own that waits behind somebody else's until its time is over; then one that has time for it."""
    case.run()
    services = case.services
    other = services.begin_foreign_job()
    case.run("stash_auto_tag", scene_ids=list(Scene.objects.values_list("pk", flat=True)))
    services.end_foreign_job(other)
    case.stop_all()
    case.settings["STASHHOG_STASH_TASKS_SECONDS"] = "3600"
    case.start_worker()
    case.run("stash_auto_tag")
    return case.run()


@dataclass(frozen=True)
class Scenario:
    """``perform`` returns the run that counts; it ends as ``ends``, and ``check`` holds then."""

    settings: dict[str, str] = field(default_factory=dict)
    perform: Callable[[Case], Job] = one_run
    ends: Status = Status.COMPLETED
    check: Callable[[], None] = everything_is_done


SCENARIOS = {
    "link": Scenario(),
    "single": Scenario({"STASHHOG_TAGGER_PARALLEL": "1"}, perform=run_of_one_batch),
    "copy": Scenario({"STASHHOG_LINK_MODE": "copy"}),
    "move": Scenario({"STASHHOG_LINK_MODE": "move"}),
    "clean": Scenario({"STASHHOG_CLEANUP": "remove_torrent_and_files"}),
    "slow": Scenario(perform=slow_run),
    "again": Scenario(perform=second_run),
    "named": Scenario(perform=named_run),
    "bad": Scenario({}, run_with_failing_items, Status.COMPLETED_WITH_ERRORS, each_bad_item_failed_once),
    "hopeless": Scenario(
        {"STASHHOG_MAX_ITEM_ATTEMPTS": "1"},
        run_with_failing_items,
        Status.COMPLETED_WITH_ERRORS,
        each_bad_item_failed_once,
    ),
    "tasks": Scenario({"STASHHOG_STASH_TASKS_AFTER_SCAN": "auto_tag"}),
    "boxed-task": Scenario({"STASHHOG_STASH_TASKS_SECONDS": "3"}, perform=boxed_task),
    "boxed": Scenario({"STASHHOG_GENERATE_SECONDS": "3"}, perform=boxed_run),
}


@contextmanager
def prepared(services: Services, folder: Path, scenario: str, **settings: str) -> Iterator[Case]:
    give_all()  # these films are short
    with opened(services, folder, **SCENARIOS[scenario].settings, **settings) as case:
        yield case
