"""Stash's job queue (services/stash.md, "Jobs")."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.stash.media.generator import EFFORT
from tests.simulators.conftest import Video
from tests.simulators.stash_client import Client, until

QUEUE = "{ jobQueue { id status description progress } }"
SCAN = "mutation { metadataScan(input: {}) }"
GENERATE = "mutation { metadataGenerate(input: {previews: true}) }"
CLEAN = "mutation { metadataClean(input: {dryRun: true}) }"


@pytest.fixture
def slow(library: Path):
    """A Stash in which a preview takes long enough to look at it."""
    with running_stash([library], seconds_per_item=0.15) as stash:
        yield Client(stash)


def running(client: Client, number: str) -> bool:
    job = client.job(number)
    return job is not None and job["status"] == "RUNNING"


def progress_of(client: Client, number: str) -> float | None:
    return (client.job(number) or {}).get("progress")


@pytest.mark.parametrize("start", [SCAN, GENERATE, CLEAN])
def test_starting_a_job_answers_its_id_at_once_as_a_text(client: Client, start: str) -> None:
    client.stash.add_foreign_job()
    assert client.ask(start) == "2"


def test_one_job_runs_at_a_time_and_the_rest_are_ready(client: Client) -> None:
    foreign = client.stash.add_foreign_job()
    ids = [client.ask(SCAN), client.ask(GENERATE)]
    until(lambda: running(client, str(foreign.id)))
    statuses = {job["id"]: job["status"] for job in client.ask(QUEUE)}
    assert statuses == {"1": "RUNNING", ids[0]: "READY", ids[1]: "READY"}
    client.stash.end_foreign_job(foreign)
    assert [client.ended(number)["status"] for number in ids] == ["FINISHED", "FINISHED"]


def test_a_foreign_job_says_how_far_it_is(client: Client) -> None:
    foreign = client.stash.add_foreign_job("Generating...", progress=0.34)
    until(lambda: progress_of(client, str(foreign.id)) == 0.34)


def test_a_foreign_job_says_what_it_is_at(client: Client) -> None:
    foreign = client.stash.add_foreign_job()
    client.stash.simulator.foreign[foreign.id].sub_tasks = ["Film 1"]
    until(lambda: client.ask("{ findJob(input: {id: 1}) { subTasks } }") == {"subTasks": ["Film 1"]})


def test_job_ids_begin_at_1_again_after_a_restart_of_stash(client: Client) -> None:
    client.scan()
    assert client.ask(GENERATE) == "2"
    client.stash.restart()
    assert client.job("2") is None
    client.scan()
    job = client.job("1")
    assert job is not None and job["description"] == "Scanning..."


def test_an_old_id_is_another_job_after_a_restart_and_its_add_time_tells(client: Client) -> None:
    before = client.job(client.ask(SCAN))
    client.stash.restart()
    after = client.job(client.ask(GENERATE))
    assert before is not None and after is not None
    assert before["id"] == after["id"]
    assert (before["description"], before["addTime"]) != (after["description"], after["addTime"])


def test_the_running_job_is_lost_in_a_restart(client: Client) -> None:
    foreign = client.stash.add_foreign_job()
    until(lambda: running(client, str(foreign.id)))
    client.stash.restart()
    assert client.ask(QUEUE) is None


def test_a_job_that_is_not_known_is_null(client: Client) -> None:
    assert client.job("77") is None


def test_only_the_last_10_ended_jobs_are_kept(client: Client) -> None:
    ids = [client.scan()["id"] for _ in range(12)]
    known = [number for number in ids if client.job(number) is not None]
    assert known == ids[-10:]


def test_an_empty_queue_is_null(client: Client) -> None:
    assert client.ask(QUEUE) is None


def test_ended_jobs_are_not_in_the_queue(client: Client) -> None:
    client.scan()
    assert client.ask(QUEUE) is None


def test_a_path_that_is_missing_ends_finished_and_only_the_log_says_why(client: Client, library: Path) -> None:
    job = client.scan(library / "missing")
    assert (job["status"], job["error"]) == ("FINISHED", None)
    assert f"{library}/missing: no such file or directory" in client.logs()


def test_a_path_outside_the_library_ends_finished_and_only_the_log_says_why(client: Client, tmp_path: Path) -> None:
    job = client.scan(tmp_path)
    assert (job["status"], job["error"]) == ("FINISHED", None)
    assert "not in the configured library paths" in client.logs()


def test_an_unknown_scene_id_ends_finished_and_nothing_is_generated(client: Client, video: Video) -> None:
    video("a.mp4")
    client.scan()
    job = client.generate(sceneIDs=["1", "99999"], previews=True)
    assert (job["status"], job["error"], job["progress"]) == ("FINISHED", None, None)
    assert "99999" not in client.logs()
    assert client.media(client.scene(1, "paths { preview }")["paths"]["preview"]).status_code == 404


def test_a_file_that_ffprobe_cannot_read_ends_finished_and_only_the_log_says_why(client: Client, library: Path) -> None:
    (library / "broken.mp4").write_bytes(b"no video" * 100)
    job = client.scan()
    assert (job["status"], job["error"]) == ("FINISHED", None)
    assert "broken.mp4" in client.logs() and "ffprobe" in client.logs()
    assert client.scenes() == []


def test_the_log_keeps_30_lines_with_the_newest_first(client: Client) -> None:
    ids = [client.scan()["id"] for _ in range(31)]
    assert len(ids) == 31
    entries = client.ask("{ logs { time level message } }")
    assert len(entries) == 30
    assert entries == sorted(entries, key=lambda entry: entry["time"], reverse=True)


def test_the_progress_at_the_end_is_1_or_0_or_null(client: Client, video: Video) -> None:
    assert client.scan()["progress"] == 0
    video("a.mp4")
    assert client.scan()["progress"] == 1
    assert client.generate(previews=True)["progress"] == 1
    assert client.generate(previews=True)["progress"] is None


@pytest.mark.parametrize(("scenes", "share"), [(1, 1), (4, 0.25)])
def test_the_progress_is_a_share_and_can_be_1_while_the_job_is_still_running(
    library: Path, scenes: int, share: float
) -> None:
    with running_stash([library], seconds_per_item=600.0) as stash:
        stash.seed(scenes=scenes)
        client = Client(stash)
        number = client.ask(GENERATE)
        until(lambda: progress_of(client, number) == share)
        assert running(client, number)
        stash.restart()


# --- stopping ---


def test_stopping_answers_true_for_any_id(client: Client) -> None:
    assert client.stop("99999") is True


def test_a_ready_job_that_is_stopped_is_cancelled_at_once_without_an_end_time(client: Client) -> None:
    client.stash.add_foreign_job()
    number = client.ask(SCAN)
    client.stop(number)
    job = client.job(number)
    assert job is not None
    assert (job["status"], job["startTime"], job["endTime"]) == ("CANCELLED", None, None)


def test_a_running_job_that_is_stopped_is_stopping_until_the_current_item_and_one_more_are_done(
    slow: Client,
) -> None:
    stash = slow.stash
    stash.seed(scenes=50)
    number = slow.ask(GENERATE)
    until(lambda: (progress_of(slow, number) or 0) >= 0.04)

    def stop() -> float:
        stash.simulator.jobs.stop(int(number))
        job = stash.simulator.jobs.find(int(number))
        assert job is not None and job.status == "STOPPING"
        return job.progress or 0

    begun = round(stash.do(stop) * 50)
    job = slow.ended(number)
    assert job["status"] == "CANCELLED" and job["endTime"]
    made = [scene for scene in stash.state.scenes.values() if stash.simulator.outputs.preview(scene).exists()]
    assert len(made) == begun + 1


def test_somebody_elses_job_can_be_stopped_too(client: Client) -> None:
    foreign = client.stash.add_foreign_job()
    until(lambda: running(client, str(foreign.id)))
    client.stop(str(foreign.id))
    assert client.ended(str(foreign.id))["status"] == "CANCELLED"


def test_all_jobs_can_be_stopped_at_once(client: Client) -> None:
    foreign, number = client.stash.add_foreign_job(), client.ask(SCAN)
    until(lambda: running(client, str(foreign.id)))
    assert client.ask("mutation { stopAllJobs }") is True
    assert {client.ended(str(foreign.id))["status"], client.ended(number)["status"]} == {"CANCELLED"}


# --- times and descriptions ---


def test_a_job_has_its_times(client: Client) -> None:
    job = client.scan()
    assert job["addTime"] <= job["startTime"] <= job["endTime"]


def test_every_scans_description_is_just_scanning(client: Client, library: Path) -> None:
    assert client.scan()["description"] == client.scan(library)["description"] == "Scanning..."


def test_a_generate_says_generating(client: Client) -> None:
    assert client.generate(previews=True)["description"] == "Generating..."


def test_outputs_take_the_times_that_were_measured() -> None:
    seconds_per_item = 1.5
    measured = {"previews": 1.5, "phashes": 1.8, "sprites": 5.7}
    assert {name: round(EFFORT[name] * seconds_per_item, 3) for name in measured} == measured


def test_reading_and_writing_go_on_without_errors_while_it_generates(slow: Client) -> None:
    slow.stash.seed(scenes=2)
    number = slow.start_generate(previews=True, sprites=True)
    until(lambda: running(slow, number))
    answered = 0
    while running(slow, number):
        slow.update(1, title=f"Title {answered}")
        assert len(slow.scenes("id title tags { name }")) == 2
        answered += 1
    assert answered
    assert slow.ended(number)["status"] == "FINISHED"


# --- scan and generate again ---


def test_a_scan_repeats_harmlessly(client: Client, video: Video) -> None:
    video("a.mp4")
    client.scan()
    before = client.stash.dump()
    client.scan()
    assert client.stash.dump() == before


def test_an_empty_list_of_scenes_means_all_scenes(client: Client, video: Video) -> None:
    video("a.mp4", seed=1)
    video("b.mp4", seed=2)
    client.scan()
    client.generate(sceneIDs=[], covers=True)
    assert client.find({"is_missing": "cover"}) == []


def test_a_list_of_scenes_means_just_them(client: Client, video: Video) -> None:
    video("a.mp4", seed=1)
    video("b.mp4", seed=2)
    client.scan()
    client.generate(sceneIDs=["2"], covers=True)
    assert client.find({"is_missing": "cover"}) == ["1"]


def test_output_that_exists_is_skipped_without_overwrite_in_no_time(client: Client, video: Video) -> None:
    path = video("a.mp4")
    client.scan()
    client.generate(sceneIDs=["1"], previews=True)
    made = _preview(client.stash).stat().st_mtime_ns
    job = client.generate(sceneIDs=["1"], previews=True)
    assert (job["status"], job["progress"]) == ("FINISHED", None)
    assert _preview(client.stash).stat().st_mtime_ns == made
    assert path.exists()


def test_output_that_exists_is_made_again_with_overwrite(client: Client, video: Video) -> None:
    video("a.mp4")
    client.scan()
    client.generate(sceneIDs=["1"], previews=True)
    made = _preview(client.stash).stat().st_mtime_ns
    assert client.generate(sceneIDs=["1"], previews=True, overwrite=True)["progress"] == 1
    assert _preview(client.stash).stat().st_mtime_ns > made


def _preview(stash: RunningStash) -> Path:
    return stash.simulator.outputs.preview(stash.state.scenes[1])
