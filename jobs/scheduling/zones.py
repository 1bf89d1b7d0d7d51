"""Time zones by name, and the moments at which a clock in one shows a time."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _

logger = logging.getLogger(__name__)


def zone_named(name: str) -> ZoneInfo:
    """Raises BadRequest for a name that no zone has."""
    if name not in available_timezones():
        text = _("There is no time zone {name!r}: give a name such as Europe/Berlin or UTC.", name=name[:64])
        raise BadRequest(text)
    return ZoneInfo(name)


@cache
def zone_or_own(name: str) -> ZoneInfo:
    """Of a stored name. If an upgrade of the system dropped the zone: that of the installation, with a warning."""
    try:
        return zone_named(name)
    except BadRequest as error:
        logger.warning("%s Until then %s counts.", error, settings.TIME_ZONE)
        return ZoneInfo(settings.TIME_ZONE)


def moments(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """When the clock shows it, in UTC: once, or twice where it is set back.

    Where it is set forward past it: the moment of that.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first < second:
        return [first, second]
    before, after = second, first
    while after - before > timedelta(seconds=1):  # the clock is changed on a whole second
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        is_changed = middle.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset()
        before, after = (before, middle) if is_changed else (middle, after)
    return [after]
