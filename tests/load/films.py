"""An installation of several hosts whose taggers have films to look at: for tests, and for the bench."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests
from django.utils import timezone
from websockets.sync.client import ClientConnection, connect

from jobs.models import Job, Status
from scenes.demo.processes import free_port
from scenes.models import Scene, SceneFile, SyncState
from scenes.simulators.tagger import Tagger, running_tagger
from scenes.simulators.videos import make_video
from tests.acceptance.harness import new_token
from tests.load.hosts import SETTINGS, Host, hosts
from tests.processes import started, until

WEBS = 2
SEEN = {"light": {"Golden Hour": [(0.0, 1.0, 0.9)]}}


def make_films(folder: Path, count: int) -> list[int]:
    """Ids of scenes that wait for the tagger; their files are there."""
    now = timezone.now()
    folder.mkdir()
    SyncState.objects.create(pk=SyncState.SINGLETON, library_folders=[str(folder)])
    film = make_video(folder / "1.mp4", seconds=2, size=(64, 36), frame_rate=5)
    ids = list(range(1, count + 1))
    for pk in ids:
        Scene.objects.create(id=pk, created_at=now + timedelta(seconds=pk), remote_updated_at="")
        path = folder / f"{pk}.mp4"
        SceneFile.objects.create(id=pk, scene_id=pk, path=str(path), duration=2)
        if pk > 1:
            path.symlink_to(film)
    return ids


@contextlib.contextmanager
def running_taggers(count: int, seconds: float) -> Iterator[list[Tagger]]:
    """Each looks at one film at a time, and takes so long for it."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(running_tagger(seconds=seconds, answers="v3")) for _ in range(count)]
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


def seconds_of(run: Job) -> float:
    """From its start to its end."""
    assert run.started_at and run.finished_at
    return (run.finished_at - run.started_at).total_seconds()
