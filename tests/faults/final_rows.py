"""What a run left in our tables, without what no two runs share: ids, times and tokens.

Two runs that end alike have equal final_states, so a difference reads as what a crash changed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection
from itertools import zip_longest
from pathlib import Path
from typing import Any

from django.db.models import DateTimeField, ForeignKey, Model, UUIDField

from jobs.models import (
    ApiToken,
    Batch,
    Event,
    IdempotencyKey,
    Job,
    Maintenance,
    Occurrence,
    Pause,
    QuietHours,
    RunRequest,
    Schedule,
    Step,
    Supervisor,
)  # fmt: skip
from scenes import models
from scenes.analysis.spans import unpacked
from scenes.models import Download, PlacedFile, Plan, Scene, SceneFile, Tag
from scenes.models.library import ScenePerformer, SceneTag
from scenes.stash import stash_jobs

STASH_IDS = {"id", "marker_id", "tag_id", "plan_id", "job_id", "duration_seconds"}
MODELS: tuple[type[Model], ...] = (
    Job, Step, Batch, models.Destination, Download, PlacedFile, models.Scan, models.Generation,
    Scene, SceneFile, SceneTag, ScenePerformer, models.Marker, Tag, models.Performer, models.Studio,
    models.Detection, models.TagRule, models.TaggerModel, models.TaggerModelSet, models.TaggerResult,
    models.TaggerCategory, models.LanguageModelQuestion, Plan, models.Change, models.SyncState, models.StashJob,
    models.StashTask, models.DryRunItem, models.FirstRunDecision, models.Setting, models.RefusedLogin, models.Place,
    models.OutputKind,
)  # fmt: skip
# What processes say of themselves and have found, a slot of one that died, the way of a run, what starts or holds runs.
NOT_COMPARED = (
    ApiToken, Event, Maintenance, Supervisor, models.LastFound, models.TaggerSlot,
    IdempotencyKey, Occurrence, Pause, QuietHours, RunRequest, Schedule,
)  # fmt: skip
# Our words for what Stash was asked for and we no longer follow: a crash left it, and it was asked for again.
LEFT_BEHIND = {stash_jobs.DETACHED, stash_jobs.NOT_FOUND}


def _number(job: Job) -> int:
    return job.batch.number if job.batch else 1


class Names:
    """What rows are called in a final state, instead of by their ids."""

    def __init__(self) -> None:
        self.scenes = {file.scene_id: Path(file.path).name for file in SceneFile.objects.order_by("-position")}
        self.tags = dict(Tag.objects.values_list("pk", "name"))
        self.tagger_models = {row.pk: str(row) for row in models.TaggerModel.objects.all()}
        jobs = Job.objects.select_related("step", "batch").order_by("created_at")
        self.jobs = {job.pk: f"{job.step.key if job.step else 'run'}/{job.type}/{_number(job)}" for job in jobs}

    def of(self, model: type[Model] | None, pk: Any) -> Any:
        tables: dict[Any, dict[Any, str]] = {
            Scene: self.scenes, Tag: self.tags, Job: self.jobs, models.TaggerModel: self.tagger_models
        }  # fmt: skip
        table = tables.get(model, {})
        return table.get(pk, "?") if pk is not None else None


def tables() -> dict[str, list[dict[str, Any]]]:
    """Every row of ours, in an order that its ids don't decide."""
    names = Names()
    return {model.__name__: _rows(model, names) for model in MODELS}


def _rows(model: type[Model], names: Names) -> list[dict[str, Any]]:
    rows = sorted((_row(row, names) for row in model._default_manager.all()), key=repr)
    return _told_once(rows) if model is models.StashJob else rows


def _told_once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was asked of Stash and how it ended. How often that was is told by `final_services.asked`."""
    # A lost generation may have been finished before anybody looked. Then no other is asked for; what it made tells.
    found = {"description": "Generating...", "status": "FINISHED"}
    lost = {"kind": stash_jobs.GENERATE, "status": stash_jobs.NOT_FOUND}
    completed = [row | found if lost.items() <= row.items() else row for row in rows]
    return [
        row
        for number, row in enumerate(completed)
        if row not in completed[:number] and row["status"] not in LEFT_BEHIND
    ]


def _row(row: Model, names: Names) -> dict[str, Any]:
    values = {}
    for field in row._meta.concrete_fields:
        if field.primary_key or field.name in LEFT_OUT.get(type(row), ()) or field.name == "remote_updated_at":
            continue
        value = getattr(row, field.attname)
        if isinstance(field, DateTimeField):
            value = value is not None
        elif isinstance(field, ForeignKey):
            value = names.of(field.related_model, value)
        elif isinstance(field, UUIDField):
            value = value is not None
        values[field.name] = plain(value)
    if type(row) in EXTRA:
        values |= EXTRA[type(row)](row, names)
    return values


# What tells of the way and not of the end: after a crash a job has one more attempt, and says what that one did.
LEFT_OUT: dict[type[Model], set[str]] = {
    Download: {"hash"},
    Job: {"attempt", "version", "params", "message", "done", "total"},
    Step: {"attempts", "message"},
    models.Scan: {"scene_id"},
    Scene: {"screenshot_path"},
    # A digest of the value, which is compared without Stash's ids; side by side, batches get theirs in any order.
    models.Change: {"key", "stash_tag"},
    models.TaggerModelSet: {"digest", "models"},
    models.TaggerResult: {"spans"},
    models.StashJob: {"stash_id", "added"},
    models.StashTask: {"scene_id", "stash_job", "digest_before"},
}
EXTRA: dict[type[Model], Callable[[Any, Names], dict[str, Any]]] = {
    Job: lambda job, names: {"job": names.of(Job, job.pk), "params": plain(_named(job.params, names))},
    Step: lambda step, names: plain({"message": step.message}),
    models.Scan: lambda scan, names: {"file": str(scan.file), "scene_of_it": names.of(Scene, scan.scene_id)},
    models.Generation: lambda row, names: {"scene": names.of(Scene, row.pk)},
    models.StashTask: lambda row, names: {"scene": names.of(Scene, row.scene_id)},
    models.Change: lambda change, names: {"tag_in_stash": names.of(Tag, change.stash_tag)},
    models.TaggerModelSet: lambda row, names: {
        "by_category": {name: names.of(models.TaggerModel, pk) for name, pk in row.models.items()}
    },
    models.TaggerResult: lambda row, names: {"saw": unpacked(row.spans)},
    Plan: lambda plan, names: {"scenes": [names.of(Scene, pk) for pk in plan.scene_ids()]},
    Scene: lambda scene, names: {"file": names.of(Scene, scene.pk)},
}


def _named(params: dict[str, Any], names: Names) -> dict[str, Any]:
    ids = params.get("scene_ids")
    return params if ids is None else params | {"scene_ids": [names.of(Scene, pk) for pk in ids]}


def plain(value: Any) -> Any:
    """JSON without ids, times and folders of this case."""
    if isinstance(value, dict):
        return {
            name: plain(part) for name, part in value.items() if name not in STASH_IDS and not _is_last_word(name, part)
        }
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, uuid.UUID):
        return "?"
    return re.sub(r"/\S*?/case/", "…/", value) if isinstance(value, str) else value


def _is_last_word(name: str, value: Any) -> bool:
    """The message of a job's last attempt, in the run's result."""
    return name == "message" and not str(value).startswith("Skipped")


def differences(wanted: dict[str, Any], got: dict[str, Any], once_more: Collection[str] = ()) -> list[str]:
    """What is in one final state only, a line each; of rows that go together just the columns that differ.

    ``once_more``: what may have been asked of Stash once more, see `final_services.asked`.
    """
    lines: list[str] = []
    for name in {*once_more} & got["asked"].keys():
        if got["asked"][name] == wanted["asked"][name] + 1:
            got = got | {"asked": got["asked"] | {name: wanted["asked"][name]}}
    for name in wanted:
        ours, theirs = _parts(wanted[name]), _parts(got[name])
        missing = [part for part in ours if part not in theirs]
        added = [part for part in theirs if part not in ours]
        for one, other in zip_longest(missing, added):
            lines.append(f"{name}: {_narrowed(one, other)!r} became {_narrowed(other, one)!r}")
        if not lines and wanted[name] != got[name]:
            lines.append(f"{name}: {wanted[name]!r} became {got[name]!r}")
    return lines


def _parts(value: Any) -> list[Any]:
    return list(value.items()) if isinstance(value, dict) else list(value)


def _narrowed(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            name: _narrowed(part, other.get(name))
            for name, part in one.items()
            if name in ("type", "key", "name") or part != other.get(name)
        }
    return one
