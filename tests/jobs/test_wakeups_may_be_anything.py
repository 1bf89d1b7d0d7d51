"""Wake-ups twice, late, in any order or never, and through a real Redis: the outcome is the same."""

from __future__ import annotations

import pytest

from jobs import engine
from jobs.models import Event, Job, Status, Supervisor
from scenes.demo.processes import free_port
from tests.jobs import worker_examples  # noqa: F401 - registers the examples
from tests.jobs.redis_server import needs_redis, redis
from tests.processes import started, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.jobs.example_app.settings"}
BATCHES = 8


def goes_well(run: Job) -> None:
    """The run completes, and every job of it ran once."""
    until(lambda: Job.objects.finished().filter(pk=run.pk).exists(), "the run to end")
    run.refresh_from_db()
    assert run.status == Status.COMPLETED
    jobs = run.sub_jobs.values_list("pk", flat=True)
    assert len(jobs) == 2 + 2 * BATCHES
    claims = Event.objects.filter(job__in=jobs, kind="claimed").values_list("job", flat=True)
    assert sorted(claims) == sorted(jobs)


@pytest.mark.parametrize("way", ["once", "twice", "late", "shuffled", "never", "chaos"])
def test_a_run_ends_the_same_when_wakeups_come(way: str) -> None:
    with started("manage.py", "worker", **SETTINGS, STASHHOG_EXAMPLE_BROKER=way):
        until(Supervisor.objects.exists, "the supervisor's sign of life")
        goes_well(engine.start("quick_workflow", {"batches": BATCHES}, source="test"))


@needs_redis
def test_a_run_goes_through_a_real_redis() -> None:
    with (
        redis(free_port()) as address,
        started("manage.py", "worker", **SETTINGS, STASHHOG_REDIS_URL=address),
    ):
        until(Supervisor.objects.exists, "the supervisor's sign of life")
        # Started from here, with the wake-up of this process in the database, where no worker listens:
        # the supervisor sends another one, through Redis.
        goes_well(engine.start("quick_workflow", {"batches": BATCHES}, source="test"))


@needs_redis
def test_a_worker_waits_for_a_redis_that_is_away_and_goes_on_when_it_comes() -> None:
    port = free_port()
    with started("manage.py", "worker", **SETTINGS, STASHHOG_REDIS_URL=f"redis://127.0.0.1:{port}/0"):
        until(Supervisor.objects.exists, "the supervisor's sign of life")
        run = engine.start("quick_workflow", {"batches": BATCHES}, source="test")
        with redis(port):
            goes_well(run)
