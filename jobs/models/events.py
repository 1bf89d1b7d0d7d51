"""What happened to jobs."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs.models.jobs import Job
from jobs.texts.keys import title
from jobs.texts.translatable import TranslatableField, translated


class Event(models.Model):
    """What happened to a job, append-only: one row per transition, and the lines of its log."""

    class Level(models.TextChoices):
        INFO = "info", _("Info")
        WARNING = "warning", _("Warning")
        ERROR = "error", _("Error")

    job = models.ForeignKey(
        Job,
        models.CASCADE,
        related_name="events",
        db_index=False,  # `event_of_job` begins with it
        verbose_name=_("job"),
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    kind = models.CharField(_("kind"), max_length=30, help_text=_("What happened."))
    status = models.CharField(_("status"), max_length=25, blank=True, help_text=_("Of the job, after it."))
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.INFO)
    message = TranslatableField(_("message"), blank=True)
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("data"), default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]
        indexes = [models.Index(fields=["job", "id"], name="event_of_job")]

    def __str__(self) -> str:
        return translated(self.message) or title(self.kind)
