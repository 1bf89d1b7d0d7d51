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

pytestmark = pytest.mark.django_db
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


@pytest.mark.parametrize("address", ["/settings/", "/guide/folders/", "/guide/dry-run/", "/"])
def test_on_each_of_them(browser: Client, hanging: Path, configure: Any, address: str) -> None:
    configure(library_path=str(hanging), stash_url="http://127.0.0.1:9", qbittorrent_url="http://127.0.0.1:9")
    for _ in range(2):
        begun = time.monotonic()
        page = browser.get(address)
        assert page.status_code == 200 and time.monotonic() - begun < WITHIN
    if address in ("/settings/", "/guide/folders/"):
        assert SILENT in page.text
    looking = [one for one in threading.enumerate() if one.name.startswith("asking")]
    assert len(looking) <= 3, "nothing is looked at once more while somebody does"


def test_one_that_answers_beside_it_is_said_as_it_is(browser: Client, hanging: Path, configure: Any) -> None:
    fine = hanging.parent / "fine"
    fine.mkdir()
    configure(library_path=str(hanging))
    Destination.objects.create(name="Fine", folder=str(fine), categories="a")
    page = browser.get("/settings/").text
    assert f"{hanging} · hardlink: being looked at, and {SILENT}" in page
