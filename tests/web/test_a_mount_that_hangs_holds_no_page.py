"""The pages that look at folders say that one has not answered yet; no thread of the web process waits at it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from scenes.models import Destination
from scenes.simulators.stash import running_stash

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of services and folders
SILENT = "has not answered yet"
WITHIN = 20.0  # seconds; a busy machine is slow, and a mount that hangs does so for ever
real = os.path.isdir


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder at which whoever looks waits until the test ends."""
    folder, is_over = tmp_path / "mount", threading.Event()
    folder.mkdir()

    def looks(path: Any) -> bool:
        if str(path) == str(folder):
            is_over.wait(10 * WITHIN)
        return real(path)

    monkeypatch.setattr("os.path.isdir", looks)
    monkeypatch.setattr("scenes.probes.folders.LONGEST", 0.2)
    monkeypatch.setattr("scenes.web.health.LONGEST", 0.2)
    yield folder
    is_over.set()


def looking_at() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("asking")]


@pytest.mark.parametrize("address", ["/settings/", "/guide/folders/", "/guide/dry-run/", "/"])
def test_on_each_of_them(browser: Client, hanging: Path, configure: Any, address: str) -> None:
    configure(library_path=str(hanging), stash_url="http://127.0.0.1:9", qbittorrent_url="http://127.0.0.1:9")
    for _ in range(2):
        begun = time.monotonic()
        page = browser.get(address)
        assert page.status_code == 200 and time.monotonic() - begun < WITHIN
    if address in ("/settings/", "/guide/folders/"):
        assert SILENT in page.text
    assert len(looking_at()) <= 3, "nothing is looked at once more while somebody does"


def test_one_that_answers_beside_it_is_said_as_it_is(browser: Client, hanging: Path, configure: Any) -> None:
    fine = hanging.parent / "fine"
    fine.mkdir()
    configure(library_path=str(hanging))
    Destination.objects.create(name="Fine", folder=str(fine), categories="a")
    page = browser.get("/settings/").text
    assert f"{hanging} · Hard link, never a copy: being looked at, and {SILENT}" in page


@pytest.mark.parametrize("what", ["path", "stash"])
def test_a_test_by_button_names_the_folder_that_hangs(
    browser: Client, hanging: Path, configure: Any, tmp_path: Path, what: str
) -> None:
    (tmp_path / "film.mp4").write_bytes(b"a film")
    with running_stash([str(hanging)]) as stash:
        configure(library_path=hanging, stash_url=stash.url)
        for _ in range(3):
            begun = time.monotonic()
            group = "library" if what == "path" else "stash"
            page = browser.post(f"/settings/{group}/", {"test": what, "tested_path": str(tmp_path / "film.mp4")})
            assert page.status_code == 200 and time.monotonic() - begun < WITHIN
            assert "It has not answered yet: does its mount hang?" in page.text
    assert len(looking_at()) <= 3, "nothing is looked at once more while somebody does"


def test_saving_a_destination_does_not_wait_at_it(browser: Client, hanging: Path, configure: Any) -> None:
    configure(library_path=hanging.parent / "library")
    given = {"name": "VR", "folder": str(hanging), "categories": "vr", "position": 1}
    begun = time.monotonic()
    page = browser.post("/admin/scenes/destination/add/", given, follow=True)
    assert Destination.objects.filter(name="VR").exists() and time.monotonic() - begun < WITHIN
    assert f"{hanging} has not answered yet: does its mount hang?" in page.text
