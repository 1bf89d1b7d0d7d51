"""Whether a cluster works, measured from when its workers report that they are ready.

Nothing here reads a clock. The supervisor passes the seconds in which it was able to poll: a machine that is slow, was
suspended, or could not reach its database gives the cluster more time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from jobs.engine import process_id
from jobs.worker.readiness import WorkerState

MAX_DOUBLINGS = 16


class RestartBackoff:
    """Doubles delays with each cluster in a row that has to be replaced, until one works."""

    def __init__(self) -> None:
        self.replaced = 0

    def increase(self) -> None:
        self.replaced = min(self.replaced + 1, MAX_DOUBLINGS)

    def reset(self) -> None:
        self.replaced = 0

    def scale(self, first: float, longest: float) -> float:
        """Seconds: ``first`` at first."""
        return min(longest, first * float(2**self.replaced))


@dataclass
class ClusterHealth:
    """Of one cluster with so many ``workers``. The other values are seconds, except the first due job's id."""

    workers: int
    starting: float = 0.0  # without any worker that is ready
    healthy: float = 0.0  # ready, with no job left unclaimed
    first: object = None
    unclaimed: float = 0.0  # the first due job waited while a worker was free and did nothing about it
    pending: float = 0.0  # it waited for a worker that was starting, or about to claim it

    def count(self, seconds: float, states: Mapping[int, WorkerState], busy: Collection[int], first: object) -> None:
        """Record a poll: the state of each worker, the pids that hold a claim, and the first due job's id."""
        self.starting = 0.0 if states else self.starting + seconds
        if first is None or first != self.first:
            self.first, self.unclaimed, self.pending = first, 0.0, 0.0
        if first is None:
            self.healthy = self.healthy + seconds if states else 0.0
            return
        self.healthy = 0.0
        free = [pid for pid in states if pid not in busy]
        if any(states[pid] == WorkerState.LOOKING and not process_id.is_stopped(pid) for pid in free):
            self.pending += seconds
        elif free:
            self.unclaimed += seconds
        elif len(states) < self.workers:
            self.pending += seconds
        else:
            self.unclaimed = self.pending = 0.0

    def failure(self, unresponsive_after: float, start_timeout: float) -> str:
        """Why the cluster has to be replaced, or "". ``start_timeout``: seconds for what is slow on a slow machine."""
        if self.starting > start_timeout:
            return f"none of its workers was ready within {start_timeout:g} s"
        if self.unclaimed > unresponsive_after:
            return f"a due job waited {unresponsive_after:g} s beside a free worker"
        if self.pending > start_timeout:
            return f"a due job waited {start_timeout:g} s for a worker that was starting or about to claim it"
        return ""
