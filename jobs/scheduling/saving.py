"""Schedules and quiet hours as people make and change them, checked on every way in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from jobs.declare.registry import no_type, params_of, types
from jobs.errors import BadRequest
from jobs.models import QuietHours, Schedule
from jobs.permissions import require_start
from jobs.scheduling.cron import Cron
from jobs.scheduling.zones import zone_named
from jobs.texts.translatable import Translatable as _

MOST = 100  # rows of each kind
LONGEST_NAME = 100  # characters


def check_schedule(row: Schedule) -> None:
    """Raises BadRequest for what can't be."""
    check_name(row.name)
    parameters = params_of(row.job_type)
    if not isinstance(row.params, dict):
        raise BadRequest(_("Give the parameters as an object, such as {example}.", example='{"batch_size": 50}'))
    parameters.checked({**parameters.unattended(), **row.params})
    Cron(row.cron, row.time_zone)
    if row.if_active not in Schedule.IfActive.values:
        names = ", ".join(Schedule.IfActive.values)
        raise BadRequest(_("What happens if one is active must be one of: {names}.", names=names))


def check_quiet_hours(row: QuietHours) -> None:
    """Raises BadRequest for what can't be."""
    check_name(row.name)
    zone_named(row.time_zone)
    if row.begin == row.end:
        raise BadRequest(_("Begin and end are the same: give two times."))
    if unknown := sorted(set(row.job_types) - set(types())):
        raise no_type(unknown[0])
    if not row.job_types:
        raise BadRequest(_("Say for which types of jobs they are."))


def check_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadRequest(_("Give a name of at most {most} characters.", most=LONGEST_NAME))


def save_schedule(row: Schedule, values: Mapping[str, Any], user: Any) -> Schedule:
    """Give it these values and save it. Raises BadRequest, and Forbidden if the user may not start such jobs."""
    _fill(row, values)
    check_schedule(row)
    require_start(user, row.job_type)
    row.changed_by = user
    _save(row)
    return row


def save_quiet_hours(row: QuietHours, values: Mapping[str, Any]) -> QuietHours:
    """Give them these values and save them. Raises BadRequest."""
    _fill(row, values)
    check_quiet_hours(row)
    _save(row)
    return row


def _fill(row: Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _save(row: Model) -> None:
    others = type(row)._default_manager.exclude(pk=row.pk)
    if others.count() >= MOST:
        raise BadRequest(_("There are {most} already: delete one first.", most=MOST))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise BadRequest(_("There is another one of this name.")) from None
