"""What keeps jobs from being begun: a pause of everything, and quiet hours of some types."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from jobs.models.compiled import Compiled, Given
from jobs.scheduling.zones import moments, zone_named, zone_or_own

logger = logging.getLogger(__name__)


def default_time_zone() -> str:
    """That of the installation."""
    return settings.TIME_ZONE


class PauseQuerySet(models.QuerySet["Pause"]):
    def active(self) -> PauseQuerySet:
        return self.filter(active=True)


class Pause(models.Model):
    """Nothing new is begun while one is active. A row for each, of which one may be active."""

    active = models.BooleanField(_("active"), default=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    requeue_running = models.BooleanField(
        _("running jobs are queued again"), default=False, help_text=_("Otherwise they go on to their end.")
    )
    source = models.CharField(_("source"), max_length=20, blank=True)
    begun_at = models.DateTimeField(_("begun at"), default=timezone.now)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("begun by")
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )

    objects = PauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["-id"]
        permissions = [("pause_jobs", gettext_noop("Can pause and resume all work"))]
        constraints = [models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="pause_once")]

    def __str__(self) -> str:
        return gettext("Pause {id}").format(id=self.pk)


class QuietHoursQuerySet(models.QuerySet["QuietHours"]):
    def active(self) -> QuietHoursQuerySet:
        """Those that it is now."""
        return self.filter(active=True)

    def roll(self) -> None:
        """Let those begin and end whose time it is. Safe in any number of processes at once."""
        now = timezone.now()
        soon = now + timedelta(minutes=1)  # clocks of hosts differ
        for row in to_roll(now=now, soon=soon, late=now + timedelta(days=2)):
            seen = self.filter(pk=row.pk, enabled=True, active=row.active, ends_at=row.ends_at)
            row.set_bounds(now)
            if seen.update(begins_at=row.begins_at, ends_at=row.ends_at, active=row.active):
                logger.info("Quiet hours %s: %s", row, "they begin" if row.active else "they have ended")


def rows_to_roll() -> QuietHoursQuerySet:
    now, soon, late = (Given(name, models.DateTimeField()) for name in ("now", "soon", "late"))
    is_time = Q(ends_at__lte=now) | Q(active=False, begins_at__lte=now)
    set_back = Q(active=True, begins_at__gt=soon) | Q(begins_at__gt=late)
    return QuietHours.objects.filter(is_time | set_back, enabled=True)


to_roll = Compiled(rows_to_roll)


class QuietHours(models.Model):
    """A time of each day in which no jobs of some types are begun.

    ``begins_at`` and ``ends_at`` are the bounds of the one that it is (``active``), or else of the next one.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    begin = models.TimeField(_("begin"))
    end = models.TimeField(_("end"), help_text=_("Before the begin: on the next day."))
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, help_text=_("Such as Europe/Berlin.")
    )
    types = models.TextField(_("types"), help_text=_("Types of jobs, each between commas."))
    requeue_running = models.BooleanField(
        _("running jobs are queued again"), default=False, help_text=_("Otherwise they go on to their end.")
    )
    active = models.BooleanField(_("active"), default=False, editable=False)
    begins_at = models.DateTimeField(_("begins at"), null=True, editable=False)
    ends_at = models.DateTimeField(_("ends at"), null=True, editable=False)

    objects = QuietHoursQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = verbose_name_plural = _("quiet hours")
        constraints = [
            models.CheckConstraint(
                condition=~Q(begin=F("end")),
                name="quiet_hours_have_a_length",
                violation_error_message=_("Begin and end are the same: give two times."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """As a person wants them, from now on. Raises BadRequest for an unknown time zone."""
        zone_named(self.time_zone)
        self.set_bounds(timezone.now())
        super().save(*args, **options)

    @property
    def job_types(self) -> list[str]:
        """The types of jobs that it is for."""
        return [type for type in self.types.split(",") if type]

    @job_types.setter
    def job_types(self, types: list[str]) -> None:
        self.types = f",{','.join(types)}," if types else ""

    @property
    def ends_at_there(self) -> datetime | None:
        """The end as the clock there shows it."""
        return self.ends_at and self.ends_at.astimezone(zone_or_own(self.time_zone))

    def set_bounds(self, now: datetime) -> None:
        """Those of the one that it is at ``now``, or else of the next one, and which of the two it is."""
        zone = zone_or_own(self.time_zone)
        today = now.astimezone(zone).date()
        for days in range(-1, 3):
            # From the first to the last moment at which the clock shows them.
            day, last_day = (today + timedelta(days=days + more) for more in (0, self.begin >= self.end))
            begin = moments(datetime.combine(day, self.begin), zone)[0]
            end = moments(datetime.combine(last_day, self.end), zone)[-1]
            if end > now:
                break
        self.begins_at, self.ends_at = begin, end
        self.active = self.enabled and begin <= now
