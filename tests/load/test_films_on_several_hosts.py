"""Four worker hosts and two web hosts share a database and the disk of the films, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone
from websockets.sync.client import ClientConnection, connect

from jobs.models import Job, Status
from scenes.demo.processes import free_port
from scenes.models import Scene, SceneFile, SyncState, TaggerResult
from scenes.simulators.tagger import Tagger, running_tagger
from scenes.simulators.videos import make_video
from tests.acceptance.harness import new_token
from tests.jobs.redis_server import needs_redis, redis
from tests.load.hosts import SETTINGS, Host, hosts
from tests.processes import started, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
HOSTS, WEBS = 4, 2
FILMS = 32
SECONDS = 1.0  # that each film takes
WITHIN = 5 * FILMS * SECONDS
SEEN = {"light": {"Golden Hour": [(0.0, 1.0, 0.9)]}}


@pytest.fixture
def films(tmp_path: Path) -> list[int]:
    """Ids of scenes that wait for the tagger; their files are there."""
    now, folder = timezone.now(), tmp_path / "films"
    folder.mkdir()
    SyncState.objects.create(pk=SyncState.SINGLETON, library_folders=[str(folder)])
    film = make_video(folder / "1.mp4", seconds=2, size=(64, 36), frame_rate=5)
    ids = list(range(1, FILMS + 1))
    for pk in ids:
        Scene.objects.create(id=pk, created_at=now + timedelta(seconds=pk), remote_updated_at="")
        path = folder / f"{pk}.mp4"
        SceneFile.objects.create(id=pk, scene_id=pk, path=str(path), duration=2)
        if pk > 1:
            path.symlink_to(film)
    return ids


@pytest.fixture
def taggers(films: list[int]) -> Iterator[list[Tagger]]:
    """One for each host, each of which looks at one film at a time."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(running_tagger(seconds=SECONDS, answers="v3")) for _ in range(HOSTS)]
        for tagger in found:
            tagger._places = asyncio.Semaphore(1)
            for file in SceneFile.objects.all():
                tagger.see(file.path, SEEN)
        yield found


@dataclass
class Installation:
    """``webs``: the addresses of the web processes."""

    hosts: list[Host]
    webs: list[str]
    headers: dict[str, str]

    def start(self, films: list[int], per_batch: int) -> Job:
        batches = [films[first : first + per_batch] for first in range(0, len(films), per_batch)]
        body = {"job_type": "films", "params": {"batches": batches}}
        answer = requests.post(f"{self.webs[0]}/api/jobs", json=body, headers=self.headers, timeout=30)
        assert answer.status_code == 201, answer.text
        return Job.objects.get(pk=answer.json()["id"])

    def page(self, web: str, run: Job) -> ClientConnection:
        """A page of the run that is open at one of the web processes."""
        address = web.replace("http://", "ws://")
        return connect(f"{address}/ws/jobs/{run.pk}/", additional_headers=self.headers, max_size=None)


@contextlib.contextmanager
def installed(folder: Path, taggers: list[Tagger], **extra: str) -> Iterator[Installation]:
    """All up; no process is left afterwards."""
    settings = {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "STASHHOG_TAGGER_URL": ",".join(tagger.url for tagger in taggers),
        "STASHHOG_TAGGER_PARALLEL": str(len(taggers)),
        "STASHHOG_WORKERS": "1",
        "STASHHOG_LOG_LEVEL": "WARNING",
    } | extra
    with contextlib.ExitStack() as stack:
        webs = []
        for number in range(1, WEBS + 1):
            bind = f"127.0.0.1:{free_port()}"
            names = {"STASHHOG_BIND": bind, "STASHHOG_HOST_NAME": f"web-{number}"}
            stack.enter_context(started("manage.py", "web", **settings, **names))
            webs.append(f"http://{bind}")
        up = stack.enter_context(hosts(len(taggers), folder / "journal", **settings))
        until(lambda: all(map(_answers, webs)), "the web processes")
        yield Installation(up, webs, {"Authorization": f"Bearer {new_token()}"})


def _answers(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"{url}/healthz", timeout=5).ok
    return False


def ended(run: Job, seconds: float) -> Job:
    def look() -> bool:
        run.refresh_from_db()
        return not run.is_active

    until(look, "the run to end", seconds)
    assert (run.status, run.error_message) == (Status.COMPLETED, "")
    return run


def check_each_film_was_analysed_once(films: list[int], taggers: list[Tagger], again: int = 0) -> None:
    """``again``: films that were in the hands of a host that died."""
    assert Scene.objects.filter(video_analyzed=True).count() == len(films)
    seen = TaggerResult.objects.filter(category__in=SEEN).order_by("scene").values_list("scene", flat=True)
    assert list(seen) == films
    assert len(films) <= sum(tagger.count.total for tagger in taggers) <= len(films) + again


def last_message(page: ClientConnection) -> dict[str, Any]:
    """The first one that says that the run has ended."""
    while True:
        message: dict[str, Any] = json.loads(page.recv(timeout=60))
        if message.get("job", {}).get("status") == Status.COMPLETED:
            return message


def times_as_fast(run: Job) -> float:
    """Than one host with one tagger can be at all, which has nothing to do but to wait for it."""
    assert run.started_at and run.finished_at
    return FILMS * SECONDS / (run.finished_at - run.started_at).total_seconds()


def all_at_work(taggers: list[Tagger], asked: int) -> None:
    """Each of them was asked for so many films, and is at the last of them."""

    def look() -> bool:
        counts = [tagger.count.total for tagger in taggers]
        assert max(counts) <= asked, f"a tagger was asked for two films while another was free: {counts}"
        return min(counts) == asked

    until(look, "all taggers to be at work")


@needs_redis
def test_four_hosts_keep_a_tagger_each_at_work_until_no_film_is_left(
    films: list[int], taggers: list[Tagger], tmp_path: Path
) -> None:
    """So they are four times as fast as one, on any machine. With Redis, where the web process leaves its wake-ups."""
    for tagger in taggers:
        tagger.seconds = 0
        tagger.hold()
    with redis(free_port()) as address, installed(tmp_path, taggers, STASHHOG_REDIS_URL=address) as site:
        run = site.start(films, per_batch=3)
        for asked in range(1, FILMS // HOSTS + 1):
            all_at_work(taggers, asked)
            for tagger in taggers:
                tagger.may_end()
        ended(run, WITHIN)
    check_each_film_was_analysed_once(films, taggers)


def test_a_host_dies_and_the_pages_of_both_web_hosts_show_the_run_to_its_right_end(
    films: list[int], taggers: list[Tagger], tmp_path: Path, say: Callable[[str], None]
) -> None:
    with installed(tmp_path, taggers) as site:
        run = site.start(films, per_batch=3)
        with site.page(site.webs[0], run) as first, site.page(site.webs[1], run) as second:
            dead_host = site.hosts[2]
            until(lambda: dead_host.claims().filter(type="analysis").exists(), "the host to be at work")
            dead_host.kill()
            ended(run, WITHIN)
            messages = [last_message(page) for page in (first, second)]
    assert [message["job"]["percent"] for message in messages] == [100, 100]
    check_each_film_was_analysed_once(films, taggers, again=1)
    say(f"one of 4 hosts died: {times_as_fast(run):.2f} times as fast as one tagger can be")


def test_a_tagger_that_is_slow_gets_fewer_films_than_the_others(
    films: list[int], taggers: list[Tagger], tmp_path: Path, say: Callable[[str], None]
) -> None:
    slow = taggers[0]
    slow.seconds = 4 * SECONDS
    with installed(tmp_path, taggers) as site:
        ended(site.start(films, per_batch=3), WITHIN)
    check_each_film_was_analysed_once(films, taggers)
    shares = [tagger.count.total for tagger in taggers]
    say(f"films of a tagger that takes four times as long, and of the others: {shares}")
    assert slow.count.total * 2 <= min(shares[1:])
