"""The simulator as a process of its own: its start, its end, and what outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.simulators.conftest import Video
from tests.simulators.stash_client import DEADLINE, until

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
FIRST_LINE = "Stash simulator on "


class Process:
    def __init__(self, *arguments: object):
        command = [sys.executable, "-W", "error", "-m", "scenes.simulators.stash", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(FIRST_LINE), self.process.communicate(timeout=DEADLINE)
        self.url = line.removeprefix(FIRST_LINE).strip()

    def ask(self, query: str, **headers: str) -> requests.Response:
        body = {"query": query}
        return requests.post(f"{self.url}/graphql", json=body, headers=headers, timeout=DEADLINE)

    def control(self, method: str, what: str, body: object = None) -> requests.Response:
        return requests.request(method, f"{self.url}/_simulator/{what}", json=body, timeout=DEADLINE)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=DEADLINE)
        return self.process.returncode


@contextmanager
def started(*arguments: object) -> Iterator[Process]:
    process = Process(*arguments)
    try:
        yield process
    finally:
        process.process.kill()
        process.process.communicate(timeout=DEADLINE)


def job_of(process: Process, number: str) -> dict | None:
    return process.ask(f'{{ findJob(input: {{id: "{number}"}}) {{ status }} }}').json()["data"]["findJob"]


def scan(process: Process) -> None:
    number = process.ask("mutation { metadataScan(input: {}) }").json()["data"]["metadataScan"]
    until(lambda: job_of(process, number) == {"status": "FINISHED"})


@pytest.fixture
def arguments(library: Path, tmp_path: Path) -> list[object]:
    return ["--library", library, "--state", tmp_path / "state", "--seconds-per-item", "0"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_it_is_told_to(arguments: list[object], how: signal.Signals) -> None:
    with started(*arguments) as process:
        assert process.end(how) == 0


def test_stopped_by_sigterm_it_finishes_the_request_in_flight(arguments: list[object]) -> None:
    with started(*arguments) as process:
        process.control("POST", "faults", {"fault": "slow", "seconds": DEADLINE})
        answers: list[dict] = []
        query = 'mutation { tagCreate(input: {name: "Kept"}) { name } }'
        thread = threading.Thread(target=lambda: answers.append(process.ask(query).json()))
        thread.start()
        until(lambda: process.control("GET", "state").json()["tags"])
        assert process.end(signal.SIGTERM) == 0
        thread.join(DEADLINE)
    assert answers == [{"data": {"tagCreate": {"name": "Kept"}}}]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_library_outlives_the_process_and_the_jobs_do_not(
    arguments: list[object], video: Video, how: signal.Signals
) -> None:
    video("film.mp4")
    with started(*arguments) as process:
        scan(process)
        process.ask('mutation { tagCreate(input: {name: "Tag"}) { id } }')
        process.ask('mutation { sceneUpdate(input: {id: "1", title: "Kept", tag_ids: ["1"]}) { id } }')
        marker = '{scene_id: "1", primary_tag_id: "1", seconds: 1.5, title: "Here"}'
        process.ask(f"mutation {{ sceneMarkerCreate(input: {marker}) {{ id }} }}")
        before = process.control("GET", "state").json()
        process.control("POST", "jobs", {"description": "Generating..."})
        until(lambda: job_of(process, "2") == {"status": "RUNNING"})
        process.end(how)
    with started(*arguments) as process:
        assert process.control("GET", "state").json() == before
        assert job_of(process, "2") is None
        assert process.ask("mutation { metadataScan(input: {}) }").json()["data"]["metadataScan"] == "1"


def test_ids_are_not_used_again_by_the_next_process(arguments: list[object]) -> None:
    with started(*arguments) as process:
        process.ask('mutation { tagCreate(input: {name: "One"}) { id } }')
        process.ask('mutation { tagDestroy(input: {id: "1"}) }')
        process.end(signal.SIGKILL)
    with started(*arguments) as process:
        created = process.ask('mutation { tagCreate(input: {name: "Two"}) { id } }').json()
        assert created["data"]["tagCreate"] == {"id": "2"}


def test_a_killed_process_is_a_connection_error_to_its_clients(arguments: list[object]) -> None:
    with started(*arguments) as process:
        process.control("POST", "faults", {"fault": "hang"})
        errors: list[type] = []

        def ask() -> None:
            try:
                process.ask("{ version { version } }")
            except requests.ConnectionError as error:
                errors.append(type(error))

        thread = threading.Thread(target=ask)
        thread.start()
        until(lambda: process.control("GET", "requests").json())
        process.end(signal.SIGKILL)
        thread.join(DEADLINE)
    assert errors == [requests.ConnectionError]


def test_the_command_line_sets_key_zone_and_a_first_library(library: Path) -> None:
    given = ["--library", library, "--api-key", "secret", "--zone", "Asia/Kolkata", "--seed", "3", "--latency", "0.01"]
    with started(*given) as process:
        assert process.ask("{ version { version } }").status_code == 401
        query = '{ findScenes(filter: {sort: "id"}) { count scenes { updated_at } } }'
        found = process.ask(query, ApiKey="secret").json()["data"]["findScenes"]
        assert found["count"] == 3
        assert found["scenes"][0]["updated_at"].endswith("+05:30")
        assert process.control("GET", "settings").json()["latency"] == 0.01
