"""Keeps one django-q2 cluster working: starts it, replaces it when it fails, and stops it in good order."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

from django.conf import settings
from django.db import Error, connection, connections
from django.utils import timezone

from jobs import engine, owner, program, retention
from jobs.models import Job
from jobs.models import Supervisor as Row
from jobs.waiting import Waiter

TICK = 0.5  # seconds between two looks
BEAT = 5.0  # seconds between two signs of life
DEAF = 15.0  # seconds that a due job waits beside a free worker before the cluster is replaced
RESTART = 2.0  # seconds at least between two starts of a cluster
TURN = 600.0  # seconds between two questions whether it is this supervisor's turn to prune
STOP_WITHIN = 4.0  # seconds for the workers to give their jobs back; honcho kills after 5

logger = logging.getLogger(__name__)


class Supervisor:
    """One `manage.py worker`."""

    def __init__(self, command: list[str]):
        self.command = command
        self.leaving = threading.Event()
        self.waiter = Waiter(self.leaving)
        self.cluster: subprocess.Popen[bytes] | None = None
        self.beaten = self.started = 0.0  # time.monotonic()
        self.unheard: tuple[object, float] | None = None  # the first due job, and since when
        self.turn_asked = -TURN  # time.monotonic()
        self.letting_go = threading.Thread()
        self.pruning: Iterator[Counter[str]] = iter(())
        self.pruning_failed = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.leaving.set())
        self._start_cluster()
        while not self.leaving.is_set():
            self._safely(self._look)
            self.waiter.pause(TICK)
        self._leave()

    def _safely(self, act: Callable[[], object]) -> None:
        """The database may be away for a while: say so, and look again at the next tick."""
        try:
            act()
        except Error as error:
            logger.warning("The database can't be reached: %s", error)
            connections.close_all()

    def _look(self) -> None:
        ended = self.cluster is not None and self.cluster.poll() is not None
        if ended and time.monotonic() - self.started > RESTART:
            self._replace_cluster("it has ended", stopped=False)
        self._beat()
        engine.recover()
        self._let_go()
        if self._is_deaf():
            self._replace_cluster(f"a due job waited {DEAF:g} s beside a free worker", stopped=True)
        self._prune()

    def _let_go(self) -> None:
        """In a thread of its own, since a service that hangs must not keep us from noticing a dead worker."""
        if not self.letting_go.is_alive() and engine.lost_and_cancelled():
            self.letting_go = threading.Thread(target=self._safely, args=[_let_go], daemon=True, name="let go")
            self.letting_go.start()

    def _start_cluster(self) -> None:
        # A session of its own: Ctrl-C on the terminal is for the supervisor, who stops the cluster.
        self.started = time.monotonic()
        environment = os.environ | {"STASHHOG_SUPERVISED": str(os.getpid())}
        self.cluster = subprocess.Popen(self.command, start_new_session=True, env=environment)
        logger.info("Started a cluster of %s workers", settings.WORKERS)

    def _replace_cluster(self, reason: str, *, stopped: bool) -> None:
        """``stopped``: by us, which costs its jobs nothing. One that ended by itself may have been killed by a job."""
        logger.error("Replacing the cluster: %s", reason)
        self._kill_cluster()
        engine.recover(stopped=stopped)
        self.unheard = None
        self._start_cluster()

    def _kill_cluster(self) -> None:
        assert self.cluster is not None
        with suppress(ProcessLookupError):
            os.killpg(self.cluster.pid, signal.SIGKILL)
        self.cluster.wait()

    def _beat(self) -> None:
        if time.monotonic() - self.beaten < BEAT:
            return
        self.beaten = time.monotonic()
        values = {"beat_at": timezone.now(), "host": settings.HOST_NAME, "workers": settings.WORKERS}
        Row.objects.update_or_create(owner=owner.me(), defaults=values)
        for row in Row.objects.exclude(owner=owner.me()):
            if owner.is_gone(row.owner):
                row.delete()

    def _prune(self) -> None:
        """One piece at each look, so that recovery never waits for the rest; once a day, by one of all supervisors."""
        if time.monotonic() - self.turn_asked >= TURN:
            self.turn_asked = time.monotonic()
            if self.pruning_failed or retention.take_turn():
                self.pruning, self.pruning_failed = retention.prune(), False
        try:
            next(self.pruning, None)
        except Error:  # a generator that raised is at its end: a new one at the next turn, not tomorrow
            self.pruning_failed = True
            raise

    def _is_deaf(self) -> bool:
        """Whether the same due job has been waiting for long although a worker is free."""
        first = engine.due().values_list("pk", flat=True).first()
        if first is None or len(self._claims()) >= settings.WORKERS:
            self.unheard = None
        elif self.unheard is None or self.unheard[0] != first:
            self.unheard = (first, time.monotonic())
        return self.unheard is not None and time.monotonic() - self.unheard[1] > DEAF

    def _claims(self) -> list[int]:
        """The pids of this cluster's workers that hold a claim."""
        pids = [owner.pid_here(text) for text in Job.objects.claimed().values_list("claim_owner", flat=True)]
        return [pid for pid in pids if pid is not None and self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        assert self.cluster is not None
        with suppress(ProcessLookupError):
            return os.getpgid(pid) == self.cluster.pid
        return False

    def _leave(self) -> None:
        """Let the workers give their jobs back, then end all processes; what was cut off costs no attempt."""
        logger.info("Stopping: running jobs are given back")
        deadline = time.monotonic() + STOP_WITHIN
        waiter = Waiter()
        self._safely(lambda: self._ask_back(deadline, waiter))
        self._kill_cluster()
        self._safely(lambda: engine.recover(stopped=True))
        self._safely(lambda: Row.objects.filter(owner=owner.me()).delete())
        logger.info("Stopped")

    def _ask_back(self, deadline: float, waiter: Waiter) -> None:
        while (pids := self._claims()) and time.monotonic() < deadline:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            waiter.pause(0.1)


def _let_go() -> None:
    try:
        engine.let_go_of_lost()
    finally:
        connection.close()


def cluster_command() -> list[str]:
    """How to start the cluster with the same program and settings as this process."""
    return program.command("qcluster")
