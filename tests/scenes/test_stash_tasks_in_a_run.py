"""What the settings add to a run: Stash's own tasks after the scan and at the end, for the run's scenes only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import engine, testing
from jobs.models import Job, Status
from scenes.configuration.stash_tasks import PluginTask
from scenes.models import Performer, Scene, StashTask
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.videos import make_video
from tests.scenes.placing import Place
from tests.scenes.stash_task_cases import BOX, asked_ids, never_all, outcomes, with_plugin, with_stash_box

pytestmark = pytest.mark.django_db(transaction=True)
ALL = frozenset({"plugin", "auto_tag", "identify"})
KEYS = ["process_downloads", "stash_scan", "incremental_sync", "analysis_batches", "stash_generate", "completion"]
WRITES = {"metadataScan", "metadataIdentify", "runPluginTask", "metadataGenerate", "metadataAutoTag"}


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("videos")
    return [make_video(folder / f"{number}.mp4", seconds=1, size=(64, 36), seed=number) for number in range(3)]


@pytest.fixture
def home(place: Place, settings: Any) -> Place:
    """Covers only are generated, so that a run is quick."""
    settings.JOBS_RETRY_DELAY = 0
    place.configure(generate=frozenset({"covers"}), plugin_tasks=(PluginTask("renamer", "Rename"),))
    return place


def add(place: Place, videos: list[Path], *names: str) -> None:
    files = [NewFile(name, video) for name, video in zip(names, videos, strict=False)]
    place.qbittorrent.add_torrent(names[0].partition("/")[0], files)


def run(**params: Any) -> Job:
    return testing.run("process_new_scenes", **params)


def writes(place: Place) -> list[str]:
    """What was started in Stash, in order."""
    return [name for entry in place.stash.requests for name in entry.fields if name in WRITES]


def scene_ids(place: Place) -> dict[str, str]:
    return {Path(path).name: str(scene["id"]) for scene in place.stash.dump()["scenes"] for path in scene["files"]}


def test_they_are_off_by_default(home: Place, videos: list[Path]) -> None:
    add(home, videos, "A/one.mp4")
    run()
    assert writes(home) == ["metadataScan", "metadataGenerate"]
    assert not StashTask.objects.exists()


def test_after_the_scan_new_scenes_are_named_before_they_are_synced_and_analysed(
    home: Place, videos: list[Path]
) -> None:
    rules = [
        {"field": "title", "strategy": "OVERWRITE"},
        {"field": "performers", "strategy": "MERGE", "createMissing": True},
    ]
    with_stash_box(home.stash, fieldOptions=rules)
    home.stash.simulator.settings.stash_boxes[BOX] = {"one.mp4": {"title": "Its Name", "performers": ["Ann Bee"]}}
    runs = with_plugin(home.stash)
    home.configure(stash_tasks_after_scan=ALL)
    add(home, videos, "A/one.mp4", "A/two.mp4")

    job = run()

    assert job.status == Status.COMPLETED, (job.message, job.error_message)
    assert [step.key for step in job.steps.all()] == KEYS
    started = ["metadataScan", "metadataIdentify", "metadataIdentify", "runPluginTask", "metadataGenerate"]
    assert writes(home) == started
    ids = sorted(scene_ids(home).values(), key=int, reverse=True)
    assert asked_ids(home.stash) == [ids, ids] and runs == [("Rename", ids)]
    never_all(home.stash)
    scene = Scene.objects.get(pk=int(scene_ids(home)["one.mp4"]))
    assert scene.title == "Its Name" and [one.name for one in scene.performers.all()] == ["Ann Bee"]
    types = list(job.sub_jobs.order_by("created_at").values_list("type", flat=True))
    order = [
        types.index(type)
        for type in ("stash_scan", "stash_identify", "stash_auto_tag", "stash_plugin", "sync", "analysis")
    ]
    assert order == sorted(order)
    assert Performer.objects.filter(name="Ann Bee").exists()


def test_what_they_change_in_scenes_that_were_synced_before_is_synced_by_step_three(
    home: Place, videos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.configure(stash_tasks_after_scan=frozenset({"identify"}))
    add(home, videos, "A/one.mp4")
    assert run().status == Status.COMPLETED_WITH_ERRORS  # nobody set up identify in Stash
    assert Scene.objects.get().title == ""
    with_stash_box(home.stash, {"one.mp4": "Its Name"})
    later(home)

    job = run()

    assert job.status == Status.COMPLETED, job.message
    assert writes(home).count("metadataScan") == 1, "there was nothing to scan any more"
    assert job.steps.get(key="incremental_sync").status == Status.COMPLETED
    assert Scene.objects.get().title == "Its Name"


def later(place: Place) -> None:
    """Times are whole seconds in Stash: what changes now gets another one."""
    from datetime import UTC, datetime, timedelta

    clock = place.stash.simulator.clock
    place.stash.do(lambda: clock.set_now(datetime.now(UTC) + timedelta(seconds=3)))


def test_a_second_run_asks_for_nothing_that_is_done(home: Place, videos: list[Path]) -> None:
    with_stash_box(home.stash)
    with_plugin(home.stash)
    home.configure(stash_tasks_after_scan=ALL, stash_tasks_after_generate=ALL)
    add(home, videos, "A/one.mp4")
    first = run()
    assert first.status == Status.COMPLETED, first.message
    count = len(writes(home))
    assert first.sub_jobs.filter(type="stash_identify").count() == 1
    assert writes(home).count("metadataIdentify") == 2, "once each, although it is chosen at both places"
    job = run()
    assert job.status == Status.COMPLETED
    assert job.steps.get(key="stash_scan").message == "Skipped - No new items"
    assert len(writes(home)) == count


def test_at_the_end_the_scenes_that_the_run_analysed_are_done_and_the_last_sync_shows_it(
    home: Place, videos: list[Path]
) -> None:
    add(home, videos, "A/one.mp4")
    run()
    add(home, videos[1:], "B/two.mp4")
    with_stash_box(home.stash, {"one.mp4": "One", "two.mp4": "Two"})
    runs = with_plugin(home.stash)
    home.configure(stash_tasks_after_generate=frozenset({"identify", "plugin"}))
    later(home)

    job = run()

    assert job.status == Status.COMPLETED, job.message
    number = scene_ids(home)["two.mp4"]
    assert asked_ids(home.stash) == [[number]] and runs == [("Rename", [number])]
    assert writes(home)[-3:] == ["metadataGenerate", "metadataIdentify", "runPluginTask"]
    assert job.steps.get(key="completion").status == Status.COMPLETED
    assert Scene.objects.get(pk=int(number)).title == "Two"
    assert not Scene.objects.filter(title="One").exists()
    never_all(home.stash)


def test_a_run_whose_identify_failed_goes_on_and_says_so(home: Place, videos: list[Path]) -> None:
    with_plugin(home.stash)
    home.configure(stash_tasks_after_scan=ALL)
    add(home, videos, "A/one.mp4")
    job = run()
    assert job.status == Status.COMPLETED_WITH_ERRORS
    statuses = dict(job.sub_jobs.values_list("type", "status"))
    assert statuses["stash_identify"] == Status.FAILED
    assert {statuses[type] for type in ("stash_scan", "stash_auto_tag", "stash_plugin", "sync", "analysis")} == {
        "completed"
    }
    assert job.steps.get(key="stash_scan").status == Status.COMPLETED_WITH_ERRORS
    assert "Stash has no default sources" in job.message
    assert job.result is not None
    step = job.result["steps"]["stash_scan"]
    assert (step["status"], step["result"]["found_files"]) == ("completed_with_errors", 1)
    assert step["stash_tasks"]["stash_identify"]["error"]["code"] == "identify_not_set_up"
    assert step["stash_tasks"]["stash_auto_tag"]["result"]["scenes"] == 1
    assert job.result["summary"]["total_errors"] == 1


def test_a_retry_of_the_step_does_only_what_failed(home: Place, videos: list[Path]) -> None:
    runs = with_plugin(home.stash)
    home.configure(stash_tasks_after_scan=ALL)
    add(home, videos, "A/one.mp4")
    job = run()
    with_stash_box(home.stash, {"one.mp4": "Its Name"})
    later(home)
    engine.retry(job.pk)
    testing.work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED, job.message
    assert len(runs) == 1 and writes(home).count("metadataScan") == 1
    assert outcomes("identify") == {int(scene_ids(home)["one.mp4"]): ("done", "changed")}


def test_the_runs_line_and_sums_count_what_they_did(home: Place, videos: list[Path]) -> None:
    with_stash_box(home.stash, {"one.mp4": "Its Name"})
    home.configure(stash_tasks_after_scan=frozenset({"identify"}))
    add(home, videos, "A/one.mp4", "A/two.mp4")
    job = run()
    assert "2 scenes identified, 1 changed" in job.message
    assert job.result is not None
    found = job.result["steps"]["stash_scan"]["stash_tasks"]["stash_identify"]
    assert found["status"] == "completed" and found["result"]["changed_scenes"] == 1
    assert "stash_tasks" not in job.result["steps"]["stash_generate"]


def test_two_runs_of_the_same_scan_or_a_file_of_an_old_scene_do_it_once(home: Place, videos: list[Path]) -> None:
    with_stash_box(home.stash)
    home.configure(stash_tasks_after_scan=frozenset({"identify"}))
    add(home, videos, "A/one.mp4")
    run()
    add(home, videos, "B/the same in another torrent.mp4")
    run()
    assert len(asked_ids(home.stash)) == 1


def test_a_run_that_leaves_out_the_scan_asks_for_nothing_after_it(home: Place, videos: list[Path]) -> None:
    with_stash_box(home.stash)
    home.configure(stash_tasks_after_scan=frozenset({"identify"}))
    add(home, videos, "A/one.mp4")
    run(skip=["stash_scan"])
    assert "metadataIdentify" not in writes(home)
    run()
    assert writes(home).count("metadataIdentify") == 1


def test_a_scene_destroyed_after_the_scan_costs_the_others_nothing(
    home: Place, videos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from scenes.simulators.stash.jobs.tasks import destroy_scene
    from scenes.stash.stash_tasks import attempt

    with_stash_box(home.stash, {"one.mp4": "One", "two.mp4": "Two"})
    home.configure(stash_tasks_after_scan=frozenset({"identify"}))
    add(home, videos, "A/one.mp4", "A/two.mp4")
    orders_of: Callable[..., Any] = attempt.orders_of

    def destroying(*args: Any) -> Any:
        state, number = home.stash.state, int(scene_ids(home)["one.mp4"])
        home.stash.do(lambda: destroy_scene(state, state.scenes[number]))
        return orders_of(*args)

    monkeypatch.setattr(attempt, "orders_of", destroying)
    job = run()
    assert job.status == Status.COMPLETED, job.message
    assert sorted(outcomes("identify").values()) == [("done", "changed"), ("not_wanted", "gone")]
