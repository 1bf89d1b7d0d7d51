"""The database locked, frozen, or stopped while real workers are at work: the run waits and goes on by itself."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests
from django.contrib.auth import get_user_model

from jobs.models import Event, Job, Status, Supervisor
from jobs.web import tokens
from scenes.demo.processes import free_port
from tests.outages import databases
from tests.outages.world import World, log_of
from tests.processes import ROOT, alive, environment, started, until
from tests.scenes.analysis_factories import give_all

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
needs_postgres = pytest.mark.skipif(
    not databases.postgres_installed(), reason="PostgreSQL is not installed (apt-get install postgresql)"
)
AT_WORK = ("stash_scan", "analysis", "stash_generate")  # that take their time


@pytest.fixture
def slow(world: World) -> World:
    """Long enough at work for an outage in the middle."""
    world.stash.simulator.settings.seconds_per_item = 0.5
    world.tagger.seconds = 0.7
    return world


@pytest.fixture(scope="module")
def server() -> Iterator[databases.Postgres]:
    with databases.postgres() as made:
        yield made


@pytest.fixture
def postgres(slow: World, server: databases.Postgres) -> Iterator[databases.Postgres]:
    with server.used():
        give_all()  # these films are short
        yield server


@pytest.fixture
def sqlite(slow: World, tmp_path: Path) -> Iterator[Path]:
    with databases.sqlite(tmp_path) as path:
        give_all()
        yield path


@contextlib.contextmanager
def worker(world: World, **extra: str) -> Iterator[int]:
    """The pid of a supervisor whose cluster works."""
    with started("manage.py", "worker", **{**world.environment(), **extra}) as process:
        until(Supervisor.objects.exists, "the worker")
        yield process.pid
        assert alive([process.pid]), "the supervisor did not outlive it"


def at_work(job: Job, kind: str) -> Callable[[], bool]:
    running = Job.objects.of_run(job.pk).filter(type=kind, status=Status.RUNNING).exclude(message="")
    return running.exists


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def ended(job: Job, seconds: float = 90) -> Job:
    return until(lambda: Job.objects.finished().filter(pk=job.pk).first(), "the run to end", seconds)


def completed(world: World, job: Job) -> None:
    done = ended(job)
    assert done.status == Status.COMPLETED, log_of(done)
    world.nothing_is_lost()


def outages(
    job: Job, away: Callable[[], AbstractContextManager[None]], seconds: float, kinds: Sequence[str] = AT_WORK
) -> None:
    """One while each of these is at work."""
    for kind in kinds:
        until(at_work(job, kind), f"{kind} to be at work")
        with away():
            wait(seconds)


@needs_postgres
def test_a_postgresql_that_is_killed_in_several_steps_is_waited_for(slow: World, postgres: databases.Postgres) -> None:
    """By the workers, and by the command that follows the run."""
    command = [sys.executable, "manage.py", "process_new_scenes", "--wait", "--json"]
    with (
        worker(slow),
        subprocess.Popen(command, cwd=ROOT, env=environment(**slow.environment()), stdout=subprocess.PIPE) as follower,
    ):
        job = until(Job.objects.runs().first, "the run to be started")
        outages(job, postgres.stopped, 1.5)
        completed(slow, job)
        output, _ = follower.communicate(timeout=30)
    assert follower.returncode == 0
    assert json.loads(output)["job_id"] == str(job.pk)
    assert "The database could not be used: " in log_of(job)


@needs_postgres
def test_a_postgresql_that_answers_nobody_for_a_while_costs_no_attempt(
    slow: World, postgres: databases.Postgres
) -> None:
    with worker(slow):
        job = slow.start()
        outages(job, postgres.frozen, 2.5, ["analysis"])
        completed(slow, job)
    assert not Job.objects.filter(attempt__gt=1).exists()


@needs_postgres
def test_a_postgresql_that_is_away_for_longer_than_a_lease_loses_no_job(
    slow: World, postgres: databases.Postgres
) -> None:
    with worker(slow, STASHHOG_LEASE="2", STASHHOG_HEARTBEAT="0.5"):
        job = slow.start()
        until(at_work(job, "analysis"), "the analysis to be at work")
        with postgres.stopped():
            wait(5)
        completed(slow, job)


def test_a_sqlite_that_somebody_holds_locked_is_waited_for(slow: World, sqlite: Path) -> None:
    """For longer than a writer waits for the lock, which is 20 s unless the address says otherwise."""
    with worker(slow, DATABASE_URL=f"sqlite:///{sqlite}?timeout=1"):
        job = slow.start()
        outages(job, lambda: databases.locked(sqlite), 3, ["stash_scan", "analysis"])
        completed(slow, job)
    assert "The database could not be used: database is locked." in log_of(job)


def asked_of_qbittorrent(path: str) -> Callable[[World], Callable[[], object]]:
    """Arms one slow answer; says whether it is under way."""

    def arm(world: World) -> Callable[[], object]:
        control = world.qbittorrent.server.control
        control.arm("latency", path=path, seconds=LATE, times=1)
        return lambda: control.asked(path)

    return arm


def asked_of_stash(operation: str) -> Callable[[World], Callable[[], object]]:
    def arm(world: World) -> Callable[[], object]:
        world.stash.fault("slow", operation, seconds=LATE)
        return lambda: world.stash.asked(operation)

    return arm


LATE = 1.0  # seconds; the answer comes while the database is away
# What is otherwise done in a moment: the question in the midst of it, in the order of a run. Who tries again.
QUICK = {
    "process_downloads": asked_of_qbittorrent("torrents/files"),
    "process_new_scenes": asked_of_stash("Counts"),  # the decision whether a sync is needed
    "sync": asked_of_stash("ScenePage"),
    "apply_plan": asked_of_stash("EachBulkSceneUpdate"),
}


def away_in_each(world: World, away: Callable[[], AbstractContextManager[None]], seconds: Sequence[float]) -> None:
    """A run that loses its database in the midst of each of QUICK, for so many seconds, and completes."""
    armed = {kind: arm(world) for kind, arm in QUICK.items()}
    job = world.start(batch_size=3)
    for (kind, asked), duration in zip(armed.items(), seconds, strict=True):
        until(asked, f"{kind} to be at work")
        with away():
            wait(duration)
    completed(world, job)
    again = Event.objects.filter(kind__in=("retried", "step_retried"), message__contains="The database could not be")
    assert set(again.values_list("job__type", flat=True)) == set(QUICK), log_of(job)


@needs_postgres
def test_a_postgresql_that_is_away_for_ten_seconds_in_a_quick_step_or_a_decision_is_waited_for(
    slow: World, postgres: databases.Postgres
) -> None:
    with worker(slow):
        away_in_each(slow, postgres.stopped, [2, 10, 2, 2])


def test_a_sqlite_that_is_locked_in_a_quick_step_or_a_decision_is_waited_for(slow: World, sqlite: Path) -> None:
    with worker(slow, DATABASE_URL=f"sqlite:///{sqlite}?timeout=1"):
        away_in_each(slow, lambda: databases.locked(sqlite), [4, 4, 4, 10])


@needs_postgres
def test_the_web_process_says_503_meanwhile_and_answers_again_afterwards(
    slow: World, postgres: databases.Postgres
) -> None:
    user = get_user_model().objects.create_superuser("program")
    headers = {"Authorization": f"Bearer {tokens.create(user)}"}
    url = f"http://127.0.0.1:{(port := free_port(0))}"

    def ask(path: str = "/api/jobs") -> requests.Response:
        return requests.get(url + path, headers=headers, timeout=30)

    with started("manage.py", "web", STASHHOG_BIND=f"127.0.0.1:{port}", **slow.environment()):
        until(lambda: answers(lambda: ask("/healthz")), "the web process")
        assert ask().status_code == 200
        with postgres.stopped():
            for _ in range(3):
                answer = ask()
                assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_away")
                assert answer.headers["Retry-After"] == "5"
            assert ask("/healthz").status_code == 200
        assert ask().status_code == 200


def answers(ask: Callable[[], requests.Response]) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return ask().ok
    return False
