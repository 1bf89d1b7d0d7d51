"""Rows about the installation: who may call it, and what runs it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Supervisor(models.Model):
    """A running `manage.py worker` and its last heartbeat, so that the pages can say when no worker is running."""

    process = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=200)
    workers = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["host", "started_at"]

    def __str__(self) -> str:
        return f"Worker on {self.host}"


class Maintenance(models.Model):
    """Periodic work that one of the supervisors does, and when it last started."""

    name = models.CharField(max_length=20, primary_key=True)
    last_started_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
