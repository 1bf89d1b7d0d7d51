"""Sets the stage: videos, simulators, a fresh database, a web process and a worker."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from jobs.management import program
from jobs.waiting import Waiter
from scenes.demo import content
from scenes.demo.address import Address, reserved
from scenes.demo.processes import DemoFailed, Processes

MARK = "stashhog-demo"  # a file that says that the folder is the demo's own and may be emptied
SIMULATOR = "scenes.simulators."
# The films last seconds: by the default rule of a real library few of them would get a tag, and none a marker.
RULES = "tag_name,required_scene_tag_duration,min_marker_duration\n__default__,1s,1\n"


@dataclass(frozen=True)
class Stage:
    """What is up, and how to reach it."""

    processes: Processes
    url: str
    password: str


@contextmanager
def set_up(folder: Path, report: Callable[[str], None], waiter: Waiter) -> Iterator[Stage]:
    """Everything up in ``folder``; all processes are gone afterwards. Raises DemoFailed; Left when woken."""
    with marked(folder), reserved() as address:
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != MARK:
                path.unlink()
        processes = Processes(folder / "logs", clean_environment(folder), waiter)
        try:
            yield start(processes, address, folder, report)
        finally:
            processes.stop()


def marked(folder: Path) -> TextIO:
    """The file MARK, locked: one demo at a time. Raises DemoFailed, also rather than take anybody else's folder."""
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
            raise DemoFailed(f"{folder} is not empty and not the demo's: name another one with --folder.")
        folder.mkdir(parents=True, exist_ok=True)
        mark = (folder / MARK).open("a")
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "end that one first, or name another folder: manage.py demo --folder FOLDER"
        raise DemoFailed(f"A demo is running in {folder} already; {hint}.") from None
    except OSError as error:
        raise DemoFailed(f"{folder} can't be used: {error.strerror}. Name another one with --folder.") from error
    return mark


def clean_environment(folder: Path) -> dict[str, str]:
    """No setting of a real installation reaches the demo."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("STASHHOG_", "DATABASE_URL"))}
    return ours | {"STASHHOG_DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1"}


def start(processes: Processes, address: Address, folder: Path, report: Callable[[str], None]) -> Stage:
    """Videos, simulators with something in them, then StashHog with their addresses. Raises as `set_up`."""
    library, downloads = folder / "library", folder / "downloads"
    for doing in content.make_videos(library, downloads):
        report(doing)
        processes.go_on()
    report("Starting the simulators of Stash, qBittorrent and the tagger …")
    stash = processes.address(
        "stash", "-m", f"{SIMULATOR}stash", "--library", str(library), "--state", str(folder / "stash"),
        "--seconds-per-item", "0.12",
    )  # fmt: skip
    qbittorrent = processes.address("qbittorrent", "-m", f"{SIMULATOR}qbittorrent", "--downloads", str(downloads))
    tagger = processes.address("tagger", "-m", f"{SIMULATOR}tagger", "--seconds", "0.8", "--answers", "v3")
    content.fill_stash(stash)
    content.fill_qbittorrent(qbittorrent)
    password = secrets.token_urlsafe(12)
    processes.environment |= {
        "STASHHOG_BIND": address.bind,
        "STASHHOG_ALLOWED_HOSTS": ",".join(address.allowed_hosts()),
        "STASHHOG_STASH_URL": stash,
        "STASHHOG_QBITTORRENT_URL": qbittorrent,
        "STASHHOG_QBITTORRENT_USERNAME": "admin",
        "STASHHOG_QBITTORRENT_PASSWORD": "adminadmin",
        "STASHHOG_QBITTORRENT_HANDLED_TAG": "stashhog",
        "STASHHOG_TAGGER_URL": tagger,
        "STASHHOG_LIBRARY_PATH": str(library),
        "STASHHOG_STASH_POLL": "0.3",
        "STASHHOG_FIRST_RUN": "take",
    }
    (folder / "rules.csv").write_text(RULES)
    start_stashhog(processes, address, folder, password, report)
    return Stage(processes, address.url, password)


def start_stashhog(
    processes: Processes, address: Address, folder: Path, password: str, report: Callable[[str], None]
) -> None:
    """On a fresh database, with one user, ``admin``, and the rules of ``folder``."""
    report("Making the database …")
    manage = program.manage()
    processes.run("prepare", *manage, "prepare")
    processes.run("rules", *manage, "rules", "import", str(folder / "rules.csv"))
    user = {"DJANGO_SUPERUSER_USERNAME": "admin", "DJANGO_SUPERUSER_EMAIL": "", "DJANGO_SUPERUSER_PASSWORD": password}
    processes.run("createsuperuser", *manage, "createsuperuser", "--noinput", **user)
    report("Starting web and worker …")
    address.release()
    processes.start("web", *manage, "web")
    processes.start("worker", *manage, "worker")
