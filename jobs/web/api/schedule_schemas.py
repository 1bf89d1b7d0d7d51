"""The shapes of schedules and quiet hours in the API."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import AfterValidator, WithJsonSchema

from jobs.errors import BadRequest
from jobs.models import Occurrence, QuietHours, Schedule
from jobs.models.holds import default_time_zone
from jobs.web.schemas import JobId, Time

Switch = Annotated[bool, Field(strict=True)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Zone = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])]


# The format "time" of JSON Schema is one with a zone; these are of the zone that the quiet hours have.
CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"


def without_zone(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("give a time without a zone: time_zone says which one it is of")
    return value


ClockTime = Annotated[
    time, AfterValidator(without_zone), WithJsonSchema({"type": "string", "pattern": CLOCK_TIME, "examples": ["22:00"]})
]


class ScheduleBody(Schema):
    """What is left out has its default."""

    name: Name
    job_type: str = Field(max_length=50)
    params: dict[str, Any] = Field({}, description="Those that differ from the defaults")
    cron: str = Field(max_length=100, description="Minute, hour, day of the month, month, day of the week")
    time_zone: Zone = Field(default_factory=default_time_zone)
    enabled: Switch = False
    if_active: Literal["follow", "skip"] = Field(
        "follow", description="When one is active at its time: one more follows, or it is left out"
    )
    catch_up: Switch = Field(True, description="One job makes up for all times that were missed")

    model_config = {"extra": "forbid"}


class OccurrenceState(Schema):
    due_at: Time
    outcome: Literal["started", "follows", "skipped", "missed", "failed"]
    count: int = Field(description="How many times it stands for")
    message: str
    job_id: JobId | None


class ScheduleState(ScheduleBody):
    id: int
    next_at: Time | None = Field(description="In UTC; null while it is not enabled")
    next_times: list[Time] = Field(description="The next five, by the clock there; also while it is not enabled")
    problem: str = Field(description="Why its next times can't be told, and what to correct; empty when all is well")
    last: OccurrenceState | None = Field(description="What became of its last time")

    @classmethod
    def of(cls, row: Schedule, last: Occurrence | None) -> ScheduleState:
        written = {name: getattr(row, name) for name in ScheduleBody.model_fields}
        more = {"id": row.pk, "next_at": row.next_at, **next_times(row)}
        shown = OccurrenceState.model_validate(last, from_attributes=True) if last else None
        return cls.model_validate({**written, **more, "last": shown})


def next_times(row: Schedule) -> dict[str, Any]:
    """Or why they can't be told: an upgrade of the system may have dropped its zone."""
    try:
        return {"next_times": row.upcoming(), "problem": ""}
    except BadRequest as error:
        return {"next_times": [], "problem": f"{error} It starts nothing until that is corrected."}


class QuietHoursBody(Schema):
    """What is left out has its default."""

    name: Name
    enabled: Switch = True
    begin: ClockTime
    end: ClockTime = Field(description="Before the begin: on the next day")
    time_zone: Zone = Field(default_factory=default_time_zone)
    job_types: list[Annotated[str, Field(max_length=50)]] = Field(min_length=1, max_length=50)
    requeue_running: Switch = Field(False, description="Running jobs are queued again; otherwise they go on")

    model_config = {"extra": "forbid"}


class QuietHoursState(QuietHoursBody):
    id: int
    active: bool = Field(description="Whether it is them now")
    begins_at: Time | None
    ends_at: Time | None

    @classmethod
    def of(cls, row: QuietHours) -> QuietHoursState:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class RequestState(Schema):
    """One more job that is to be started once none of its type is active."""

    job_type: str
    reason: str
    asked: int
    first_asked_at: Time
    not_before: Time
    error: str = Field(
        description="Why it could not be started; it is tried again each hour. Empty when nothing is wrong"
    )


class Overview(Schema):
    next_at: Time | None = Field(description="When the next job is due by any schedule")
    schedules: list[ScheduleState]
    quiet_hours: list[QuietHoursState]
    requested: list[RequestState]
