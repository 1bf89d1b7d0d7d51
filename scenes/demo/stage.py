"""Sets the stage: videos, simulators, a fresh database, a web process and a worker."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs import program
from jobs.waiting import Waiter
from scenes.demo import content
from scenes.demo.processes import DemoFailed, Processes, free_port

MARK = "stashhog-demo"  # a file that says that the folder is the demo's own and may be emptied
START_WITHIN = 30.0  # seconds
SIMULATOR = "scenes.simulators."


@dataclass(frozen=True)
class Stage:
    """What is up, and how to reach it."""

    processes: Processes
    url: str
    password: str


@contextmanager
def set_up(folder: Path, say: Callable[[str], None]) -> Iterator[Stage]:
    """Everything up in ``folder``; all processes are gone afterwards."""
    empty(folder)
    library, downloads = folder / "library", folder / "downloads"
    say("Making videos …")
    content.make_videos(library, downloads)
    processes = Processes(folder / "logs", clean_environment(folder))
    try:
        yield _start(processes, library, downloads, folder, say)
    finally:
        processes.stop()


def empty(folder: Path) -> None:
    """A fresh folder of the demo's own. Raises DemoFailed rather than empty anybody else's."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise DemoFailed(f"{folder} is not empty and not the demo's: name another one with --folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def clean_environment(folder: Path) -> dict[str, str]:
    """No setting of a real installation reaches the demo."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("STASHHOG_", "DATABASE_URL"))}
    return ours | {"STASHHOG_DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1"}


def _start(processes: Processes, library: Path, downloads: Path, folder: Path, say: Callable[[str], None]) -> Stage:
    say("Starting the simulators of Stash, qBittorrent and the tagger …")
    stash = processes.address(
        "stash", "-m", f"{SIMULATOR}stash", "--library", str(library), "--state", str(folder / "stash"),
        "--seconds-per-item", "0.12",
    )  # fmt: skip
    qbittorrent = processes.address("qbittorrent", "-m", f"{SIMULATOR}qbittorrent", "--downloads", str(downloads))
    tagger = processes.address("tagger", "-m", f"{SIMULATOR}tagger", "--seconds", "0.8")
    content.fill_stash(stash)
    content.fill_qbittorrent(qbittorrent)
    port = free_port(8000)
    password = secrets.token_urlsafe(12)
    processes.environment |= {
        "STASHHOG_BIND": f"127.0.0.1:{port}",
        "STASHHOG_STASH_URL": stash,
        "STASHHOG_QBITTORRENT_URL": qbittorrent,
        "STASHHOG_QBITTORRENT_USERNAME": "admin",
        "STASHHOG_QBITTORRENT_PASSWORD": "adminadmin",
        "STASHHOG_QBITTORRENT_HANDLED_TAG": "stashhog",
        "STASHHOG_TAGGER_URL": tagger,
        "STASHHOG_LIBRARY_PATH": str(library),
        "STASHHOG_STASH_POLL": "0.3",
    }
    _start_stashhog(processes, password, say)
    return Stage(processes, f"http://127.0.0.1:{port}", password)


def _start_stashhog(processes: Processes, password: str, say: Callable[[str], None]) -> None:
    say("Making the database, starting web and worker …")
    manage = program.manage()
    processes.run(*manage, "prepare")
    user = {"DJANGO_SUPERUSER_USERNAME": "admin", "DJANGO_SUPERUSER_EMAIL": "", "DJANGO_SUPERUSER_PASSWORD": password}
    processes.run(*manage, "createsuperuser", "--noinput", **user)
    processes.start("web", *manage, "web")
    processes.start("worker", *manage, "worker")


def wait_for(url: str, answers: Callable[[str], bool]) -> None:
    """Until the web process answers. Raises DemoFailed after START_WITHIN seconds."""
    waiter = Waiter()
    for _ in range(int(START_WITHIN / 0.2)):
        if answers(url):
            return
        waiter.pause(0.2)
    raise DemoFailed(f"{url} did not answer within {START_WITHIN:g} s; see the logs folder.")
