"""Stash's own jobs: starting a scan or a generation, following it, and the log that tells what became of it.

There is deliberately no way here to start Stash's clean-up of missing files: with the library's disk away it
deletes every scene together with its metadata.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired

from typing_extensions import TypedDict

from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.transport import StashTransport

ENDED = frozenset({"FINISHED", "CANCELLED", "FAILED"})
TROUBLE = frozenset({"Warning", "Error"})  # levels of log lines


@dataclass(frozen=True)
class StashJobState:
    """One of Stash's jobs. ``progress`` 0…1, None when Stash can't tell; ``sub_tasks``: what it is at, in words.

    FINISHED is not success: missing paths, unknown scenes and unreadable files end so too, without ``error``.
    """

    id: str
    status: str  # READY, RUNNING, STOPPING, CANCELLED, FINISHED, FAILED
    description: str
    progress: float | None
    error: str | None
    add_time: str
    sub_tasks: list[str] | None

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED

    @property
    def is_waiting(self) -> bool:
        """Behind another job: not stalled, however long."""
        return self.status == "READY"


@dataclass(frozen=True)
class LogLine:
    """A line of Stash's log. ``level``: Trace, Debug, Info, Progress, Warning, Error."""

    time: datetime
    level: str
    message: str


@dataclass(frozen=True)
class GenerateOptions:
    """What to generate. What is there already is skipped unless ``overwrite``."""

    covers: bool = True
    sprites: bool = True
    previews: bool = True
    image_previews: bool = False
    phashes: bool = True
    markers: bool = True
    marker_image_previews: bool = False
    marker_screenshots: bool = True
    overwrite: bool = False

    def as_input(self, scene_ids: list[str]) -> dict[str, object]:
        """Stash's ``GenerateMetadataInput``."""
        return {
            "sceneIDs": scene_ids,
            "covers": self.covers,
            "sprites": self.sprites,
            "previews": self.previews,
            "imagePreviews": self.image_previews,
            "phashes": self.phashes,
            "markers": self.markers,
            "markerImagePreviews": self.marker_image_previews,
            "markerScreenshots": self.marker_screenshots,
            "overwrite": self.overwrite,
        }


class StartAnswer(TypedDict):
    job_id: str


class RawLogLine(TypedDict):
    time: str
    level: str
    message: str


class JobAnswer(TypedDict):
    job: StashJobState | None
    logs: NotRequired[list[RawLogLine]]


class JobsAnswer(TypedDict):
    jobs: list[StashJobState] | None


class StopAnswer(TypedDict):
    stopped: bool


class Logs(TypedDict):
    logs: list[RawLogLine]


class StashJobs(StashTransport):
    """Starting is a write: awaited even when our work is cancelled, so that the job can be stopped."""

    def scan(self, folders: Iterable[str]) -> str:
        """Start a scan of these folders (as Stash sees them); the id of Stash's job.

        Folders, not files: a file in a folder that Stash does not know yet is ignored in silence.
        Raises ValueError on an empty list, which would mean the whole library.
        """
        paths = _not_empty(folders, "folders")
        return self.ask("Scan", StartAnswer, {"input": {"paths": paths}}, write=True)["job_id"]

    def generate(self, scene_ids: Iterable[str], options: GenerateOptions) -> str:
        """Start generating for these scenes; the id of Stash's job.

        Raises ValueError on an empty list, which would mean all scenes.
        """
        ids = _not_empty(scene_ids, "scenes")
        return self.ask("Generate", StartAnswer, {"input": options.as_input(ids)}, write=True)["job_id"]

    def find_job(self, job_id: str) -> StashJobState | None:
        """One job, or None: Stash was restarted, or it has kept only the last ten ended ones."""
        return self.ask("FindJob", JobAnswer, {"id": job_id})["job"]

    def watch_job(self, job_id: str) -> tuple[StashJobState | None, list[LogLine]]:
        """As `find_job`, with the lines that Stash logged last: it keeps 30 only, so watch it to see them all."""
        answer = self.ask("FindJob", JobAnswer, {"id": job_id, "with_logs": True})
        return answer["job"], [self._log_line(raw) for raw in answer.get("logs", [])]

    def job_queue(self) -> list[StashJobState]:
        """What runs and what waits, in order."""
        return self.ask("JobQueue", JobsAnswer)["jobs"] or []

    def stop_job(self, job_id: str) -> None:
        """Ask a job to stop. It ends after the item in hand and one more; unknown ones are no error."""
        self.ask("StopJob", StopAnswer, {"id": job_id}, write=True)

    def logs_since(self, moment: datetime) -> list[LogLine]:
        """Stash's log from ``moment`` on (by Stash's clock: a job's ``add_time``), oldest first."""
        lines = [self._log_line(raw) for raw in self.ask("Logs", Logs)["logs"]]
        return sorted((line for line in lines if line.time >= moment), key=lambda line: line.time)

    def _log_line(self, raw: RawLogLine) -> LogLine:
        return LogLine(self.moment(raw["time"]), raw["level"], self.clean(raw["message"]))

    def moment(self, raw: str) -> datetime:
        """A raw time of Stash's, aware."""
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError:
            raise self.error("bad_answer", _('"{raw}" is no time.', raw=raw[:40])) from None
        if moment.tzinfo is None:
            raise self.error("bad_answer", _('"{raw}" has no time zone.', raw=raw[:40]))
        return moment


def _not_empty(values: Iterable[str], what: str) -> list[str]:
    found = list(dict.fromkeys(values))
    if not found or not all(found):
        raise ValueError(f"an empty list of {what} would mean everything there is")
    return found
