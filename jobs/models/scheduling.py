"""When jobs are started by themselves: schedules, what became of each time, and jobs that are to follow."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models.holds import default_time_zone
from jobs.models.jobs import Job
from jobs.texts.translatable import TranslatableField, translated

if TYPE_CHECKING:
    from jobs.scheduling.cron import Cron


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def enabled(self) -> ScheduleQuerySet:
        return self.filter(enabled=True).exclude(next_at=None)


class Schedule(models.Model):
    """Starts jobs of a type at the times of a cron expression, which counts in a time zone."""

    class IfActive(models.TextChoices):
        FOLLOW = "follow", _("One more follows when it has ended")
        SKIP = "skip", _("It is left out")

    name = models.CharField(_("name"), max_length=100, unique=True)
    job_type = models.CharField(_("job type"), max_length=50)
    params: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        _("params"), default=dict, blank=True, help_text=_("Those that differ from the defaults.")
    )
    cron = models.CharField(
        _("cron"),
        max_length=100,
        help_text=_("Minute, hour, day of the month, month, day of the week: 30 3 * * * is 3:30 each day."),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, help_text=_("Such as Europe/Berlin.")
    )
    enabled = models.BooleanField(_("enabled"), default=False)
    if_active = models.CharField(
        _("if one is active"),
        max_length=10,
        choices=IfActive,
        default=IfActive.FOLLOW,
        help_text=_("What happens when one of its type is active at its time."),
    )
    catch_up = models.BooleanField(
        _("catch up"),
        default=True,
        help_text=_("When times were missed, since no worker was running: one job makes up for all of them."),
    )
    next_at = models.DateTimeField(_("next"), null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True, help_text=_("By a person."))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("changed by"),
    )

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name"]
        indexes = [models.Index(fields=["next_at"], name="schedule_next", condition=Q(enabled=True))]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """As a person wants it, from now on. Raises BadRequest for times that can't be."""
        self.next_at = next(self.times.after(timezone.now())) if self.enabled else None
        super().save(*args, **options)

    @property
    def times(self) -> Cron:
        """Raises BadRequest for what a database may hold, but nobody can have saved."""
        from jobs.scheduling.cron import Cron  # which takes croniter

        return Cron(self.cron, self.time_zone)

    def upcoming(self, count: int = 5) -> list[datetime]:
        """The next times, in its zone; also of one that is not enabled. Raises BadRequest like ``times``."""
        return self.times.upcoming(count, timezone.now())


class Occurrence(models.Model):
    """What became of a time of a schedule, or of several that were missed together."""

    class Outcome(models.TextChoices):
        STARTED = "started", _("Started")
        FOLLOWS = "follows", _("One more follows")
        SKIPPED = "skipped", _("Left out")
        MISSED = "missed", _("Missed")
        FAILED = "failed", _("Could not be started")

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="occurrences", verbose_name=_("schedule"))
    due_at = models.DateTimeField(_("due at"), help_text=_("Its time; of several that were missed, the first."))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    count = models.PositiveIntegerField(_("count"), default=1, help_text=_("How many times it stands for."))
    message = TranslatableField(_("message"), blank=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job"))

    class Meta:
        verbose_name = _("occurrence")
        verbose_name_plural = _("occurrences")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["outcome", "recorded_at"], name="occurrence_outcome"),
            models.Index(fields=["schedule", "-id"], name="occurrence_last"),
        ]
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at", "outcome"], name="occurrence_once")]

    def __str__(self) -> str:
        return f"{self.schedule}: {self.get_outcome_display().lower()}"


class RunRequestQuerySet(models.QuerySet["RunRequest"]):
    def failing(self) -> RunRequestQuerySet:
        """Those that could not be started."""
        return self.exclude(error="")


class RunRequest(models.Model):
    """One more job of a type is to be started, once none of it is active and ``not_before`` has come.

    However often it is asked for until then, it is one row of a key, and one job.
    """

    key = models.CharField(_("key"), max_length=50, unique=True, help_text=_("Who asks: the same one asks once."))
    job_type = models.CharField(_("job type"), max_length=50)
    params: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("params"), default=dict, blank=True)
    source = models.CharField(_("source"), max_length=20)
    reason = TranslatableField(_("reason"), blank=True)
    asked = models.PositiveIntegerField(_("asked"), default=1, help_text=_("How often it was asked for."))
    first_asked_at = models.DateTimeField(_("first asked at"), default=timezone.now)
    last_asked_at = models.DateTimeField(_("last asked at"), default=timezone.now)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    occurrence = models.ForeignKey(
        Occurrence, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("occurrence")
    )
    error = TranslatableField(
        _("error"), blank=True, help_text=_("Why it could not be started; it is tried again each hour.")
    )

    objects = RunRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("run request")
        verbose_name_plural = _("run requests")
        ordering = ["first_asked_at"]

    def __str__(self) -> str:
        return translated(self.reason) or gettext(self.source)
