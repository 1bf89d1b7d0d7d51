"""What is started together ends when it is asked to, however early that is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.processes import ROOT, alive, descendants, until

pytestmark = [pytest.mark.one_database, pytest.mark.acceptance]
WITHIN = 20.0  # seconds
ALONE = "after_in_parent"  # `kill PID`
# Ctrl-C on a terminal also reaches the process that honcho has beside each of ours, here before it ignores signals.
EVERYBODY = "after_in_child", "after_in_parent"
TOGETHER = """
import os, signal
from stashhog.ops.together import run_together
ask = lambda: os.kill(os.getpid(), signal.{name})
os.register_at_fork(**dict.fromkeys({when!r}, ask))
exit(run_together({{"one": ["sleep", "61"], "two": ["sleep", "62"]}}))
"""


@pytest.mark.parametrize("when", [(ALONE,), EVERYBODY], ids=["alone", "everybody"])
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_that_comes_while_the_processes_start_ends_all_of_them(
    when: tuple[str, ...], name: str, code: int
) -> None:
    begun: list[int] = []
    command = [sys.executable, "-c", TOGETHER.format(name=name, when=when)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            begun = [process.pid, *descendants(process.pid)]
            assert process.wait(WITHIN) == code
            until(lambda: not alive(begun), "all processes to be gone", WITHIN)
        finally:
            for pid in alive([*begun, *descendants(process.pid)]):
                os.kill(pid, signal.SIGKILL)
