"""One Stash: its library, clock, jobs, log and files, and what tests and the demo may do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from graphql import execute_sync

from .graphql.context import Context
from .graphql.execution import Projection, run_fields
from .graphql.fields import RESOLVERS
from .graphql.queries import QUERIES
from .graphql.schema import Operation, schema
from .jobs.log import Log
from .jobs.queue import Job, JobQueue, Running
from .library.persistence import RecordStore
from .library.state import KINDS, LibraryState
from .library.timestamps import Clock, row_text
from .media.generator import Generator
from .media.outputs import Outputs
from .mutations import MUTATIONS
from .settings import Settings
from .web.faults import Faults
from .web.journal import RequestLog

ROOTS = {"query": QUERIES, "mutation": MUTATIONS}


class Simulator:
    """``folder``: where generated files go, and the library too when it is to be kept (``keep``)."""

    def __init__(self, settings: Settings, folder: Path, keep: bool = False):
        folder.mkdir(parents=True, exist_ok=True)
        self.settings, self.folder = settings, folder
        self.clock = Clock(settings.zone)
        self.log = Log(self.clock)
        self.store = RecordStore(folder if keep else None)
        self.state = LibraryState(self.clock, self.store)
        self.outputs = Outputs(folder / "generated", self.state)
        self.generator = Generator(self.state, settings, self.outputs, self.log)
        self.jobs = JobQueue(self.clock, self.log)
        self.faults = Faults()
        self.journal = RequestLog()
        self.scan_listeners: list[Callable[[], None]] = []
        self.foreign: dict[int, ForeignJob] = {}

    # --- GraphQL ---

    def run(self, operation: Operation, context: Context) -> dict[str, Any]:
        """The response of a query or mutation."""
        if any(name.startswith("__") and name != "__typename" for name in operation.field_names):
            return execute_sync(schema(), operation.document).formatted  # type: ignore[return-value]
        projection = self.projection(operation, context)
        selections = operation.node.selection_set.selections
        return run_fields(projection, operation.root, selections, ROOTS[operation.kind])

    @staticmethod
    def projection(operation: Operation, context: Context) -> Projection:
        return Projection(schema(), RESOLVERS, operation.fragments, operation.variables, context)

    def scan_complete(self) -> None:
        for listener in list(self.scan_listeners):
            listener()

    # --- what is done to it from outside ---

    def set_zone(self, name: str) -> None:
        """Raises ZoneInfoNotFoundError. Rows that exist keep the zone they were written in."""
        self.clock.set_zone(name)
        self.settings.zone = name

    async def restart(self) -> None:
        """As when Stash's process ends and starts again: jobs and log are gone, the library stays."""
        await self.jobs.lose()
        self.log.entries.clear()
        self.foreign.clear()

    def reset_library(self, created_at: str | None = None) -> None:
        """Another library in its place: the same ids and files, other ``created_at``, nothing that people added."""
        state = self.state
        for scene in state.scenes.values():
            scene.title, scene.details, scene.date, scene.studio_id = "", "", None, None
            scene.tag_ids, scene.performer_ids, scene.organized = [], [], False
        for kind in ("markers", "tags", "performers", "studios"):
            for record in list(state.table(kind).values()):
                state.remove(record)
        for kind in KINDS:
            for record in state.table(kind).values():
                now = self.clock.now()
                other = now + timedelta(seconds=1) if row_text(now) == record.created_at else now
                record.created_at = record.updated_at = created_at or row_text(other)
                state.save(record)
        state.commit()

    def add_foreign_job(self, description: str = "Generating...") -> Job:
        """Somebody else's job, which runs until ``end_foreign_job`` or a stop; it holds up all others."""
        foreign = ForeignJob()
        job = self.jobs.add(description, foreign)
        self.foreign[job.id] = foreign
        return job

    def end_foreign_job(self, number: int) -> None:
        """Raises KeyError."""
        self.foreign.pop(number).ended = True

    def close(self) -> None:
        self.store.close()


class ForeignJob:
    """``progress`` is what it says of itself, 0…1 or None; ``sub_tasks`` what it is at."""

    TICK = 0.02  # seconds between two looks at whether it was ended or stopped

    def __init__(self) -> None:
        self.ended = False
        self.progress: float | None = None
        self.sub_tasks: list[str] = []

    async def __call__(self, running: Running) -> None:
        while not self.ended:
            await asyncio.sleep(self.TICK)
            running.end_if_stopped()
            running.job.subTasks = self.sub_tasks
            if self.progress != running.job.progress:
                running.progress(self.progress)
