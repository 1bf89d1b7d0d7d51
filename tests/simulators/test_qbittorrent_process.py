"""The simulated qBittorrent as a process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from qbittorrentapi import Client

pytestmark = pytest.mark.acceptance


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with start(tmp_path) as process:
        yield process
        process.terminate()


def start(folder: Path) -> subprocess.Popen[str]:
    options = ["--downloads", str(folder / "downloads"), "--state", str(folder / "state.json")]
    command = [sys.executable, "-m", "scenes.simulators.qbittorrent", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("qBittorrent simulator on http://127.0.0.1:")
    return line.split()[-1]


def test_a_process_can_be_told_what_to_do_over_http(process: subprocess.Popen[str], tmp_path: Path) -> None:
    url = url_of(process)
    wanted = {"name": "Walk", "files": [{"name": "Walk/one.mp4", "source": 10}], "tags": ["a"]}
    info_hash = requests.post(f"{url}/_simulator/torrents", json=wanted, timeout=10).json()["hash"]
    change = {"state": "moving"}
    assert requests.patch(f"{url}/_simulator/torrents/{info_hash}", json=change, timeout=10).ok
    assert requests.patch(f"{url}/_simulator/torrents/none", json=change, timeout=10).status_code == 404
    with Client(host=url, username="admin", password="adminadmin") as asking:
        assert [(torrent.hash, torrent.state) for torrent in asking.torrents_info()] == [(info_hash, "moving")]
    assert (tmp_path / "downloads/Walk/one.mp4").is_file()


def test_a_process_ends_cleanly_on_sigterm_and_remembers_its_torrents(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        url = url_of(process)
        wanted = {"name": "Walk", "files": [{"name": "Walk/one.mp4", "source": 10}], "category": "films"}
        requests.post(f"{url}/_simulator/torrents", json=wanted, timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert list(json.loads((tmp_path / "state.json").read_text())["categories"]) == ["films"]
    with start(tmp_path) as process:
        with Client(host=url_of(process), username="admin", password="adminadmin") as asking:
            [torrent] = asking.torrents_info()
            assert (torrent.name, torrent.category, torrent.files[0].progress) == ("Walk", "films", 1)
        process.terminate()
