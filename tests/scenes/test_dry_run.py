"""A dry run of the later steps, and what goes wrong in one, as in a real run; nothing is written then either."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from jobs import engine, testing
from jobs.errors import AlreadyRunning
from jobs.models import Job, Status
from scenes.first_run import consequences
from scenes.models import Change, Detection, Download, DryRunItem, Generation, Plan, Scan, Scene
from scenes.simulators.qbittorrent import NewFile
from tests.scenes import rich_world
from tests.scenes.analysis_factories import add_tag, make_plan
from tests.scenes.placing import Place, log_of
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)
Snapshot = tuple[Any, Any, Any]


def dry_run(**params: Any) -> Job:
    return testing.run("process_new_scenes", **{"dry_run": True, "max_attempts": 1, **params})


def snapshot(place: Place) -> Snapshot:
    return rich_world.on_disk(place.downloads, place.library), rich_world.in_tables(), rich_world.in_services(place)


def lines(step: str, **wanted: Any) -> list[DryRunItem]:
    return list(DryRunItem.objects.filter(step=step, **wanted))


def steps_of(job: Job) -> dict[str, tuple[str, str]]:
    return {step.key: (step.status, step.error_message or step.message) for step in job.steps.all()}


@pytest.fixture
def with_scenes(place: Place, tagger: ScriptedTagger) -> Place:
    """Five scenes that we know, of which two were analysed before, one has an approved plan and one a proposed one."""
    place.stash.seed(scenes=5, tags=1, performers=0, studios=0)
    testing.run("sync")
    assert Scene.objects.count() == 5
    testing.run("analysis", scene_ids=[1, 2])
    Generation.objects.create(scene_id=1, outcome="quarantined")
    add_tag(make_plan(), 3, "Approved_AI")
    add_tag(make_plan(), 4, "Proposed_AI", status=Change.Status.PROPOSED)
    return place


def test_due_scenes_and_plans_are_told_as_the_run_after_it_has_them(with_scenes: Place, tagger: ScriptedTagger) -> None:
    place = with_scenes
    asked = len(tagger.asked_for())
    before = snapshot(place)
    job = dry_run()
    assert job.status == Status.COMPLETED, job.message
    assert snapshot(place) == before and len(tagger.asked_for()) == asked
    analysed = {
        (int(line.key), name) for line in lines("analysis_batches", action="analyse") for name in line.code.split(",")
    }
    (plan,) = lines("analysis_batches", action="apply")
    generated = {int(line.key) for line in lines("stash_generate", action="generate")}
    done_before = set(Detection.objects.values_list("pk", flat=True))
    real = testing.run("process_new_scenes")
    new = Detection.objects.exclude(pk__in=done_before).values_list("scene_id", "detector")
    assert analysed == set(new) and {pk for pk, _ in analysed} == {5}
    applied = real.sub_jobs.filter(type="apply_plan", previous=None).values_list("params", flat=True)
    assert [int(plan.key)] == [params["plan_id"] for params in applied]
    assert (
        generated == set(Generation.objects.filter(job__parent=real).values_list("scene_id", flat=True)) and generated
    )


def test_detectors_and_the_most_scenes_count(with_scenes: Place) -> None:
    Change.objects.all().delete()
    dry_run(detectors=["detect_tags"], max_scenes=1)
    (line,) = lines("analysis_batches", action="analyse")
    assert (line.key, line.code) == ("5", "detect_tags") and "In batch 1, by detect_tags" in line.message
    dry_run(detectors=[])
    assert len(lines("analysis_batches", action="analyse")) == 1, "those of the first"


def test_what_changed_in_stash_is_told(with_scenes: Place) -> None:
    with_scenes.stash.do(lambda: setattr(with_scenes.stash.state.scenes[1], "updated_at", "2030-01-01T00:00:00Z"))
    with_scenes.stash.seed(scenes=1)
    before = snapshot(with_scenes)
    dry_run()
    (changed, *_) = lines("incremental_sync")
    assert changed.action == "sync" and "in Stash" in changed.message
    assert snapshot(with_scenes) == before


def test_new_films_are_told_with_the_folders_that_would_be_scanned(place: Place) -> None:
    place.add("One", ["One/a.mp4", "One/b.mp4"])
    job = dry_run()
    assert [line.name for line in lines("stash_scan", kind="folder")] == [str(place.library / "One")]
    assert job.message == "Dry run, nothing was done: 2 files would be linked; 2 files would be looked up after a scan"
    assert job.result is not None and job.result["summary"]["total_synced_items"] == 0


def test_nothing_to_do_is_said(place: Place) -> None:
    job = dry_run()
    assert (job.status, job.message) == (Status.COMPLETED, "Dry run, nothing was done: nothing is to be done")
    assert steps_of(job)["stash_scan"] == ("skipped", "Skipped - No new items")
    assert steps_of(job)["completion"][0] == "skipped" and not DryRunItem.objects.exists()


def test_it_can_leave_steps_out(place: Place) -> None:
    place.add("One", ["One/a.mp4"])
    job = dry_run(skip=["process_downloads"])
    assert steps_of(job)["process_downloads"][0] == "skipped" and not DryRunItem.objects.exists()
    place.run()
    dry_run(skip=["process_downloads"])
    assert [line.name for line in lines("stash_scan", action="scan")] == ["One/a.mp4"]


# --- What goes wrong ---


def test_stash_away_fails_the_same_steps_as_in_a_real_run(place: Place) -> None:
    place.add("One", ["One/a.mp4"])
    place.stash.go_away()
    before = rich_world.on_disk(place.downloads, place.library), rich_world.in_tables()
    dry = dry_run()
    assert (rich_world.on_disk(place.downloads, place.library), rich_world.in_tables()) == before
    real = testing.run("process_new_scenes", max_attempts=1)
    assert (dry.status, dry.error_code) == (real.status, real.error_code) == (Status.FAILED, "library_unconfirmed")
    assert steps_of(dry) == steps_of(real)


def test_stash_away_later_fails_the_later_steps(with_scenes: Place) -> None:
    with_scenes.stash.go_away()
    dry, real = dry_run(), testing.run("process_new_scenes", max_attempts=1)
    assert dry.status == real.status == Status.COMPLETED_WITH_ERRORS
    assert dry.result is not None and real.result is not None
    for key in ("incremental_sync", "stash_generate"):
        reported, happened = dry.result["steps"][key], real.result["steps"][key]
        assert (
            reported["status"] == happened["status"] == "failed" and reported["error"] == happened["error"] is not None
        )


@pytest.mark.parametrize("fault", ["away", "login"])
def test_qbittorrent_away_or_refusing_fails_the_run(place: Place, fault: str) -> None:
    if fault == "away":
        place.qbittorrent.server.go_away()
    else:
        place.configure(qbittorrent_password="wrong")
    before = rich_world.in_tables()
    dry = dry_run()
    assert rich_world.in_tables() == before, "a refused login is not remembered either"
    real = testing.run("process_new_scenes", max_attempts=1)
    assert (dry.status, dry.error_code, dry.error_message) == (real.status, real.error_code, real.error_message)


def test_another_library_in_stash_is_an_error_and_is_not_remembered(with_scenes: Place) -> None:
    with_scenes.add("One", ["One/a.mp4"])
    with_scenes.stash.reset_library("2031-01-01T00:00:00Z")
    with_scenes.stash.seed(scenes=5)
    before = rich_world.in_tables()
    dry = dry_run()
    assert dry.status == Status.COMPLETED_WITH_ERRORS and "another library" in dry.message
    assert rich_world.in_tables() == before


def test_an_error_in_the_middle_leaves_nothing_behind(place: Place) -> None:
    rich_world.fill(place)
    place.qbittorrent.server.control.arm("reset", path="torrents/files", times=None)
    before = snapshot(place)
    assert dry_run().status == Status.FAILED
    assert snapshot(place) == before and not DryRunItem.objects.exists()


def test_an_attempt_that_is_repeated_reports_once(place: Place) -> None:
    place.add("One", ["One/a.mp4"])
    place.qbittorrent.server.control.arm("reset", path="torrents/files", times=1)
    job = dry_run(max_attempts=3, retry_delay=0.0)
    assert job.status == Status.COMPLETED and len(lines("process_downloads", kind="file")) == 1


# --- The first run ---


def test_before_the_first_run_it_tells_what_would_be_asked_and_what_would_happen(
    place: Place, configure: Callable[..., Any]
) -> None:
    configure(first_run="")
    place.stash.seed(scenes=2)
    place.add("One", ["One/a.mp4"])
    before = snapshot(place)
    job = dry_run()
    assert job.status == Status.COMPLETED and snapshot(place) == before
    (asked,) = lines("process_downloads", action="ask")
    assert asked.code == consequences.UNDECIDED and "nobody said what to do with them" in asked.message
    assert [line.action for line in lines("process_downloads", kind="file")] == ["link"]
    assert asked.message in job.message
    assert testing.run("process_new_scenes").error_code == consequences.UNDECIDED


def test_what_a_person_said_is_handled_is_told_so(place: Place, configure: Callable[..., Any]) -> None:
    configure(first_run="handled")
    place.add("One", ["One/a.mp4"])
    before = snapshot(place)
    dry_run()
    assert snapshot(place) == before and not lines("process_downloads", action="link")
    assert not Download.objects.exists()


# --- Ways in ---


def test_one_run_at_a_time_whether_dry_or_not(place: Place) -> None:
    engine.start("process_new_scenes", {"dry_run": True}, source="test")
    with pytest.raises(AlreadyRunning):
        engine.start("process_new_scenes", {}, source="test")


def test_the_setting_makes_every_run_dry_and_each_can_be_a_real_one(place: Place) -> None:
    place.configure(dry_run=True)
    place.add("One", ["One/a.mp4"])
    testing.run("process_new_scenes")
    assert not place.in_library() and lines("process_downloads", action="link")
    testing.run("process_new_scenes", dry_run=False)
    assert place.in_library()


def test_the_command_gives_the_report_as_json(place: Place) -> None:
    place.add("One", ["One/a.mp4"])
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("process_new_scenes", "--dry-run", "--inline", "--json", stdout=output)
    result = json.loads(output.getvalue())
    assert ended.value.code == 0
    assert {"step", "kind", "key", "name", "action", "target", "outcome", "code", "message"} <= set(result["report"][0])
    (file,) = [line for line in result["report"] if line["kind"] == "file" and line["action"] == "link"]
    assert file["target"] == str(place.library / "One/a.mp4")


def test_a_film_in_the_log_is_not_said_to_be_there(place: Place) -> None:
    place.qbittorrent.add_torrent("One", [NewFile("One/a.mp4", 1000)], place.downloads)
    job = dry_run()
    assert "linked to" not in "\n".join(log_of(one) for one in [job, *job.sub_jobs.all()]).lower()
    assert not Scan.objects.exists() and not Plan.objects.exists()
