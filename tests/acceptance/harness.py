"""Everything as real processes: qBittorrent itself, the simulators of Stash and the tagger, web and worker."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from django.contrib.auth import get_user_model
from django.core.management import call_command

from jobs.models import Supervisor
from scenes.demo.processes import free_port
from scenes.simulators.videos import make_video
from tests.acceptance.real_qbittorrent import RealQbittorrent, real_qbittorrent
from tests.processes import ROOT, environment, started, until

RUN = "process_new_scenes"
TIMEOUT = 30  # seconds for each request


@contextlib.contextmanager
def simulator(name: str, *options: str) -> Iterator[str]:
    """The address of a simulator in a process of its own."""
    command = [sys.executable, "-m", f"scenes.simulators.{name}", *options]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()
            process.wait()


@dataclass
class Harness:
    """What is up, and what a person or a program does to it."""

    folder: Path
    qbittorrent: RealQbittorrent
    stash: str
    tagger: str
    web: str
    token: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def library(self) -> Path:
        return self.folder / "library"

    @property
    def downloads(self) -> Path:
        return self.qbittorrent.downloads

    def videos(self, *names: str) -> None:
        """A small video of its own for each name, in the downloads folder."""
        for name in names:
            make_video(self.downloads / name, seconds=2, size=(160, 90), title=name, seed=len(name))

    def api(self, method: str, path: str, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.web}/api/{path}", json=body or None, headers=headers, timeout=TIMEOUT)

    def start(self, **params: Any) -> str:
        """Start a run by the API; its id."""
        answer = self.api("POST", "jobs", job_type=RUN, params=params)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def ended(self, job_id: str, seconds: float = 90) -> dict[str, Any]:
        """The job as the API gives it once it has ended."""

        def look() -> dict[str, Any] | None:
            job = self.api("GET", f"jobs/{job_id}").json()
            return job if job["finished_at"] else None

        return until(look, f"job {job_id} to end", seconds)

    def run(self, **params: Any) -> dict[str, Any]:
        return self.ended(self.start(**params))

    def in_stash(self) -> dict[str, dict[str, Any]]:
        """Stash's scenes by the path of their first file below the library: tags and markers."""
        query = (
            "{ findScenes(filter: {per_page: -1}) { scenes { id files { path } tags { name } paths { preview }"
            " scene_markers { title seconds end_seconds primary_tag { name } } } } }"
        )
        headers = {"Accept": "application/json"}
        answer = requests.post(f"{self.stash}/graphql", json={"query": query}, headers=headers, timeout=TIMEOUT)
        scenes = answer.json()["data"]["findScenes"]["scenes"]
        return {str(Path(scene["files"][0]["path"]).relative_to(self.library)): scene for scene in scenes}


@contextlib.contextmanager
def full_harness(folder: Path, **settings: str) -> Iterator[Harness]:
    """All of it up; no process is left afterwards."""
    (folder / "library").mkdir()
    with contextlib.ExitStack() as stack:
        qbittorrent = stack.enter_context(real_qbittorrent(folder / "qbittorrent"))
        stash = stack.enter_context(
            simulator("stash", "--library", str(folder / "library"), "--state", str(folder / "stash"))
        )
        tagger = stack.enter_context(simulator("tagger"))
        port = free_port()
        values = {
            "STASHHOG_BIND": f"127.0.0.1:{port}",
            "STASHHOG_STASH_URL": stash,
            "STASHHOG_QBITTORRENT_URL": qbittorrent.url,
            "STASHHOG_QBITTORRENT_USERNAME": qbittorrent.username,
            "STASHHOG_QBITTORRENT_PASSWORD": qbittorrent.password,
            "STASHHOG_TAGGER_URL": tagger,
            "STASHHOG_LIBRARY_PATH": str(folder / "library"),
            "STASHHOG_STASH_POLL": "0.1",
            "STASHHOG_RETRY_DELAY": "0.5",
        } | settings
        stack.enter_context(started("manage.py", "web", **values))
        stack.enter_context(started("manage.py", "worker", **values))
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(url), "the web process", 30)
        until(Supervisor.objects.exists, "the worker", 30)
        yield Harness(folder, qbittorrent, stash, tagger, url, new_token(), values)


def _answers(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"{url}/healthz", timeout=5).ok
    return False


def new_token() -> str:
    """A token of somebody who may do everything, made as people make theirs, by the command."""
    from io import StringIO

    get_user_model().objects.get_or_create(username="program", defaults={"is_superuser": True})
    output = StringIO()
    call_command("createtoken", "program", stdout=output)
    return output.getvalue().strip().split()[-1]
