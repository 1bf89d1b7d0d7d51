"""Three hosts share one database: each job runs once at a time, whatever becomes of a host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.db.models import QuerySet

from jobs import engine
from jobs.models import Event, Job, Status
from tests.load.history import check_nobody_acts_after_his_successor, check_once_at_a_time
from tests.load.hosts import Host, hosts
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
BATCHES, SINGLES = 60, 6
WITHIN = 60  # seconds, generously


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def three(journal: Path) -> Iterator[list[Host]]:
    with hosts(3, journal) as up:
        yield up


@pytest.fixture
def work(three: list[Host]) -> QuerySet[Job]:
    """A run of many batches and some single jobs, all hosts at work on them."""
    for _ in range(SINGLES):
        engine.start("items", {"items": 40}, source="test")
    engine.start("many_batches", {"batches": BATCHES, "items": 5, "max_parallel_batches": 8}, source="test")
    until(lambda: all(busy(host) for host in three), "all hosts to be at work", WITHIN)
    return Job.objects.filter(type="items")


def busy(host: Host) -> bool:
    return host.claims().filter(type="items").count() >= 2


def all_ended() -> bool:
    return not Job.objects.active().exists()


def taken_from(orphaned: list[Job]) -> Callable[[], bool]:
    """Whether nobody of before holds a claim any more."""
    tokens = [job.claim_token for job in orphaned]
    return lambda: not Job.objects.filter(claim_token__in=tokens).exists()


def began_again(job: Job) -> datetime:
    retried = Event.objects.get(job=job, kind="retried")
    return Event.objects.filter(job=job, kind="claimed", id__gt=retried.pk).order_by("id")[0].at


def check_all_was_done_once(work: QuerySet[Job], journal: Path) -> None:
    assert set(Job.objects.values_list("status", flat=True)) == {Status.COMPLETED}
    assert work.count() == BATCHES + SINGLES
    check_once_at_a_time(work)
    check_nobody_acts_after_his_successor(journal)


def test_the_jobs_of_a_dead_host_go_on_after_their_lease(
    three: list[Host], work: QuerySet[Job], journal: Path, say: Callable[[str], None]
) -> None:
    dead_host = three[1]
    dead_host.kill()
    orphaned = list(dead_host.claims().filter(type="items"))
    assert orphaned
    until(all_ended, "all jobs to end", WITHIN)
    check_all_was_done_once(work, journal)
    waits = []
    for job in orphaned:
        assert job.lease_until is not None
        waits.append((began_again(job) - job.lease_until).total_seconds())
    assert min(waits) >= 0, "a job was taken from a host that could still have been at work on it"
    seconds = ", ".join(f"{wait:.1f}" for wait in sorted(waits))
    say(f"{len(orphaned)} jobs of a dead host began again {seconds} s after their lease")


def test_a_host_frozen_past_its_lease_writes_nothing_afterwards_and_works_again(
    three: list[Host], work: QuerySet[Job], journal: Path
) -> None:
    frozen = three[2]
    frozen.freeze()
    orphaned = list(frozen.claims().filter(type="items"))
    assert orphaned
    until(taken_from(orphaned), "the others to take its jobs", WITHIN)
    frozen.thaw()
    until(all_ended, "all jobs to end", WITHIN)
    check_all_was_done_once(work, journal)
    for job in orphaned:
        assert began_again(job) >= (job.lease_until or began_again(job))
    for _ in range(9):
        engine.start("items", {"items": 20}, source="test")
    until(frozen.claims().exists, "the thawed host to work again", WITHIN)
    until(all_ended, "all jobs to end", WITHIN)
    check_once_at_a_time(work)
