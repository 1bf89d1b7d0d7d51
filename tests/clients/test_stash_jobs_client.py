"""Starting and following Stash's own jobs, and looking whether their output is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.stash.client import GenerateOptions, StashClient, StashJobState
from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.videos import make_video

KEY = "the-key-of-this-stash"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    make_video(tmp_path / "films" / "one.mp4", seconds=1.0, size=(64, 36))
    return tmp_path / "films"


@pytest.fixture
def stash(library: Path) -> Iterator[RunningStash]:
    with running_stash(library=[library], seconds_per_item=0.0, api_key=KEY) as simulator:
        yield simulator


@pytest.fixture
def client(stash: RunningStash) -> StashClient:
    return StashClient(stash.url, KEY)


def followed(client: StashClient, job_id: str) -> StashJobState:
    deadline = time.monotonic() + 30
    while True:
        job = client.find_job(job_id)
        assert job is not None
        if job.is_ended:
            return job
        assert time.monotonic() < deadline, f"{job} did not end"


def test_a_scan_of_a_folder_finds_its_files(client: StashClient, library: Path) -> None:
    job = followed(client, client.scan([str(library)]))
    assert (job.status, job.error) == ("FINISHED", None)
    assert client.scenes_by_path([str(library / "one.mp4")]) == {str(library / "one.mp4"): "1"}


def test_what_went_wrong_in_a_job_is_in_the_log(client: StashClient, library: Path) -> None:
    job = followed(client, client.scan([str(library / "away")]))
    assert job.status == "FINISHED"
    lines = client.logs_since(client.moment(job.add_time))
    assert any("away" in line.message for line in lines)
    assert [line.time for line in lines] == sorted(line.time for line in lines)
    assert client.logs_since(datetime.now(UTC) + timedelta(days=2)) == []


@pytest.mark.parametrize("values", [[], [""]])
def test_a_job_for_nothing_is_refused_since_it_would_be_for_everything(
    stash: RunningStash, client: StashClient, values: list[str]
) -> None:
    with pytest.raises(ValueError, match="everything"):
        client.scan(values)
    with pytest.raises(ValueError, match="everything"):
        client.generate(values, GenerateOptions())
    assert stash.requests == []


def test_an_empty_queue_and_an_unknown_job_are_no_errors(client: StashClient) -> None:
    assert client.job_queue() == []
    assert client.find_job("4711") is None


def test_what_a_job_is_at_and_what_was_logged_come_with_one_look(stash: RunningStash, client: StashClient) -> None:
    foreign = stash.add_foreign_job("Generating...")
    stash.simulator.foreign[foreign.id].sub_tasks = ["Generating sprites for film 1"]
    stash.do(lambda: stash.simulator.log.error("no room left"))
    deadline = time.monotonic() + 10
    while True:
        job, lines = client.watch_job(str(foreign.id))
        assert job is not None and time.monotonic() < deadline
        if job.sub_tasks:
            break
    assert job.sub_tasks == ["Generating sprites for film 1"]
    assert [(line.level, line.message) for line in lines] == [("Error", "no room left")]
    stash.end_foreign_job(foreign)
    assert client.watch_job("4711")[0] is None


@pytest.mark.parametrize("hours", [-7, 0, 5.5])
def test_stashs_clock_is_read_from_its_answers(stash: RunningStash, client: StashClient, hours: float) -> None:
    stash.do(lambda: stash.simulator.clock.set_now(datetime.now(UTC) + timedelta(hours=hours)))
    client.job_queue()
    now = datetime.now(UTC)
    off = client.remote_time(now) - now - timedelta(hours=hours)
    assert abs(off) < timedelta(seconds=1)


def test_a_job_behind_another_waits_and_can_be_stopped(stash: RunningStash, client: StashClient, library: Path) -> None:
    foreign = stash.add_foreign_job("Generating...", progress=0.25)
    ours = client.scan([str(library)])
    (running, waiting) = client.job_queue()
    assert (running.status, running.description) == ("RUNNING", "Generating...")
    assert (waiting.id, waiting.is_waiting, waiting.is_ended) == (ours, True, False)
    client.stop_job(ours)
    assert followed(client, ours).status == "CANCELLED"
    client.stop_job("4711")
    stash.end_foreign_job(foreign)
    assert followed(client, str(foreign.id)).status == "FINISHED"


def test_only_what_is_chosen_is_generated_and_its_output_is_there(
    stash: RunningStash, client: StashClient, library: Path
) -> None:
    followed(client, client.scan([str(library)]))
    (scene,) = client.scene_page(1)
    preview, sprite = scene["paths"]["preview"], scene["paths"]["sprite"]
    assert preview and sprite
    assert (client.output_exists(preview), client.output_exists(sprite)) == (False, False)
    assert client.scenes_missing("phash") == {"1"}
    followed(client, client.generate(["1"], GenerateOptions(sprites=False)))
    assert (client.output_exists(preview), client.output_exists(sprite)) == (True, False)
    assert client.scenes_missing("phash") == client.scenes_missing("cover") == frozenset()
    assert all(entry.had_key for entry in stash.requests)
    assert not any("apikey" in entry.path.lower() for entry in stash.requests)


def test_an_output_is_looked_for_at_the_address_of_the_settings_only(stash: RunningStash, client: StashClient) -> None:
    stash.forget_requests()
    assert client.output_exists("http://elsewhere.invalid/stash/scene/1/preview?t=5&apikey=secret") is False
    (entry,) = stash.requests
    assert entry.path.startswith("/scene/1/preview")
    assert "secret" not in entry.path
    with pytest.raises(ServiceError) as caught:
        client.output_exists("http://elsewhere.invalid/other/1")
    assert caught.value.code == "bad_answer"


def test_a_missing_key_is_not_taken_for_missing_output(stash: RunningStash) -> None:
    with pytest.raises(ServiceError) as caught:
        StashClient(stash.url).output_exists(f"{stash.url}/scene/1/preview")
    assert (caught.value.code, caught.value.permanent) == ("unauthorized", True)


def test_a_stash_that_is_away_is_not_taken_for_missing_output(stash: RunningStash, client: StashClient) -> None:
    with stash.away(), pytest.raises(ServiceError) as caught:
        client.output_exists(f"{stash.url}/scene/1/preview")
    assert caught.value.code == "unreachable"
    stash.fault("http_500", "/scene/")
    with pytest.raises(ServiceError) as caught:
        client.output_exists(f"{stash.url}/scene/1/preview")
    assert caught.value.code == "server_error"
