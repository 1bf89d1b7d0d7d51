"""What StashHog's processes say never stops them: not when nobody reads it, nor when there is no room for it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from scenes.demo import processes
from scenes.demo.processes import DemoFailed, Processes, free_port
from stashhog.ops.together import MAX_WAITING_LINES, OutputStream
from tests.processes import ROOT, alive, descendants, environment, until
from tests.traffic import ask

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.acceptance,
    pytest.mark.timeout(300),
]
REQUESTS = MAX_WAITING_LINES + 1_600  # a line of each: more than wait for a reader and than a pipe holds
PATHS = ("/healthz",) * 19 + ("/admin/login/",)
# More than a pipe holds, and so fast that a log is shortened often.
NOISY = """import sys, time
from pathlib import Path
for number in range(20_000):
    print(f'line {number} ' + 'x' * 100)
sys.stdout.flush()
marker = Path('marker')
marker.touch()
while marker.exists():
    time.sleep(0.05)
print('written on', flush=True)
marker.touch()
time.sleep(60)
"""
WITHIN = 60.0  # seconds, for what takes one when nothing else runs


@contextmanager
def make_run(stdout: Any, *command: str, **extra: Any) -> Iterator[subprocess.Popen[str]]:
    """`make run`, or other processes that are started in its way."""
    with subprocess.Popen(
        [sys.executable, *(command or ("manage.py", "run"))],
        cwd=ROOT,
        env=environment(**extra),
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            for pid in alive([process.pid, *descendants(process.pid)]):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """The file that `noisy` makes once it has said all."""
    return tmp_path / "marker"


def noisy(marker: Path) -> tuple[str, str]:
    """Started together in the way of `make run`: a process that says much."""
    command = [sys.executable, "-u", "-c", NOISY.replace("'marker'", repr(str(marker)))]
    return "-c", f"from stashhog.ops.together import run_together; exit(run_together({{'noisy': {command!r}}}))"


def answers(url: str) -> bool:
    try:
        return ask(url, ("/healthz",), 8) == {200: 8}
    except (OSError, HTTPException):
        return False


def test_the_site_answers_after_many_requests_when_nobody_reads_what_make_run_says_and_ends_when_asked_to() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"STASHHOG_BIND": f"127.0.0.1:{port}", "STASHHOG_ACCESS_LOG": "true"}
    with make_run(subprocess.PIPE, **settings) as process:
        until(lambda: answers(url), "the web process")
        assert ask(url, PATHS, REQUESTS) == {200: REQUESTS}
        assert answers(url)
        begun = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(WITHIN) == 130
        until(lambda: not alive(begun), "all processes to be gone", WITHIN)


def test_no_request_is_logged_unless_it_is_asked_for(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    with (tmp_path / "log").open("w") as log, make_run(log, STASHHOG_BIND=f"127.0.0.1:{port}") as process:
        until(lambda: answers(url), "the web process")
        before = (tmp_path / "log").stat().st_size
        ask(url, PATHS, 800)
        assert (tmp_path / "log").stat().st_size - before < 2_000
        process.terminate()
        process.wait(WITHIN)


def test_a_process_goes_on_while_the_reader_of_its_lines_has_stopped_and_ends_when_asked_to(marker: Path) -> None:
    with make_run(subprocess.PIPE, *noisy(marker)) as process:
        until(marker.exists, "all to be said", WITHIN)
        process.terminate()
        assert process.wait(WITHIN) == 143


def test_lines_that_were_lost_are_counted_where_they_are_missing() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as read, os.fdopen(writing, "w") as stream:
        output = OutputStream(stream, gone=lambda: None)
        for number in range(20_000):
            output.write(f"line {number} {'x' * 100}\n")
        passed, seen = 0, 0
        while passed < 20_000:
            lost = re.match(r"\((\d+) lines were lost here", line := read.readline())
            assert lost or line.startswith(f"line {passed} ")
            passed, seen = passed + int(lost[1] if lost else 1), seen + (not lost)
    assert MAX_WAITING_LINES <= seen < 20_000


def test_a_process_goes_on_when_there_is_no_room_for_what_it_says(marker: Path) -> None:
    with Path("/dev/full").open("w") as full, make_run(full, *noisy(marker)) as process:
        until(marker.exists, "all to be said", WITHIN)
        assert process.poll() is None


def test_all_processes_leave_in_good_order_once_the_reader_is_gone(marker: Path) -> None:
    with make_run(subprocess.PIPE, *noisy(marker)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begun = descendants(process.pid)
        process.stdout.close()
        assert process.wait(WITHIN) == 143
        until(lambda: not alive(begun), "all processes to be gone", WITHIN)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Processes]:
    begun = Processes(tmp_path / "logs", environment())
    yield begun
    begun.stop()


def test_the_site_of_the_demo_answers_after_many_requests_and_its_log_stays_short(demo: Processes, monkeypatch) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 50_000)
    url = f"http://127.0.0.1:{(port := free_port())}"
    demo.environment |= {"STASHHOG_BIND": f"127.0.0.1:{port}", "STASHHOG_ACCESS_LOG": "true"}
    demo.start("web", "manage.py", "web")
    demo.wait_for(lambda: answers(url), "the web process")
    for _ in range(5):
        assert ask(url, PATHS, 320) == {200: 320}
        demo.look()
    assert answers(url)
    sizes = {path.name: path.stat().st_size for path in demo.logs.iterdir()}
    assert sizes.keys() == {"web.log", "web.log.1"}
    assert max(sizes.values()) <= 51_000
    assert "GET /healthz" in (demo.logs / "web.log.1").read_text()


def test_a_log_that_is_shortened_is_written_on(demo: Processes, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 10_000)
    demo.start("noisy", "-c", NOISY.replace("'marker'", repr(str(tmp_path / "marker"))))
    until((tmp_path / "marker").exists, "all to be said", WITHIN)
    demo.look()
    assert (demo.logs / "noisy.log").read_bytes() == b""
    assert "line 19999 " in (demo.logs / "noisy.log.1").read_text()
    assert (demo.logs / "noisy.log.1").stat().st_size <= 10_000
    (tmp_path / "marker").unlink()
    until((tmp_path / "marker").exists, "something more to be said", WITHIN)
    assert (demo.logs / "noisy.log").read_bytes() == b"written on\n"


@pytest.mark.parametrize(
    ("code", "ending"),
    [("raise SystemExit('no film')", "ended with code 1"), ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL")],
)
def test_a_process_of_the_demo_that_ends_is_named_with_what_it_said(demo: Processes, code: str, ending: str) -> None:
    demo.start("tagger", "-c", f"print('looking', flush=True); {code}")
    with pytest.raises(DemoFailed, match=rf"'tagger' (was )?{ending}[^$]*looking"):
        demo.wait_for(lambda: None, "nothing")
