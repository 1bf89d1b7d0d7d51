"""The routes below /api/schedule: schedules, quiet hours, and what is to follow."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status

from jobs.declare.ids import BIGGEST_ID
from jobs.models import QuietHours, RunRequest, Schedule
from jobs.permissions import (
    ADD_QUIET_HOURS,
    ADD_SCHEDULE,
    CHANGE_QUIET_HOURS,
    CHANGE_SCHEDULE,
    DELETE_QUIET_HOURS,
    DELETE_SCHEDULE,
    VIEW_SCHEDULES,
)
from jobs.scheduling import saving, schedules
from jobs.web.api.auth import acting
from jobs.web.api.idempotency import DOCUMENTED, idempotent
from jobs.web.api.schedule_schemas import (
    Overview,
    QuietHoursBody,
    QuietHoursState,
    RequestState,
    ScheduleBody,
    ScheduleState,
)
from jobs.web.schemas import error_bodies

router = Router(tags=["schedule"])
FAILURES = error_bodies(400, 401, 403, 413, 415, 422)
Row = TypeVar("Row", bound=Model)


@router.get("", auth=acting(VIEW_SCHEDULES), response={200: Overview, **error_bodies(401, 403)}, summary="All of it")
def overview(request: HttpRequest) -> Overview:
    """The schedules with their next times, the quiet hours, and the jobs that are to follow others."""
    rows = list(Schedule.objects.all())
    last = schedules.last_occurrences()
    return Overview(
        next_at=schedules.next_scheduled_time(),
        schedules=[ScheduleState.of(row, last.get(row.pk)) for row in rows],
        quiet_hours=[QuietHoursState.of(row) for row in QuietHours.objects.all()],
        requested=[RequestState.model_validate(row, from_attributes=True) for row in RunRequest.objects.all()],
    )


@router.post(
    "",
    auth=acting(ADD_SCHEDULE),
    response={201: ScheduleState, **FAILURES},
    summary="Add a schedule",
    openapi_extra=DOCUMENTED,
)
@idempotent
def add_schedule(request: HttpRequest, body: ScheduleBody) -> Status[ScheduleState]:
    return Status(201, saved_schedule(request, Schedule(), body))


@router.put(
    "/{int:schedule_id}",
    auth=acting(CHANGE_SCHEDULE),
    response={200: ScheduleState, **FAILURES, **error_bodies(404)},
    summary="Replace a schedule",
)
def put_schedule(request: HttpRequest, schedule_id: int, body: ScheduleBody) -> ScheduleState:
    """It counts from now on: times that have passed are not made up for."""
    return saved_schedule(request, row_of(Schedule, schedule_id), body)


@router.delete(
    "/{int:schedule_id}",
    auth=acting(DELETE_SCHEDULE),
    response={204: None, **error_bodies(401, 403, 404)},
    summary="Delete a schedule",
)
def delete_schedule(request: HttpRequest, schedule_id: int) -> Status[None]:
    """Jobs that it started stay."""
    row_of(Schedule, schedule_id).delete()
    return Status(204, None)


@router.post(
    "/quiet-hours",
    auth=acting(ADD_QUIET_HOURS),
    response={201: QuietHoursState, **FAILURES},
    summary="Add quiet hours",
    openapi_extra=DOCUMENTED,
)
@idempotent
def add_quiet_hours(request: HttpRequest, body: QuietHoursBody) -> Status[QuietHoursState]:
    return Status(201, saved_quiet_hours(QuietHours(), body))


@router.put(
    "/quiet-hours/{int:quiet_hours_id}",
    auth=acting(CHANGE_QUIET_HOURS),
    response={200: QuietHoursState, **FAILURES, **error_bodies(404)},
    summary="Replace quiet hours",
)
def put_quiet_hours(request: HttpRequest, quiet_hours_id: int, body: QuietHoursBody) -> QuietHoursState:
    return saved_quiet_hours(row_of(QuietHours, quiet_hours_id), body)


@router.delete(
    "/quiet-hours/{int:quiet_hours_id}",
    auth=acting(DELETE_QUIET_HOURS),
    response={204: None, **error_bodies(401, 403, 404)},
    summary="Delete quiet hours",
)
def delete_quiet_hours(request: HttpRequest, quiet_hours_id: int) -> Status[None]:
    """What waited for their end is begun."""
    row_of(QuietHours, quiet_hours_id).delete()
    return Status(204, None)


def row_of(model: type[Row], pk: int) -> Row:
    """Raises Http404."""
    if not 0 < pk <= BIGGEST_ID:
        raise Http404
    return get_object_or_404(model, pk=pk)


def saved_schedule(request: HttpRequest, row: Schedule, body: ScheduleBody) -> ScheduleState:
    values: dict[str, Any] = body.dict()
    saved = saving.save_schedule(row, values, request.user)
    return ScheduleState.of(saved, schedules.last_occurrences().get(saved.pk))


def saved_quiet_hours(row: QuietHours, body: QuietHoursBody) -> QuietHoursState:
    return QuietHoursState.of(saving.save_quiet_hours(row, body.dict()))
