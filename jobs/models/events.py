"""What happened to jobs."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from jobs.models.jobs import Job
from jobs.translatable import TranslatableField


class Event(models.Model):
    """What happened to a job, append-only: one row per transition, and the lines of its log."""

    class Level(models.TextChoices):
        INFO = "info", "Info"
        WARNING = "warning", "Warning"
        ERROR = "error", "Error"

    job = models.ForeignKey(Job, models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=30, help_text="started, claimed, finished, … or log.")
    status = models.CharField(max_length=25, blank=True, help_text="Of the job, after it.")
    attempt = models.PositiveSmallIntegerField(default=1)
    level = models.CharField(max_length=10, choices=Level, default=Level.INFO)
    message = TranslatableField(blank=True)
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["job", "id"], name="event_of_job")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"
