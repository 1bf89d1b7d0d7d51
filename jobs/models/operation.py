"""Rows about the installation: who may call it, and what runs it."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Supervisor(models.Model):
    """A running `manage.py worker` and its last heartbeat, so that the pages can say when no worker is running."""

    process = models.CharField(_("process"), max_length=200, unique=True)
    host = models.CharField(_("host"), max_length=200)
    workers = models.PositiveSmallIntegerField(_("workers"), default=0)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    heartbeat_at = models.DateTimeField(_("heartbeat at"), default=timezone.now)

    class Meta:
        verbose_name = _("supervisor")
        verbose_name_plural = _("supervisors")
        ordering = ["host", "started_at"]

    def __str__(self) -> str:
        return gettext("Worker on {host}").format(host=self.host)


class Maintenance(models.Model):
    """Periodic work that one of the supervisors does, and when it last started."""

    name = models.CharField(_("name"), max_length=20, primary_key=True)
    last_started_at = models.DateTimeField(_("last started at"), null=True, blank=True)

    class Meta:
        verbose_name = _("maintenance")
        verbose_name_plural = _("maintenance")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def claim(cls, name: str, every: timedelta) -> bool:
        """True for one caller in that time, however many supervisors ask and however often they start."""
        now = timezone.now()
        cls.objects.get_or_create(name=name)
        # A time in the future: the clock was wrong when it was written.
        past = models.Q(last_started_at__lte=now - every) | models.Q(last_started_at__gt=now + every)
        due = models.Q(last_started_at=None) | past
        return bool(cls.objects.filter(due, name=name).update(last_started_at=now))
