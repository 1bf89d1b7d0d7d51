"""Stash's job queue: one job at a time, ids that begin at 1 with each start, the last ten ended ones kept."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from ..library.timestamps import Clock
from .log import Log

T = TypeVar("T")
ENDED_KEPT = 10
UPDATE_INTERVAL = 0.1  # seconds between two UPDATE messages of one job
GRACE = 1  # items still handled after the one in hand, once a stop was asked for


class Stopped(Exception):
    """The job was stopped and has come to its end."""


class Failed(Exception):
    """The job ends FAILED with this error. Of the real ones only identify was ever seen to do so."""


@dataclass(slots=True, eq=False)
class Job:
    """``progress`` is 0…1, or None while it can't be told."""

    type_name: ClassVar[str] = "Job"
    id: int
    description: str
    addTime: str
    status: str = "READY"
    progress: float | None = None
    startTime: str | None = None
    endTime: str | None = None
    error: str | None = None
    subTasks: list[str] = field(default_factory=list)
    seconds: float = 0.0  # how long it took
    update_at: float = 0.0  # loop time of the last UPDATE

    @property
    def stopping(self) -> bool:
        return self.status == "STOPPING"


@dataclass(slots=True)
class JobUpdate:
    type_name: ClassVar[str] = "JobStatusUpdate"
    type: str
    job: Job


Work = Callable[["Running"], Awaitable[None]]


class Running:
    """What a job's work is given: its row, the log, and a loop over items that a stop can end."""

    def __init__(self, queue: JobQueue, job: Job):
        self.queue, self.job, self.log = queue, job, queue.log

    def progress(self, share: float | None) -> None:
        self.job.progress = share
        self.queue.publish_update(self.job)

    async def each(self, items: Sequence[T]) -> AsyncIterator[T]:
        """The items, one by one. Raises Stopped after the item in hand and one more.

        The progress counts what was begun, so that it reads 1 while the last item is still being done.
        """
        left = GRACE
        for number, item in enumerate(items, 1):
            if self.job.stopping and not left:
                raise Stopped
            left -= self.job.stopping
            self.progress(number / len(items))
            yield item
        self.end_if_stopped()

    def end_if_stopped(self) -> None:
        if self.job.stopping:
            raise Stopped


class JobQueue:
    def __init__(self, clock: Clock, log: Log):
        self.clock, self.log = clock, log
        self.listeners: list[Callable[[JobUpdate], None]] = []
        self.runner: asyncio.Task | None = None
        self.forget()

    def forget(self) -> None:
        """As after a restart of Stash: no jobs, and ids from 1 on."""
        self.last_id = 0
        self.waiting: list[Job] = []
        self.work: dict[int, Work] = {}
        self.current: Job | None = None
        self.ended: deque[Job] = deque(maxlen=ENDED_KEPT)

    # --- asked by queries and mutations ---

    def add(self, description: str, work: Work) -> Job:
        self.last_id += 1
        job = Job(self.last_id, description, self.clock.precise_time())
        self.work[job.id] = work
        self.waiting.append(job)
        self._publish("ADD", job)
        if self.runner is None or self.runner.done():
            self.runner = asyncio.get_running_loop().create_task(self.run_waiting())
        return job

    def queue(self) -> list[Job]:
        return [*([self.current] if self.current else []), *self.waiting]

    def find(self, number: int) -> Job | None:
        return next((job for job in [*self.queue(), *self.ended] if job.id == number), None)

    def stop(self, number: int) -> None:
        job = next((job for job in self.queue() if job.id == number), None)
        if job is None:
            return
        if job is self.current:
            job.status = "STOPPING"
            self.publish_update(job)
            return
        self.waiting.remove(job)
        self._end(job, "CANCELLED")

    def stop_all(self) -> None:
        for job in self.queue():
            self.stop(job.id)

    async def lose(self) -> None:
        """The running job ends with the process; what waited is gone too."""
        if self.runner:
            self.runner.cancel()
            await asyncio.gather(self.runner, return_exceptions=True)
        self.runner = None
        self.forget()

    # --- running ---

    async def run_waiting(self) -> None:
        """Runs the jobs one after another until none waits."""
        # A turn of the loop first: the caller has the id before anything happens, as with a real one.
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        while self.waiting:
            job, began = self.waiting.pop(0), loop.time()
            self.current, job.status = job, "RUNNING"
            job.startTime = self.clock.precise_time()
            self.publish_update(job)
            try:
                await self.work.pop(job.id)(Running(self, job))
                status = "FINISHED"
            except Stopped:
                status = "CANCELLED"
            except Failed as error:
                status, job.error = "FAILED", str(error)
            job.seconds = loop.time() - began
            job.endTime = self.clock.precise_time()
            self.current = None
            self._end(job, status)

    def _end(self, job: Job, status: str) -> None:
        job.status = status
        self.work.pop(job.id, None)
        self.ended.append(job)
        self._publish("REMOVE", job)

    # --- telling ---

    def publish_update(self, job: Job) -> None:
        """At most ten a second for one job; the newest state goes out, some in between never do."""
        now = asyncio.get_running_loop().time()
        if now - job.update_at >= UPDATE_INTERVAL:
            job.update_at = now
            self._publish("UPDATE", job)

    def _publish(self, kind: str, job: Job) -> None:
        for listener in list(self.listeners):
            # A copy: the job goes on changing while the message waits to be sent.
            listener(JobUpdate(kind, copy(job)))
