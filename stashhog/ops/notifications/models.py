"""Channels, what is to be told through them, and what was found when services and disks were looked at last."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

MAX_TITLE, MAX_TEXT = 200, 2000  # characters


class Cause(models.TextChoices):
    """What a channel may want to hear of."""

    RUN_FAILED = "run_failed", "A run failed"
    RUN_WITH_ERRORS = "run_with_errors", "A run completed with errors"
    QUARANTINED = "quarantined", "Items were quarantined"
    REVIEW = "review", "Changes wait for review"
    RUN_MISSED = "run_missed", "A scheduled run was missed"
    SERVICE_DOWN = "service_down", "A service is down"
    SERVICE_BACK = "service_back", "A service is back"
    DISK_LOW = "disk_low", "A disk is almost full"
    BACKUP_FAILED = "backup_failed", "A backup failed"
    WORKER_GONE = "worker_gone", "No worker is running"


class Channel(models.Model):
    """A way to tell somebody something. ``secret`` is its apprise URL, encrypted; nothing ever shows it."""

    name = models.CharField(max_length=100, unique=True)
    enabled = models.BooleanField(default=True)
    secret = models.TextField(editable=False)
    service = models.CharField(max_length=100, editable=False, help_text="Which one the address is of.")
    causes: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text="What it is told of."
    )
    digest = models.BooleanField("daily digest", default=False, help_text="Everything of a day in one message.")
    digest_hour = models.PositiveSmallIntegerField(
        default=8,
        validators=[MaxValueValidator(23)],
        help_text="From 0 to 23, in the time zone of StashHog: when the digest is sent.",
    )
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="In a row.")
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)
    error = models.TextField(blank=True, editable=False, help_text="Why the last attempt failed.")
    last_sent_at = models.DateTimeField("last sent", null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Channel {self.pk}>"


class Message(models.Model):
    """One event, to be told through one channel; written in the transaction of the event (an outbox)."""

    class Status(models.TextChoices):
        """UNSURE: nobody heard how sending ended, so it may have arrived. It is not sent a second time by itself."""

        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNSURE = "unsure", "Unsure whether it was sent"
        GIVEN_UP = "given_up", "Given up"

    OPEN: ClassVar = (Status.WAITING, Status.SENDING)

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="messages")
    cause = models.CharField(max_length=20, choices=Cause)
    title = models.CharField(max_length=MAX_TITLE)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=500, blank=True, help_text="Where to look, below the public address.")
    at = models.DateTimeField(default=timezone.now, help_text="When it happened.")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField("last tried", null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    error = models.TextField(blank=True, help_text="Why it was not sent.")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="message_newest"),
            models.Index(fields=["channel", "cause", "-tried_at"], name="message_last_tried"),
            # Supervisors look every few seconds for the few that are to be sent.
            models.Index(fields=["status", "channel", "cause"], name="message_to_send"),
        ]

    def __str__(self) -> str:
        return self.title


class Condition(models.Model):
    """How a service, a disk or the workers were when one of the supervisors looked last.

    ``is_bad`` changes only after several looks in a row that agree, so that a moment's trouble tells nobody anything.
    """

    class Kind(models.TextChoices):
        SERVICE = "service", "Service"
        DISK = "disk", "Disk"
        BACKUPS = "backups", "Backups"
        WORKER = "worker", "Worker"

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=300, help_text="Of the service, or the folder.")
    is_bad = models.BooleanField(default=False)
    contrary = models.PositiveSmallIntegerField(default=0, help_text="Looks in a row that say the contrary.")
    text = models.TextField(blank=True, help_text="What the last look found.")
    value = models.FloatField(null=True, blank=True, help_text="Free bytes of a disk, time of the newest backup.")
    total = models.FloatField(null=True, blank=True, help_text="Bytes of a disk.")
    since = models.DateTimeField(default=timezone.now, help_text="Since when it is bad, or good.")
    looked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="condition_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}".strip()


class BackupAttempt(models.Model):
    """A backup that somebody asked for, as far as it came: it may lie where only the one who made it can look."""

    path = models.TextField(blank=True, help_text="Of the file.")
    process = models.CharField(max_length=200, help_text="Who makes it.")
    begun_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="Why there is none.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Backup of {self.begun_at:%Y-%m-%d %H:%M}"
