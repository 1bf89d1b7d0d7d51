"""The shapes that the API takes and gives, as its documentation shows them."""

from __future__ import annotations

from typing import Any

from ninja import Field, Schema


class StartJob(Schema):
    job_type: str = Field(max_length=50, description="A workflow, or the type of a sub-job")
    params: dict[str, Any] = Field(default={}, description="What differs from the settings; unknown ones are refused")

    model_config = {"extra": "forbid"}


class Error(Schema):
    code: str
    message: str
    detail: dict[str, Any] = {}


class Failure(Schema):
    error: Error


class JobError(Schema):
    code: str
    message: str


class SubJob(Schema):
    id: str
    type: str
    status: str
    percent: int
    message: str


class StepState(Schema):
    key: str
    name: str
    status: str
    message: str
    shown: tuple[int, int] = Field(description="The run's percentage at its begin and at its end")


class Metadata(Schema):
    current_step: str | None
    step_name: str | None
    step_index: int = Field(description="From 1; 0 before there is a current step")
    total_steps: int
    message: str
    active_sub_jobs: list[SubJob]
    steps: list[StepState]


class JobState(Schema):
    id: str
    type: str
    name: str
    status: str = Field(description="queued, running, completed, completed_with_errors, failed or cancelled")
    percent: int
    done: int
    total: int | None
    message: str
    params: dict[str, Any]
    result: dict[str, Any] | None
    error: JobError | None
    attempt: int
    max_attempts: int
    parent: str | None = Field(description="The run that it is a sub-job of")
    batch_num: int | None
    source: str
    cancel_requested_at: str | None
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    duration_seconds: float | None
    version: int = Field(description="Rises with each change; of two states the lower one is the older one")
    url: str
    metadata: Metadata | None = Field(description="Where a workflow's run stands")


class StartedJob(JobState):
    warning: str | None = Field(default=None, description="Set when no worker is running to run it")


class ListedJob(JobState):
    shortened: dict[str, int] = Field(
        description="What of params and result is not given whole in a list, by its path, and its true length "
        "(items, or characters of a text). The job's own address has all of it",
    )


class JobPage(Schema):
    items: list[ListedJob]
    next: str | None = Field(description="The cursor of the next, older page")


class EventState(Schema):
    id: int
    job_id: str
    at: str
    kind: str
    status: str | None
    level: str
    message: str
    attempt: int
    data: dict[str, Any]


class EventPage(Schema):
    items: list[EventState]
    next: str | None = Field(description="The cursor of the next, later page")
