"""The shapes that the API takes and gives. A job's state is the same in the API and in the WebSockets' messages."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from datetime import datetime
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
    computed_field,
    create_model,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import tagged_union_schema

from jobs.declare import registry
from jobs.fixes import fix_of
from jobs.models import Event, Job, Step
from jobs.web.cards.snapshot import Snapshot, load
from jobs.web.shortening import shortened

Time = Annotated[
    datetime,
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
JobId = Annotated[
    uuid.UUID, PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string", "format": "uuid"})
]


class Error(BaseModel):
    code: str
    message: str
    detail: dict[str, Any] = {}


class ErrorBody(BaseModel):
    error: Error


def error_bodies(*statuses: int) -> dict[int, type[ErrorBody]]:
    """For a route: the statuses of its errors."""
    return dict.fromkeys(statuses, ErrorBody)


class JobErrorState(BaseModel):
    """Why a job or a step failed; or, of a job that is completed with errors, what a person has to decide."""

    code: str
    message: str

    @computed_field(description="What to do about it in general; empty where there is nothing to do")  # type: ignore[prop-decorator]
    @property
    def fix(self) -> str:
        return fix_of(self.code)


class SubJob(BaseModel):
    """An active sub-job in short."""

    id: JobId
    type: str
    status: str
    percent: int
    message: str

    @classmethod
    def of(cls, job: Job) -> SubJob:
        return cls(id=job.id, type=job.type, status=job.status, percent=job.percent, message=job.message)


class StepState(BaseModel):
    key: str
    name: str
    status: str
    message: str
    shown: tuple[int, int] = Field(description="The run's percentage at its begin and at its end")

    @classmethod
    def of(cls, step: Step) -> StepState:
        return cls(
            key=step.key,
            name=step.name,
            status=step.status,
            message=step.error_message or step.message,
            shown=(step.shown_from, step.shown_to),
        )


class Metadata(BaseModel):
    """Where a workflow's run stands."""

    current_step: str | None
    step_name: str | None
    step_index: int = Field(description="From 1; 0 before there is a current step")
    total_steps: int
    message: str
    active_sub_jobs: list[SubJob]
    steps: list[StepState]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Metadata:
        current = snapshot.current_step
        return cls(
            current_step=current.key if current else None,
            step_name=current.name if current else None,
            step_index=current.index if current else 0,
            total_steps=len(snapshot.steps),
            message=snapshot.message,
            active_sub_jobs=[SubJob.of(sub_job) for sub_job in snapshot.active],
            steps=[StepState.of(step) for step in snapshot.steps],
        )


class JobState(BaseModel):
    """All there is to say of a job."""

    id: JobId
    type: str
    name: str
    status: str = Field(description="queued, running, completed, completed_with_errors, failed or cancelled")
    percent: int
    done: int
    total: int | None
    message: str
    params: dict[str, Any]
    result: dict[str, Any] | None
    error: JobErrorState | None
    attempt: int
    max_attempts: int
    parent: JobId | None = Field(description="The run that it is a sub-job of")
    batch_num: int | None
    source: str
    cancel_requested_at: Time | None
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    duration_seconds: float | None = Field(description="From its start to its end, or to now")
    version: int = Field(
        description="Rises with each change of it or of a sub-job; of two states the lower one is the older one"
    )
    url: str
    metadata: Metadata | None = Field(description="Where a workflow's run stands; null for a job without steps")

    @classmethod
    def of(cls, snapshot: Snapshot, **more: Any) -> Self:
        """``more``: fields of a subclass, and those that are given otherwise than the row has them."""
        job = snapshot.job
        fields = {
            "id": job.id,
            "type": job.type,
            "name": job.name,
            "status": job.status,
            "percent": job.percent,
            "done": job.done,
            "total": job.total,
            "message": snapshot.message,
            "params": job.params,
            "result": job.result,
            "error": job.error,
            "attempt": job.attempt,
            "max_attempts": job.max_attempts,
            "parent": job.parent_id,
            "batch_num": job.batch.number if job.parent_id and job.batch else None,
            "source": job.source,
            "cancel_requested_at": job.cancel_requested_at,
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
            "duration_seconds": job.duration_seconds,
            "version": snapshot.version,
            "url": job.get_absolute_url(),
            "metadata": Metadata.of(snapshot) if snapshot.steps else None,
        }
        return cls.model_validate({**fields, **more})

    @classmethod
    def read(cls, job: Job, **more: Any) -> Self:
        """The state of a job as it is now, for one that is asked for alone."""
        return cls.of(load([job])[0], **more)


class StartedJob(JobState):
    warning: str | None = Field(default=None, description="Set when no worker is running to run it")


class ListedJob(JobState):
    """As a list gives a job: with params and result of a bounded size."""

    shortened: dict[str, int] = Field(
        description="What of params and result is not given whole in a list, by its path, and its true length "
        "(items, or characters of a text). The job's own address has all of it",
    )

    @classmethod
    def of(cls, snapshot: Snapshot, **more: Any) -> Self:
        cut: dict[str, int] = {}
        given = {"params": snapshot.job.params, "result": snapshot.job.result}
        short = {key: shortened(value, key, cut) for key, value in given.items() if value}
        return super().of(snapshot, **short, shortened=cut, **more)


class EventState(BaseModel):
    """An event; ``job_id`` is the job's that it happened to, which may be a sub-job."""

    id: int
    job_id: JobId
    at: Time
    kind: str
    status: str | None
    level: str
    message: str
    attempt: int
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> EventState:
        return cls(
            id=event.pk,
            job_id=event.job_id,
            at=event.at,
            kind=event.kind,
            status=event.status or None,
            level=event.level,
            message=event.message,
            attempt=event.attempt,
            data=event.data,
        )


class StartJob(BaseModel):
    """A type and its parameters, which `engine.start` checks: by the models that the schema is made of."""

    job_type: str = Field(max_length=50)
    params: dict[str, Any] = {}

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """One shape for each type there is, told apart by ``job_type``."""
        shapes: dict[Hashable, CoreSchema] = {}
        for type in registry.types():
            params, tag = registry.params_of(type), cast(Any, Literal[type])
            required = any(field.is_required() for field in params.model_fields.values())
            shape = create_model(
                f"Start{type.title().replace('_', '')}",
                __config__=ConfigDict(extra="forbid"),
                job_type=(tag, ...),
                params=(params, ... if required else Field({}, description="What differs from the defaults")),
            )
            shapes[type] = shape.__pydantic_core_schema__
        return handler(tagged_union_schema(shapes, "job_type"))
