"""The demo waits for a web process that takes long, but for none that has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.waiting import Waiter
from scenes.demo.processes import START_WITHIN, DemoFailed, Left, Processes
from stashhog.ops.management.commands.demo import answers

pytestmark = pytest.mark.acceptance

LATE = """
import http.server, sys, time
time.sleep({seconds})
class Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Well)
open({port!r}, "w").write(str(server.server_port))
server.serve_forever()
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path / "logs", {}, Waiter(threading.Event()))
    yield made
    made.stop()


def test_a_web_process_that_starts_late_is_waited_for(processes: Processes, tmp_path: Path) -> None:
    port = tmp_path / "port"
    processes.start("web", "-c", LATE.format(seconds=2, port=str(port)))

    def late() -> bool:
        return port.exists() and port.read_text() != "" and answers(f"http://127.0.0.1:{port.read_text()}")

    assert processes.wait_for(late, "the web process to answer")
    assert START_WITHIN >= 20 * 20, "20 s on a machine of today's, on one that is 20 times slower"


def test_one_that_ended_is_not_waited_for_and_the_message_tells_where_to_look(processes: Processes) -> None:
    processes.start("web", "-c", "raise SystemExit(3)")
    begun = time.monotonic()
    with pytest.raises(DemoFailed, match=r"'web' ended with code 3.*logs"):
        processes.wait_for(lambda: None, "the web process to answer")
    assert time.monotonic() - begun < 15


def test_ctrl_c_ends_the_waiting(processes: Processes) -> None:
    processes.start("web", "-c", "import time; time.sleep(60)")
    threading.Timer(0.5, processes.waiter.wake.set).start()
    begun = time.monotonic()
    with pytest.raises(Left):
        processes.wait_for(lambda: None, "the web process to answer")
    assert time.monotonic() - begun < 15
