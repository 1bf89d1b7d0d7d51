"""`manage.py doctor`, the health page and /api/health say what is well, what is not, and what to do about it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from jobs.models import Job, RunRequest, Scope, Status, Supervisor
from scenes.attribution import disk
from scenes.configuration.saving import save
from scenes.models import Destination, Download, Setting
from scenes.models import Place as KnownPlace
from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from scenes.simulators.stash import RunningStash, running_stash
from stashhog.ops.backups import files
from stashhog.ops.notifications.models import BackupAttempt
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene
from tests.scenes.privileges import unprivileged
from tests.web.factories import make_job, make_token, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("migrations_as_they_were")]


@dataclass
class Place:
    """A healthy installation."""

    folder: Path
    stash: RunningStash
    qbittorrent: Qbittorrent

    @property
    def library(self) -> Path:
        return self.folder / "library"

    @property
    def downloads(self) -> Path:
        return self.folder / "downloads"


@pytest.fixture
def place(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    settings.BACKUPS_DIR = tmp_path / "backups"
    monkeypatch.setattr("scenes.web.health.LONGEST", 20.0)  # on a busy machine
    library, downloads = tmp_path / "library", tmp_path / "downloads"
    for folder in (library, downloads, settings.BACKUPS_DIR):
        folder.mkdir()
    with running_stash([library]) as stash, running_qbittorrent(downloads) as qbittorrent:
        qbittorrent.add_torrent("Alps", [NewFile("film.mp4", 100)])
        save(
            {
                "stash_url": stash.url,
                "qbittorrent_url": qbittorrent.url,
                "qbittorrent_username": qbittorrent.username,
                "qbittorrent_password": qbittorrent.password,
                "library_path": str(library),
            }
        )
        Supervisor.objects.create(process="here", host="here")
        Download.objects.create(hash="a" * 40, name="Alps", save_path=str(downloads))
        files.new_name(".sqlite3").write_bytes(b"a backup")
        yield Place(tmp_path, stash, qbittorrent)


def doctor(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code of `manage.py doctor --json`, and its findings by key: the worst of each."""
    capsys.readouterr()
    code = 0
    try:
        call_command("doctor", "--json")
    except SystemExit as end:
        code = int(str(end.code))
    described = json.loads(capsys.readouterr().out)
    assert code == {"ok": 0, "fail": 1, "warn": 2}[described["level"]]
    by_level = sorted(described["findings"], key=lambda one: ["ok", "warn", "fail"].index(one["level"]))
    return code, {one["key"]: one for one in by_level}


Doctor = Callable[[], tuple[int, dict[str, dict[str, str]]]]


@pytest.fixture
def examined(capsys: pytest.CaptureFixture[str]) -> Doctor:
    return lambda: doctor(capsys)


def test_all_is_well_with_a_healthy_installation(place: Place, examined: Doctor) -> None:
    code, findings = examined()
    assert {key: one for key, one in findings.items() if one["level"] != "ok"} == {}
    assert code == 0
    assert findings.keys() == {
        *("database", "migrations", "worker", "queue", "last_run", "stash", "qbittorrent", "tagger"),
        *(
            "language_model",
            "destination",
            "link",
            "space",
            "backups",
            "notifications",
            "https",
            "schedule",
            "needs_you",
        ),
    }
    assert str(place.downloads / "film.mp4") in findings["link"]["text"]
    assert sorted(path.name for path in place.library.iterdir() if "trial" in path.name) == []


Spoil = Callable[[Place], object]


def old_run(place: Place) -> None:
    make_job("process_new_scenes", Status.FAILED, finished_at=timezone.now(), error_message="Stash was away.")


def old_work(place: Place) -> None:
    Job.objects.filter(pk=make_job().pk).update(updated_at=timezone.now() - timedelta(hours=1))


def refused_request(place: Place) -> None:
    RunRequest.objects.create(key="x", job_type="sync", reason="A download", error="Unknown parameter: x.")


def failed_backup(place: Place) -> None:
    BackupAttempt.objects.create(process="x", ended_at=timezone.now(), error="The disk is full.")


def lose_backups(place: Place) -> None:
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(days=30))
    shutil.rmtree(place.folder / "backups")


def age_backups(place: Place) -> None:
    import os

    for path in (place.folder / "backups").iterdir():
        os.utime(path, (0, 0))


# What is spoiled: how, which finding says so, how bad it is, and words of what to do.
SPOILED: dict[str, tuple[Spoil, str, str, str]] = {
    "no worker": (lambda place: Supervisor.objects.all().delete(), "worker", "fail", "manage.py worker"),
    "work that waits": (old_work, "queue", "warn", "STASHHOG_WORKERS"),
    "a failed run": (old_run, "last_run", "fail", "/jobs/"),
    "Stash away": (lambda place: place.stash.go_away(), "stash", "fail", "Is it running"),
    "no Stash set": (lambda place: save({"stash_url": None}), "stash", "fail", "settings"),
    "a wrong password": (lambda place: save({"qbittorrent_password": "wrong"}), "qbittorrent", "fail", "password"),
    "an unknown category": (
        lambda place: save({"qbittorrent_category": "xyz"}), "qbittorrent", "warn", "qBittorrent category",
    ),
    "a tagger away": (lambda place: save({"tagger_url": "http://127.0.0.1:9"}), "tagger", "warn", "Is it running"),
    "a mapping of no use": (
        lambda place: save({"path_map": "qbittorrent:/dl=/not/there"}), "path_map", "fail", "Mount it",
    ),
    "a library that is away": (lambda place: shutil.rmtree(place.library), "destination", "fail", "Mount it"),
    "no library": (lambda place: save({"library_path": None}), "destination", "fail", "“Library folder”"),
    "downloads that are away": (lambda place: shutil.rmtree(place.downloads), "link", "fail", "can't be read"),
    "a job that can't be started": (refused_request, "requested", "warn", "Correct what it names"),
    "a backup that failed": (failed_backup, "backups", "warn", "manage.py backup"),
    "no backup": (lose_backups, "backups", "warn", "manage.py backup"),
    "an old backup": (age_backups, "backups", "warn", "manage.py backup"),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_wrong_is_said_with_what_to_do(place: Place, examined: Doctor, what: str) -> None:
    spoil, key, level, words = SPOILED[what]
    spoil(place)
    code, findings = examined()
    assert (findings[key]["level"], code) == (level, {"fail": 1, "warn": 2}[level]), findings
    assert words in findings[key]["text"] + findings[key]["fix"] and findings[key]["fix"]


def test_a_table_that_is_missing_is_said_and_nothing_else_is_asked(
    place: Place, examined: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stashhog.ops.doctor.database.unapplied", lambda: 3)
    code, findings = examined()
    assert code == 1 and findings.keys() == {"database", "migrations"}
    assert "manage.py prepare" in findings["migrations"]["fix"]


def test_the_page_and_the_api_say_what_the_command_says(place: Place, examined: Doctor) -> None:
    save({"qbittorrent_category": "xyz"})
    _, findings = examined()
    user = make_user()
    api = Client(headers={"Authorization": f"Bearer {make_token(user, Scope.READ)}"}).get("/api/health").json()
    shown = [(one["key"], one["level"], one["fix"]) for one in api["findings"]]
    assert {(key, one["level"], one["fix"]) for key, one in findings.items()} <= set(shown) and api["level"] == "warn"
    browser = Client()
    browser.force_login(user)
    page = browser.get("/health/").content.decode()
    assert "Look at it" in page and "Correct “qBittorrent category”" in page and "All is well." not in page


def test_no_secret_is_in_an_examination(place: Place, examined: Doctor) -> None:
    save({"stash_api_key": "a-planted-secret", "qbittorrent_password": "another-planted-secret"})
    _, findings = examined()
    assert "planted-secret" not in json.dumps(findings)


def test_folders_that_can_not_be_looked_at_are_findings_and_no_crash(place: Place, examined: Doctor) -> None:
    # As behind a dead mount: every question about them is an error.
    behind = place.folder / "behind"
    for name in ("library", "mapped"):
        (behind / name).mkdir(parents=True)
    place.stash.simulator.settings.libraries.append(str(behind / "library"))
    Destination.objects.create(name="VR", folder=str(behind / "library"), categories="vr")
    save({"path_map": f"tagger:/media={behind / 'mapped'}"})
    Download.objects.create(hash="b" * 40, name="Bees", save_path=str(behind / "downloads"))
    behind.chmod(0)
    try:
        with unprivileged():
            _, findings = examined()
            call_command("check", "--tag", "settings")
    finally:
        behind.chmod(0o755)
    assert findings["destination"]["level"] == findings["path_map"]["level"] == findings["link"]["level"] == "fail"


@pytest.mark.parametrize("path", ["", "downloads"])
def test_no_folder_is_looked_for_where_the_process_happens_to_run(place: Place, examined: Doctor, path: str) -> None:
    Download.objects.create(hash="b" * 40, name="Bees", save_path=path)
    code, findings = examined()
    assert code == 0 and str(place.downloads / "film.mp4") in findings["link"]["text"]


def test_a_library_whose_disk_is_not_mounted_any_more_is_not_well(place: Place, examined: Doctor) -> None:
    KnownPlace.objects.create(use="library", root=str(place.library), marked_at=timezone.now())
    _, findings = examined()
    assert findings["destination"]["level"] == "fail"
    assert f"our file {disk.MARKER} is not in {place.library} any more" in findings["destination"]["text"]
    assert disk.MARKER in findings["destination"]["fix"]


def test_destinations_that_overlap_are_not_well(place: Place, examined: Doctor) -> None:
    inner = place.library / "inner"
    inner.mkdir()
    Destination.objects.create(name="VR", folder=str(inner), categories="vr")
    _, findings = examined()
    assert findings["destination"]["level"] == "fail" and "lies in" in findings["destination"]["text"]


def test_what_is_stored_and_can_not_be_used_is_not_well(place: Place, examined: Doctor) -> None:
    Destination.objects.create(name="VR", folder=str(place.library / "vr"), categories="vr", link_mode="symlink")
    Setting.objects.create(key="batch_size", value="many")
    code, findings = examined()
    assert code == 1 and findings["setting"]["level"] == "fail"
    assert "'VR'" in findings["setting"]["text"] or "batch_size" in findings["setting"]["text"]
    assert findings["setting"]["fix"]


def test_what_only_waits_to_be_reviewed_is_said_and_no_fault(place: Place, examined: Doctor) -> None:
    make_scene(1)
    add_tag(make_plan(), 1, "Dog_AI", status="proposed")
    code, findings = examined()
    assert {key: one for key, one in findings.items() if one["level"] != "ok"} == {} and code == 0
    assert "review" in findings["needs_you"]["text"]
