"""`make demo`, as a newcomer starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured

from scenes.demo.address import reserved
from scenes.demo.processes import free_port
from scenes.env import Env
from tests.processes import ROOT, alive, descendants, until
from tests.traffic import ask

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(480)]


def demo(folder: Path, *options: str, **extra: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "manage.py", "demo", "--folder", str(folder), *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | extra, text=True, **pipes)  # type: ignore[call-overload]


def url_of(process: subprocess.Popen[str]) -> str:
    """Where it says that it is up."""
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    return next(match[1] for line in lines if (match := re.search(r"on (http://\S+) - log in as admin", line)))


def commands(pid: int) -> list[str]:
    """The command lines of all processes below it."""
    return [Path(f"/proc/{child}/cmdline").read_text() for child in alive(descendants(pid))]


def worker_of(folder: Path) -> int:
    """The pid of the supervisor of the demo in this folder."""
    database = sqlite3.connect(folder / "data" / "stashhog.sqlite3")
    with closing(database):
        return int(database.execute("SELECT process FROM jobs_supervisor").fetchone()[0].split("|")[-2])


def kinds_applied(folder: Path) -> set[str]:
    """Of the changes that the demo in this folder has written."""
    with closing(sqlite3.connect(folder / "data" / "stashhog.sqlite3")) as database:
        return {kind for (kind,) in database.execute("SELECT kind FROM scenes_change WHERE status = 'applied'")}


def test_the_demo_once_ends_completed_with_its_result_as_the_last_thing_on_stdout(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--once") as process:
        output, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    result = json.loads(output[output.index("\n{") :])
    assert result["status"] == "completed"
    assert result["summary"]["total_scenes_analyzed"] == 12
    assert len(result["steps"]["analysis_batches"]) == 3
    assert {"add_tag", "add_marker"} <= kinds_applied(tmp_path / "demo"), "films of seconds have something to show"


def test_the_demo_stays_up_for_5000_requests_until_ctrl_c_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as process:
        url = url_of(process)
        assert ask(url, (*["/healthz"] * 19, "/admin/login/"), 5_000) == {200: 5_000}
        assert requests.get(f"{url}/healthz", timeout=10).ok
        assert max(path.stat().st_size for path in (tmp_path / "demo" / "logs").iterdir()) < 200_000
        with demo(tmp_path / "demo") as second:
            _, errors = second.communicate(timeout=60)
        assert second.returncode == 1
        assert "A demo is running in" in errors
        assert requests.get(f"{url}/healthz", timeout=10).ok
        processes = descendants(process.pid)
        assert len(processes) >= 5  # three simulators, web and worker; the worker's own come in a moment
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    until(lambda: not alive(processes), "all processes of the demo to be gone", 10)


def test_the_demo_is_where_it_is_asked_to_be_and_says_when_a_process_of_it_has_ended(tmp_path: Path) -> None:
    bind = {"STASHHOG_BIND": f"0.0.0.0:{(port := free_port())}", "STASHHOG_ALLOWED_HOSTS": "demo.example"}
    real = {"STASHHOG_STASH_URL": "http://nas:9999", "DATABASE_URL": f"sqlite:///{tmp_path}/real.sqlite3"}
    with demo(tmp_path / "demo", **bind, **real) as process:
        url = url_of(process)
        assert url == f"http://127.0.0.1:{port}"
        for name in (socket.gethostname(), "localhost", "127.0.0.1", "demo.example"):
            host = {"Host": f"{name}:{port}"}
            assert requests.get(f"{url}/admin/login/", headers=host, timeout=10).status_code == 200, name
        assert requests.get(f"{url}/admin/login/", headers={"Host": "other"}, timeout=10).status_code == 400
        processes = descendants(process.pid)
        os.kill(until(lambda: worker_of(tmp_path / "demo"), "the worker"), signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "'worker' was killed by SIGKILL" in errors
    assert not (tmp_path / "real.sqlite3").exists()
    until(lambda: not alive(processes), "all processes of the demo to be gone", 10)


def test_an_address_that_was_asked_for_and_is_in_use_ends_the_demo_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        bind = f"127.0.0.1:{other.getsockname()[1]}"
        with demo(tmp_path / "demo", STASHHOG_BIND=bind) as process:
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith(f"StashHog can't start. STASHHOG_BIND ('{bind}') can't be used: address already in use")


def test_an_address_that_is_none_ends_the_demo_with_a_sentence(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", STASHHOG_BIND="9000") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith("StashHog can't start. STASHHOG_BIND ('9000') can't be used: give host:port")
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("bind", ["nas:", "::1:9000", "[::1:9000", "1.2.3:9000", "http://nas:9000", "nas:٩٠"])
def test_what_is_no_address_is_refused(bind: str) -> None:
    sentence = re.escape(f"STASHHOG_BIND ('{bind}') can't be used: give host:port")
    with pytest.raises(ImproperlyConfigured, match=f"^{sentence}"):
        Env({"STASHHOG_BIND": bind}).address("STASHHOG_BIND", "127.0.0.1:8000")


def test_the_usual_port_is_replaced_by_a_free_one_when_it_is_in_use(settings: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("STASHHOG_BIND", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.BIND = f"127.0.0.1:{other.getsockname()[1]}"
        with reserved() as address:
            assert address.url.startswith("http://127.0.0.1:")
            assert address.bind != settings.BIND


@pytest.mark.parametrize(
    ("host", "opened"), [("[::]", "[::1]"), ("[::1]", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("localhost", "localhost")]
)
def test_the_url_that_is_shown_can_be_opened(host: str, opened: str, settings: Any, monkeypatch: Any) -> None:
    settings.BIND = f"{host}:{(port := free_port())}"
    monkeypatch.setenv("STASHHOG_BIND", settings.BIND)
    try:
        with reserved() as address:
            assert (address.bind, address.url) == (settings.BIND, f"http://{opened}:{port}")
            assert opened in address.allowed_hosts()
    except ImproperlyConfigured as error:  # a machine without IPv6 says so
        assert host.startswith("["), error
        assert str(error).startswith(f"STASHHOG_BIND ('{settings.BIND}') can't be used: ")


def test_the_demo_ends_at_once_when_it_is_left_while_it_starts(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Ended before the demo was up" in errors


def test_the_demo_ends_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 130
        assert process.stderr.read() == "CommandError: Ended before the demo was up.\n"


def test_all_processes_of_the_demo_die_with_it_in_the_midst_of_its_run(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as process:
        url_of(process)
        until(lambda: any("process_new_scenes" in name for name in commands(process.pid)), "its run")
        processes = descendants(process.pid)
        process.kill()
        until(lambda: not alive(processes), "all processes of the demo to be gone", 10)


def test_a_folder_that_cant_be_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with demo(tmp_path / "file") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "can't be used: Not a directory" in errors


def test_the_demo_does_not_empty_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with demo(tmp_path) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is not empty" in errors
    assert (tmp_path / "mine.txt").read_text() == "precious"
