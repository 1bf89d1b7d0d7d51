"""Keeps one django-q2 cluster working: starts it, replaces it when it fails, and stops it in good order."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

from django.conf import settings
from django.db import Error, connection, connections
from django.utils import timezone

from jobs import engine, program, retention, wakeup
from jobs.engine import process_id
from jobs.models import Job
from jobs.models import Supervisor as Row
from jobs.waiting import Waiter
from jobs.worker.cluster_process import Cluster
from jobs.worker.trial import Patience, Trial

TICK = 0.5  # seconds between two looks
LONGEST_LOOK = 2 * TICK  # seconds that one look counts for at most: a supervisor that was held up accuses nobody
BEAT = 5.0  # seconds between two signs of life
# How long a cluster may do nothing before it is replaced; both double with each one that did not prove well.
DEAF, LONGEST_DEAF = 15.0, 600.0  # seconds that a due job waits beside a free worker
START, LONGEST_START = 300.0, 3600.0  # seconds for the workers to be ready, and for one to claim what it heard of
RESTART, LONGEST_RESTART = 1.0, 60.0  # seconds between two starts; doubles with each end: 2 after the first
PROVEN = 30.0  # seconds that a cluster is ready and leaves nothing undone
HELD_UP = 5.0  # seconds at least without a look after which leases tell nothing
TURN = 600.0  # seconds between two questions whether it is this supervisor's turn to prune
STOP_WITHIN = 4.0  # seconds for the workers to give their jobs back; honcho kills after 5

logger = logging.getLogger(__name__)


class Supervisor:
    """One `manage.py worker`."""

    def __init__(self, command: list[str]):
        self.command = command
        self.leaving = threading.Event()
        self.waiter = Waiter(self.leaving)
        self.cluster: Cluster | None = None
        self.trial = Trial(settings.WORKERS)
        self.patience = Patience()
        self.said: set[str] = set()  # of clusters, since one proved well
        self.beaten = self.started = 0.0  # time.monotonic()
        self.judged = self.recovered = time.monotonic()
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
        self._keep_cluster()
        self._beat()
        self._recover()
        self._let_go()
        self._judge()
        self._prune()

    def _keep_cluster(self) -> None:
        """Have one, but don't start one that ends at once again and again without a pause."""
        if self.cluster is not None and self.cluster.has_ended():
            self._end_cluster("it has ended", stopped=False)
        if self.cluster is None and time.monotonic() - self.started > self._pause():
            self._start_cluster()

    def _pause(self) -> float:
        return self.patience.of(RESTART, LONGEST_RESTART)

    def _recover(self, *, stopped: bool = False) -> None:
        """After a time without a look the living may have been held up, too: they first get time to renew leases."""
        if time.monotonic() - self.recovered > max(HELD_UP, settings.JOBS_LEASE - settings.JOBS_HEARTBEAT):
            engine.doubt_leases()
        engine.recover(stopped=stopped)
        self.recovered = time.monotonic()

    def _let_go(self) -> None:
        """In a thread of its own, since a service that hangs must not keep us from noticing a dead worker."""
        if not self.letting_go.is_alive() and engine.lost_and_cancelled():
            self.letting_go = threading.Thread(target=self._safely, args=[_let_go], daemon=True, name="let go")
            self.letting_go.start()

    def _start_cluster(self) -> None:
        self.started = time.monotonic()
        self.cluster, self.trial = Cluster(self.command), Trial(settings.WORKERS)
        self._say(logging.INFO, f"Started a cluster of {settings.WORKERS} workers")

    def _end_cluster(self, reason: str, *, stopped: bool) -> None:
        """``stopped``: by us, which costs its jobs nothing. One that ended by itself may have been killed by a job."""
        self.patience.grow()
        self._say(logging.ERROR, f"Replacing the cluster: {reason}; at least {self._pause():g} s after its start")
        self._kill_cluster()
        self._recover(stopped=stopped)

    def _say(self, level: int, text: str) -> None:
        """Once until a cluster proves well: one that can't start must not fill the log."""
        if text not in self.said:
            self.said.add(text)
            logger.log(level, text)

    def _kill_cluster(self) -> None:
        cluster, self.cluster = self.cluster, None
        if cluster is not None:
            cluster.kill()

    def _beat(self) -> None:
        if time.monotonic() - self.beaten < BEAT:
            return
        self.beaten = time.monotonic()
        values = {"beat_at": timezone.now(), "host": settings.HOST_NAME, "workers": settings.WORKERS}
        Row.objects.update_or_create(owner=process_id.me(), defaults=values)
        for row in Row.objects.exclude(owner=process_id.me()):
            if process_id.is_gone(row.owner):
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

    def _judge(self) -> None:
        """Replace a cluster that had its chance. No time counts in which the database was away."""
        now = time.monotonic()
        passed, self.judged = min(now - self.judged, LONGEST_LOOK), now
        if self.cluster is None:
            return
        first = engine.due().values_list("pk", flat=True).first()
        busy = [] if first is None else self._claims()
        self.trial.count(passed, self.cluster.workers(), busy, first)
        if self.cluster.took_work or self.trial.calm > PROVEN:
            self.patience.reset()
            self.said.clear()
        self._replace_if_due()

    def _replace_if_due(self) -> None:
        deaf, start = self.patience.of(DEAF, LONGEST_DEAF), self.patience.of(START, LONGEST_START)
        reason = self.trial.verdict(deaf, start)
        if reason and not wakeup.is_reachable():
            self.trial.unheard = self.trial.starting = 0.0  # nobody could hear anything
        elif reason:
            self._end_cluster(reason, stopped=True)
            self._keep_cluster()

    def _claims(self) -> list[int]:
        """The pids of this cluster's workers that hold a claim."""
        pids = [process_id.pid_here(text) for text in Job.objects.claimed().values_list("claim_owner", flat=True)]
        return [pid for pid in pids if pid is not None and self.cluster is not None and self.cluster.owns(pid)]

    def _leave(self) -> None:
        """Let the workers give their jobs back, then end all processes; what was cut off costs no attempt."""
        logger.info("Stopping: running jobs are given back")
        deadline = time.monotonic() + STOP_WITHIN
        waiter = Waiter()
        self._safely(lambda: self._ask_back(deadline, waiter))
        self._kill_cluster()
        self._safely(lambda: engine.recover(stopped=True))
        self._safely(lambda: Row.objects.filter(owner=process_id.me()).delete())
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
