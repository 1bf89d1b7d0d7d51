"""A full sync, four busy workers, readers and writers at once: nobody is locked out, and no sign of life is late.

STASHHOG_LOAD_SECONDS says for how long.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from django.conf import settings

from jobs.models import Event, Job, Status
from scenes.models import Scene
from tests.load.measures import Repeated, SignsOfLife, Waits
from tests.load.site import Site, site
from tests.processes import until

SECONDS = float(os.environ.get("STASHHOG_LOAD_SECONDS") or 30)
SCENES = 20_000
PAGES = ("/", "/jobs/", "/api/jobs?limit=50&sub_jobs=true", "/admin/jobs/job/", "/healthz")
READERS, WRITERS = 2, 2

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.acceptance,
    pytest.mark.timeout(2 * SECONDS + 240),
]


@contextlib.contextmanager
def visitors(site: Site, reads: Waits, writes: Waits) -> Iterator[None]:
    """Readers, and writers who start jobs and cancel every second one; the workers always have batches to run."""
    pages = cycle(PAGES)
    turns = cycle((False, True))

    def write() -> None:
        job = site.start("items", writes, items=4, seconds=0.05)
        if job and next(turns):
            site.cancel(job["id"], writes)

    def keep_busy() -> None:
        site.start("many_batches", writes, batches=100, items=1, seconds=0.0, max_parallel_batches=4)
        if not Job.objects.active().filter(type="sync").exists():
            site.start("sync", writes, force=True)

    with contextlib.ExitStack() as stack:
        for _ in range(READERS):
            stack.enter_context(Repeated(lambda: site.read(next(pages), reads), every=0.05))
        for _ in range(WRITERS):
            stack.enter_context(Repeated(write, every=0.3))
        stack.enter_context(Repeated(keep_busy, every=0.5))
        yield


def test_nobody_is_locked_out_and_no_sign_of_life_is_late(tmp_path: Path, say: Callable[[str], None]) -> None:
    reads, writes, life = Waits(), Waits(), SignsOfLife(settings.JOBS_LEASE)
    with site(tmp_path, SCENES) as up:
        long = up.start("items", writes, items=int(SECONDS * 5), seconds=0.15)
        with Repeated(life.look, every=0.1):
            with visitors(up, reads, writes):
                threading.Event().wait(SECONDS)
            until(lambda: not Job.objects.active().exists(), "all jobs to end", SECONDS + 120)
    tell(say, reads, writes, life)
    assert up.alarms() == []
    assert long is not None
    check_all_ended_well()
    assert life.oldest < 2 * settings.JOBS_HEARTBEAT, "a heartbeat was missed"


def check_all_ended_well() -> None:
    """No attempt was lost: each job ended in its first one, and every scene is here."""
    assert set(Job.objects.values_list("status", flat=True)) <= {Status.COMPLETED, Status.CANCELLED}
    assert not Event.objects.filter(kind__in=("retried", "requeued")).exists()
    assert not Event.objects.exclude(level=Event.Level.INFO).exists()
    assert not Job.objects.claimed().exists()
    assert Job.objects.filter(type="sync", status=Status.COMPLETED).exists()
    assert Scene.objects.present().count() == SCENES


def tell(say: Callable[[str], None], reads: Waits, writes: Waits, life: SignsOfLife) -> None:
    kinds = Counter(Job.objects.finished().values_list("type", flat=True))
    say(f"{SECONDS:g} s under load: {sum(kinds.values()) / SECONDS:.0f} jobs a second, {kinds['sync']} full syncs")
    for sync in Job.objects.filter(type="sync", status=Status.COMPLETED).order_by("created_at"):
        say(f"sync of {SCENES} scenes: {sync.duration_seconds:.1f} s")
    say(f"web reads:  {reads}")
    say(f"web writes: {writes}")
    say(f"oldest sign of life: {life.oldest:.1f} s of {settings.JOBS_LEASE:g} s")
