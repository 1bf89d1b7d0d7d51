"""The web process and a worker, started together by honcho, whatever becomes of the reader of their output.

honcho itself stands still while nobody reads what it prints (`make run | less`, Ctrl-S on a terminal): it notices
neither Ctrl-C nor that a process has ended, and what the processes say piles up in its memory. Once the reader is gone
it breaks off and leaves them to themselves.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import NamedTuple, TextIO

from django.conf import settings
from honcho.manager import Manager
from honcho.printer import Message, Printer

from jobs.worker.parent_watchdog import STARTED_BY_HONCHO
from stashhog.log_formats import json_line

MAX_WAITING_LINES = 2_000  # lines that wait for the reader; newer ones are lost
MAX_LINE_LENGTH = 10_000  # characters of a line
FLUSH_TIMEOUT = 2.0  # seconds at the end to write the lines that still wait


class OutputLine(NamedTuple):
    """``lost``: how many before it were lost in all."""

    text: str
    dropped: int


class OutputStream:
    """A text stream to write to that never blocks and never fails: a thread of its own passes the lines on.

    ``gone`` is called once when nobody can read them any more; a disk that is full costs the lines alone. The thread
    begins with the first line, since honcho forks before it prints.
    """

    def __init__(self, stream: TextIO, gone: Callable[[], object]):
        self.stream, self.gone = stream, gone
        self.encoding = stream.encoding
        self.lines: SimpleQueue[OutputLine | None] = (
            SimpleQueue()
        )  # put by signal handlers, too: a lock could hang them
        self.thread: threading.Thread | None = None
        self.started, self.dropped = "", 0

    def isatty(self) -> bool:
        return self.stream.isatty()

    def write(self, text: str) -> int:
        *lines, self.started = (self.started + text).split("\n")
        for line in lines:
            self.put(line)
        return len(text)

    def flush(self) -> None:
        """Nothing waits here for more than the end of its line."""

    def finish(self) -> None:
        """Give the reader a moment for the last lines."""
        if self.thread:
            self.lines.put(None)
            self.thread.join(FLUSH_TIMEOUT)

    def put(self, line: str) -> None:
        """Into the queue to the thread, which it starts; lost when too many wait already."""
        if self.lines.qsize() >= MAX_WAITING_LINES:
            self.dropped += 1
            return
        self.lines.put(OutputLine(line[:MAX_LINE_LENGTH], self.dropped))
        if self.thread is None:
            self.thread = threading.Thread(target=self.pass_on, daemon=True, name="output")
            self.thread.start()

    def pass_on(self) -> None:
        """In the thread: write the lines until `finish`, or until the reader is gone."""
        reported = 0  # of the lines that were lost
        for line in iter(self.lines.get, None):
            try:
                reported = self._report_dropped(line.dropped, reported)
                self._write(line.text)
                if self.lines.empty():
                    reported = self._report_dropped(self.dropped, reported)
            except BrokenPipeError:
                self.gone()
                return
            except OSError:
                reported -= 1

    def _report_dropped(self, dropped: int, reported: int) -> int:
        if dropped > reported:
            self._write(f"({dropped - reported} lines were lost here, since nobody took them in time)")
        return max(dropped, reported)

    def _write(self, line: str) -> None:
        """Past the stream's own buffer, which a thread that is stuck in it would keep locked to the very end."""
        data = f"{line}\n".encode(errors="replace")
        while data:
            data = data[os.write(self.stream.fileno(), data) :]


def stop() -> None:
    """As by Ctrl-C: honcho shuts its processes down cleanly."""
    with suppress(OSError):
        sys.stderr.write("Nobody reads any more what StashHog says: it stops.\n")
    os.kill(os.getpid(), signal.SIGTERM)


class JsonPrinter(Printer):
    """In a log of JSON each line stays an object, without honcho's prefix; what is none is made one."""

    def write(self, message: Message) -> None:
        text = message.data.decode(errors="replace") if isinstance(message.data, bytes) else message.data
        for line in text.splitlines():
            is_object = line.startswith("{") and line.endswith("}")
            output = line if is_object else json_line(f"output.{message.name}", line, message.time.timestamp())
            print(output, file=self.output, flush=True)


class ProcessManager(Manager):
    """honcho's manager, which may be asked to end before all of its processes have started.

    honcho's own fails on such a signal, since it does not know their pids yet, then runs them for ever and hears no
    other signal. Its helper processes have its handler, too, until they ignore signals.
    """

    def terminate(self) -> None:
        """Ends the processes, or leaves that to its loop, which asks `_any_stopped` once they have started."""
        if self._all_started():
            super().terminate()

    def _any_stopped(self) -> bool:
        """Also when somebody asked them to end."""
        return self.returncode is not None or super()._any_stopped()


def run_together(commands: Mapping[str, Sequence[str]]) -> int:
    """Until one of the processes ends or a signal asks for it; returns the exit code. ``commands`` by name."""
    output = OutputStream(sys.stdout, gone=stop)
    sys.stdout = output
    try:
        manager = ProcessManager(JsonPrinter(output) if settings.LOG_FORMAT == "json" else Printer(output))
        for name, command in commands.items():
            environment = os.environ | {STARTED_BY_HONCHO: name, "PYTHONUNBUFFERED": "1"}
            # honcho gives it to a shell; `exec`, so that signals reach the process itself.
            manager.add_process(name, f"exec {shlex.join(command)}", env=environment)
        manager.loop()
        return int(manager.returncode or 0)
    finally:
        output.finish()
