"""Keeps one django-q2 cluster working: starts it, replaces it when it fails, and shuts it down cleanly."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

from django.db import Error, connection, connections
from django.utils import timezone
from django.utils.module_loading import import_string

from jobs import engine, wakeup
from jobs.conf import conf
from jobs.engine import process_id
from jobs.engine.error_boundary import catch_errors_of
from jobs.management import program
from jobs.models import Job, Supervisor
from jobs.scheduling.scheduler import Scheduler
from jobs.texts.words import counted
from jobs.waiting import Waiter
from jobs.worker import retention
from jobs.worker.cluster_health import ClusterHealth, RestartBackoff
from jobs.worker.cluster_process import Cluster

POLL_INTERVAL = 0.5  # seconds
LONGEST_POLL = 2 * POLL_INTERVAL  # seconds that one poll counts for at most: a delayed supervisor blames no cluster
HEARTBEAT_INTERVAL = 7.0  # seconds; each is a commit
# How long a cluster may do nothing before it is replaced, in seconds. Both double with each unhealthy cluster in a row.
UNRESPONSIVE_AFTER, LONGEST_UNRESPONSIVE = 15.0, 600.0  # for a due job beside an idle worker
START_TIMEOUT, LONGEST_START_TIMEOUT = 300.0, 3600.0  # for workers to be ready, and for a worker to claim a due job
RESTART_DELAY, LONGEST_RESTART_DELAY = 1.0, 60.0  # seconds between two starts; doubles with each end: 2 after the first
HEALTHY_AFTER = 30.0  # seconds that a cluster is ready and leaves no job unclaimed
CHORES_INTERVAL = 5.0  # seconds
PRUNE_CHECK_INTERVAL = 600.0  # seconds between two checks whether pruning is due
STOP_TIMEOUT = 4.0  # seconds for the workers to requeue their jobs; honcho kills after 5

logger = logging.getLogger(__name__)


class ClusterSupervisor:
    """One `manage.py worker`."""

    def __init__(self, command: list[str]):
        self.command = command
        self.stopping = threading.Event()
        self.waiter = Waiter(self.stopping)
        self.cluster: Cluster | None = None
        self.health = ClusterHealth(conf.workers)
        self.backoff = RestartBackoff()
        self.logged: set[str] = set()  # about clusters, since one was healthy
        self.heartbeat_sent = self.started = 0.0  # time.monotonic()
        self.checked = time.monotonic()
        self.prune_checked = -PRUNE_CHECK_INTERVAL  # time.monotonic()
        self.scheduler = Scheduler()
        self.cleaning = threading.Thread()
        self.chores = threading.Thread()
        self.chores_begun = time.monotonic()
        self.pruning: Iterator[Counter[str]] = iter(())
        self.pruning_failed = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        engine.watch_leases()
        self._start_cluster()
        while not self.stopping.is_set():
            self._safely(self.poll)
            self.waiter.pause(POLL_INTERVAL)
        self.stop()

    def _safely(self, act: Callable[[], object]) -> None:
        """The database may be away for a while: log it, and try again at the next poll."""
        try:
            act()
        except Error as error:
            logger.warning("The database can't be reached: %s", error)
            connections.close_all()

    def poll(self) -> None:
        """All that it looks after, once."""
        self._keep_cluster()
        self.send_heartbeat()
        engine.recover()
        self.scheduler.poll()
        self.clean_up()
        self.check_health()
        self.prune()
        self.do_chores()

    def _keep_cluster(self) -> None:
        """Start a cluster if there is none, with a growing delay when it ends again and again."""
        if self.cluster is not None and self.cluster.has_ended():
            self._end_cluster("it has ended", stopped=False)
        if self.cluster is None and time.monotonic() - self.started > self._restart_delay():
            self._start_cluster()

    def _restart_delay(self) -> float:
        return self.backoff.scale(RESTART_DELAY, LONGEST_RESTART_DELAY)

    def clean_up(self) -> None:
        """In a thread of its own, since a service that hangs must not delay the recovery of dead workers."""
        if not self.cleaning.is_alive() and engine.orphaned_and_cancelled():
            self.cleaning = threading.Thread(
                target=self._safely, args=[clean_up_and_close], daemon=True, name="clean up"
            )
            self.cleaning.start()

    def do_chores(self) -> None:
        """What the project has supervisors do, in a thread of its own, for the same reason."""
        if not self.chores.is_alive() and time.monotonic() - self.chores_begun >= CHORES_INTERVAL:
            self.chores_begun = time.monotonic()
            self.chores = threading.Thread(target=self._safely, args=[do_chores_and_close], daemon=True, name="chores")
            self.chores.start()

    def _start_cluster(self) -> None:
        self.started = time.monotonic()
        self.cluster, self.health = Cluster(self.command), ClusterHealth(conf.workers)
        self._log_once(logging.INFO, f"Started a cluster of {counted(conf.workers, 'worker')}")

    def _end_cluster(self, reason: str, *, stopped: bool) -> None:
        """``stopped``: by us, which costs its jobs no attempt. One that ended itself may have been killed by a job."""
        self.backoff.increase()
        self._log_once(
            logging.ERROR, f"Replacing the cluster: {reason}; at least {self._restart_delay():g} s after its start"
        )
        self._kill_cluster()
        engine.recover(stopped=stopped)

    def _log_once(self, level: int, text: str) -> None:
        """Log a message once until a cluster is healthy: one that can't start must not fill the log."""
        if text not in self.logged:
            self.logged.add(text)
            logger.log(level, text)

    def _kill_cluster(self) -> None:
        cluster, self.cluster = self.cluster, None
        if cluster is not None:
            cluster.kill()

    def send_heartbeat(self) -> None:
        """Tell pages that it is alive, and forget supervisors of this host that are gone."""
        if time.monotonic() - self.heartbeat_sent < HEARTBEAT_INTERVAL:
            return
        self.heartbeat_sent = time.monotonic()
        values = {"heartbeat_at": timezone.now(), "host": conf.host_name, "workers": conf.workers}
        Supervisor.objects.update_or_create(process=process_id.current(), defaults=values)
        for row in Supervisor.objects.exclude(process=process_id.current()):
            if process_id.is_gone(row.process):
                row.delete()

    def prune(self) -> None:
        """One batch at each poll, so that recovery is never delayed; once a day, by one of all supervisors."""
        if time.monotonic() - self.prune_checked >= PRUNE_CHECK_INTERVAL:
            self.prune_checked = time.monotonic()
            if self.pruning_failed or retention.claim_pruning():
                self.pruning, self.pruning_failed = retention.prune(), False
        try:
            next(self.pruning, None)
        except Error:  # a generator that raised has ended: make a new one at the next check, not tomorrow
            self.pruning_failed = True
            raise

    def check_health(self) -> None:
        """Replace a cluster that had enough time to work. Time in which the database was away does not count."""
        now = time.monotonic()
        passed, self.checked = min(now - self.checked, LONGEST_POLL), now
        if self.cluster is None:
            return
        first = next((job.pk for job in engine.first_due()), None)
        busy = [] if first is None else self._claims()
        self.health.count(passed, self.cluster.workers(), busy, first)
        if self.cluster.has_worked or self.health.healthy > HEALTHY_AFTER:
            self.backoff.reset()
            self.logged.clear()
        unresponsive_after = self.backoff.scale(UNRESPONSIVE_AFTER, LONGEST_UNRESPONSIVE)
        start_timeout = self.backoff.scale(START_TIMEOUT, LONGEST_START_TIMEOUT)
        reason = self.health.failure(unresponsive_after, start_timeout)
        if reason and not wakeup.is_reachable():
            self.health.unclaimed = self.health.starting = 0.0  # no wake-up could arrive
        elif reason:
            self._end_cluster(reason, stopped=True)
            self._keep_cluster()

    def _claims(self) -> list[int]:
        """The pids of this cluster's workers that hold a claim."""
        pids = [process_id.pid_here(text) for text in Job.objects.claimed().values_list("claimed_by", flat=True)]
        return [pid for pid in pids if pid is not None and self.cluster is not None and self.cluster.owns(pid)]

    def stop(self) -> None:
        """Let the workers requeue their jobs, then kill all processes; killed jobs lose no attempt."""
        logger.info("Stopping: running jobs are requeued")
        deadline = time.monotonic() + STOP_TIMEOUT
        self._safely(lambda: self.ask_to_stop(deadline))
        self._kill_cluster()
        self._safely(lambda: engine.recover(stopped=True))
        self._safely(lambda: Supervisor.objects.filter(process=process_id.current()).delete())
        if self.chores.is_alive():  # what is begun is better brought to its end
            self.chores.join(max(0.0, deadline - time.monotonic()))
        logger.info("Stopped")

    def ask_to_stop(self, deadline: float) -> None:
        """SIGTERM to the workers, until none is busy: one may have claimed a job since."""
        waiter = Waiter()
        while (busy := self._claims()) and time.monotonic() < deadline:
            # The idle ones too: they would claim what the others requeue.
            idle = self.cluster.workers() if self.cluster else {}
            for pid in {*busy, *idle}:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            waiter.pause(0.1)


def clean_up_and_close() -> None:
    """In a thread, which has a connection of its own."""
    try:
        engine.clean_up_orphaned()
    finally:
        connection.close()


def do_chores_and_close() -> None:
    """In a thread, likewise."""
    try:
        for path in conf.chores:
            # An error in one keeps none of the others.
            catch_errors_of(import_string(path), f"chore={path}")
    finally:
        connection.close()


def cluster_command() -> list[str]:
    """How to start the cluster with the same program and settings as this process."""
    return program.command("qcluster")
