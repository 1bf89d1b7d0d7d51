"""How a run ends: in a line with counts, and without waiting for a Stash that it has nothing for."""

from __future__ import annotations

import logging

import pytest

from jobs import testing
from jobs.models import Event, Job, Status
from tests.scenes.placing import Place, file_of

pytestmark = pytest.mark.django_db(transaction=True)
LOGGER = "app.jobs.process_new_scenes_job"
AWAY = "http://127.0.0.1:9"  # nobody listens there


def run() -> Job:
    return testing.run("process_new_scenes")


def steps_of(job: Job) -> dict[str, tuple[str, str]]:
    return {step.key: (step.status, step.error_message or step.message) for step in job.steps.all()}


def test_stash_away_with_nothing_to_place_costs_no_retries(place: Place) -> None:
    place.configure(stash_url=AWAY)
    job = run()
    assert job.status == Status.COMPLETED_WITH_ERRORS, "it must not wait"
    steps = steps_of(job)
    assert steps["process_downloads"] == ("completed", "No torrent is new")
    assert {steps[key][0] for key in ("incremental_sync", "completion")} == {"failed"}
    assert not Event.objects.filter(kind__in=("step_retried", "retried")).exists()
    assert job.message.startswith("Nothing was new; Incremental sync and Completion failed: Stash: no connection")


def test_stash_away_with_nothing_to_place_is_asked_once(place: Place) -> None:
    place.stash.forget_requests()
    place.stash.fault("http_500", times=None)
    assert run().status == Status.COMPLETED_WITH_ERRORS
    assert len(place.stash.requests) == 1


def test_a_run_without_anything_to_do_says_so(place: Place) -> None:
    job = run()
    assert (job.status, job.message) == (Status.COMPLETED, "Nothing was new")
    assert steps_of(job)["stash_generate"] == ("completed", "No scene waits for its previews")


def test_the_last_line_of_the_log_has_counts(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.add("One", ["One/a.mp4", "One/b.mp4", "One/readme.nfo"])
    with caplog.at_level(logging.INFO, LOGGER):
        job = place.run()
    last = [record.getMessage() for record in caplog.records if record.name == LOGGER][-1]
    assert last.startswith("completed: 1 torrent handled: 2 linked, 1 not wanted run=")
    assert job.message == "1 torrent handled: 2 linked, 1 not wanted"


def test_several_torrents_are_several(place: Place) -> None:
    place.add("One", ["One/a.mp4"])
    place.add("Two", ["Two/a.mp4"])
    (place.downloads / "Two/a.mp4").write_bytes(b"x" * 2000)
    assert place.run().message == "2 torrents handled: 1 linked, 1 failed"


def test_one_failure_is_one_time(place: Place) -> None:
    place.configure(max_item_attempts=1)
    place.add("One", ["One/a.mp4", "One/b.mp4"])
    (place.downloads / "One/b.mp4").write_bytes(b"x" * 2000)
    place.run()
    assert "It failed 1 time and is left alone" in file_of("One/b.mp4").explanation


def test_a_scan_of_one_file_is_of_one(place: Place) -> None:
    place.add("One", ["One/a.mp4"])
    place.run()
    assert place.scan().message == "1 file looked up in Stash"


def test_a_run_says_what_it_did_at_its_end(place: Place) -> None:
    place.add("One", ["One/a.mp4"])
    assert run().message.startswith("1 torrent placed")
