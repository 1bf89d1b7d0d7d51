"""One case: a fresh library and database, a real worker that may be armed to die, and what is left in the end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from jobs import engine
from jobs.models import Event, Job, Status
from scenes import configuration
from scenes.demo.processes import free_port
from scenes.models import StashJob
from tests.faults import final_rows, final_services
from tests.faults.services import PASSWORD, USERNAME, Services
from tests.processes import ROOT, alive, descendants, environment, until

RUN = "process_new_scenes"
LONGEST = 120.0  # seconds for a run, whatever happens in it: ten are usual, on a busy machine it may be many


@dataclass
class Case:
    """``settings``: environment of StashHog's processes; ``armed``: of those started from now on.

    ``workers``: their supervisors; ``others``: what else was started. ``meanwhile`` is called while a job is
    waited for.
    """

    services: Services
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    armed: dict[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    links: dict[str, int] = field(default_factory=dict)

    @property
    def library(self) -> Path:
        return self.folder / "library"

    @property
    def downloads(self) -> Path:
        return self.folder / "downloads"

    @property
    def flag(self) -> Path:
        """Of the file that is made by the process that reaches an armed point: with `.POINT`; when, and its pid."""
        return self.folder / "reached"

    @property
    def log(self) -> Path:
        """The log of all processes of StashHog."""
        return self.folder / "log.txt"

    def set_up(self) -> None:
        self.library.mkdir(parents=True)
        self.downloads.mkdir()
        self.links = final_services.links_of(self.services.pool)
        self.services.empty(self.library)
        self.services.download(self.downloads)
        self.settings = {
            "STASHHOG_STASH_URL": self.services.stash,
            "STASHHOG_QBITTORRENT_URL": self.services.qbittorrent,
            "STASHHOG_QBITTORRENT_USERNAME": USERNAME,
            "STASHHOG_QBITTORRENT_PASSWORD": PASSWORD,
            "STASHHOG_QBITTORRENT_HANDLED_TAG": "stashhog",
            "STASHHOG_TAGGER_URL": self.services.tagger,
            "STASHHOG_LIBRARY_PATH": str(self.library),
            "STASHHOG_TORRENT_FOLDER": "never",
            "STASHHOG_STASH_POLL": "0.05",
        } | self.settings

    # Processes

    def arm(self, point: str, victim: str = "worker", *, once: bool = True) -> None:
        """The processes started from now on meet this point, or these, separated by commas."""
        self.armed = {"JOBS_CRASH_AT": point, "JOBS_CRASH_VICTIM": victim}
        if once:
            self.armed["JOBS_CRASH_ONCE"] = str(self.flag)

    def start(self, *command: str, **extra: str) -> subprocess.Popen[bytes]:
        """`python COMMAND…` in a session of its own, logging to the case's log."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=environment(**self.settings, **self.armed, **extra),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_web(self) -> str:
        """The address of a `manage.py web` that answers."""
        port = free_port(0)
        self.others.append(self.start("manage.py", "web", STASHHOG_BIND=f"127.0.0.1:{port}"))
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(url), "the web process", LONGEST)
        return url

    def kill_web(self) -> None:
        """The `manage.py web` that was started last."""
        web = self.others.pop()
        os.killpg(web.pid, signal.SIGKILL)
        web.wait()

    def start_worker(self, **extra: str) -> subprocess.Popen[bytes]:
        """`manage.py worker`, the supervisor of a cluster."""
        self.workers.append(self.start("manage.py", "worker", **extra))
        return self.workers[-1]

    def restart_dead(self) -> None:
        """As the init of a home server does it."""
        for number, worker in enumerate(self.workers):
            if worker.poll() is not None:
                self.workers[number] = self.start("manage.py", "worker")

    def stop_all(self) -> None:
        """By force: every process of every worker is dead afterwards."""
        started = [*self.workers, *self.others]
        pids = [pid for process in started for pid in (process.pid, *descendants(process.pid))]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in started:
            process.wait()
        until(lambda: not alive(pids), "all processes to be gone")
        self.workers.clear()
        self.others.clear()

    # Runs

    def begin(self, type: str = RUN, **params: Any) -> Job:
        values = {"batch_size": 2, "retry_delay": 0.2, **params} if type == RUN else params
        try:
            with pytest.MonkeyPatch.context() as patched:  # whoever starts a run has the settings that it keeps
                for name, value in self.settings.items():
                    patched.setenv(name, value)
                return engine.start(type, values, source="test")
        finally:
            configuration.forget()

    def end(self, job: Job, seconds: float = LONGEST, *, restart: bool = True) -> Job:
        """Wait for the job's end; a worker that is dead is started again meanwhile."""

        def ended() -> Job | None:
            if restart:
                self.restart_dead()
            self.meanwhile()
            return Job.objects.finished().filter(pk=job.pk).first()

        return until(ended, f"the end of {job}", seconds)

    def run(self, type: str = RUN, **params: Any) -> Job:
        return self.end(self.begin(type, **params))

    # What happened

    def reached(self, point: str = "") -> tuple[float, int] | None:
        """When (seconds since 1970) and by which process the point was reached, by default the only armed one."""
        flag = self.flag.with_suffix("." + (point or self.armed["JOBS_CRASH_AT"]))
        text = flag.read_text().split() if flag.exists() else []
        return (float(text[0]), int(text[1])) if len(text) == 2 else None

    def wait_until_reached(self) -> int:
        """The pid of the process that reached the armed point."""
        return until(self.reached, "the armed point to be reached", LONGEST)[1]

    def seconds_to_resume(self, point: str = "") -> float:
        """From the death there until the job that the dead process had, or its run, went on."""
        reached = self.reached(point)
        assert reached is not None, f"{point or 'the armed point'} was never reached"
        later = [event for event in Event.objects.order_by("id") if event.at.timestamp() > reached[0]]
        orphaned = next((event.job_id for event in later if event.kind == "retried"), None)
        back = next((event for event in later if goes_on(event) and orphaned in (None, event.job_id)), None)
        return back.at.timestamp() - reached[0] if back else 0.0

    def final_state(self) -> dict[str, Any]:
        """All that the run left, comparable with that of another run."""
        return {
            "stash": final_services.stash(self.services),
            "disk": final_services.disk(self.library, self.downloads, self.services.pool, self.links),
            "asked": final_services.asked(self.services),
            "qbittorrent": final_services.qbittorrent(self.services),
            **final_rows.tables(),
        }

    def nothing_is_left_half_done(self) -> None:
        """Whatever happened, this holds at the end."""
        assert not Job.objects.active().exists() and not Job.objects.claimed().exists()
        assert not Job.objects.exclude(held_lock="").exists()
        assert not StashJob.objects.filter(ended_at=None).exists()
        assert not list(self.folder.rglob("*.part"))
        assert_never_run_twice_at_once()


def goes_on(event: Event) -> bool:
    return event.kind in ("claimed", "log") or event.kind.startswith("step_") or event.kind in Status.values


def assert_never_run_twice_at_once() -> None:
    """By the log of events: between two claims of a job, its earlier attempt was over."""
    held: dict[Any, bool] = {}
    for event in Event.objects.order_by("id"):
        if event.kind == "claimed":
            assert not held.get(event.job_id), f"{event.job} was claimed while somebody had it"
        if event.kind in ("claimed", "retried", "requeued", *Status.values):
            held[event.job_id] = event.kind == "claimed"


@contextlib.contextmanager
def opened(services: Services, folder: Path, **settings: str) -> Iterator[Case]:
    """A case of its own in ``folder``; no process of it is left. Its log is printed when it fails."""
    case = Case(services, folder / "case", settings)
    case.set_up()
    try:
        yield case
    except BaseException:
        if case.log.exists():
            sys.stderr.write(case.log.read_text()[-20_000:])
        raise
    finally:
        case.stop_all()


def answers(url: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{url}/healthz", timeout=5).ok
    return False
