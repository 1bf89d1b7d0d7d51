"""Channels, what is to be told through them, and what was found when services and disks were looked at last."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs.texts.translatable import TranslatableField, translated

MAX_TITLE, MAX_TEXT = 200, 2000  # characters


class Cause(models.TextChoices):
    """What a channel may want to hear of."""

    RUN_FAILED = "run_failed", _("A run failed")
    RUN_WITH_ERRORS = "run_with_errors", _("A run completed with errors")
    QUARANTINED = "quarantined", _("Items were quarantined")
    REVIEW = "review", _("Changes wait for review")
    RUN_MISSED = "run_missed", _("A scheduled run was missed")
    SERVICE_DOWN = "service_down", _("A service is down")
    SERVICE_BACK = "service_back", _("A service is back")
    DISK_LOW = "disk_low", _("A disk is almost full")
    BACKUP_FAILED = "backup_failed", _("A backup failed")
    WORKER_GONE = "worker_gone", _("No worker is running")


class ChannelQuerySet(models.QuerySet["Channel"]):
    def failing(self) -> ChannelQuerySet:
        """Those whose last attempt, or test, failed."""
        return self.filter(enabled=True).exclude(error="")


class Channel(models.Model):
    """A way to tell somebody something. ``secret`` is its apprise URL, encrypted; nothing ever shows it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    secret = models.TextField(_("secret"), editable=False)
    service = models.CharField(
        _("service"), max_length=100, editable=False, help_text=_("Which one the address is of.")
    )
    causes: models.JSONField[list[str], list[str]] = models.JSONField(
        _("causes"), default=list, blank=True, help_text=_("What it is told of.")
    )
    digest = models.BooleanField(_("daily digest"), default=False, help_text=_("Everything of a day in one message."))
    digest_hour = models.PositiveSmallIntegerField(
        _("digest hour"),
        default=8,
        validators=[MaxValueValidator(23)],
        help_text=_("From 0 to 23, in the time zone of StashHog: when the digest is sent."),
    )
    failures = models.PositiveSmallIntegerField(_("failures"), default=0, editable=False, help_text=_("In a row."))
    retry_at = models.DateTimeField(_("retry at"), null=True, blank=True, editable=False)
    error = TranslatableField(_("error"), blank=True, editable=False, help_text=_("Why the last attempt failed."))
    last_sent_at = models.DateTimeField(_("last sent"), null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("changed by"),
    )

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Channel {self.pk}>"


class MessageQuerySet(models.QuerySet["Message"]):
    def undelivered(self) -> MessageQuerySet:
        """Those that did not get there, or may not have."""
        return self.filter(status__in=Message.LOST)


class Message(models.Model):
    """One event, to be told through one channel; written in the transaction of the event (an outbox)."""

    class Status(models.TextChoices):
        """UNSURE: nobody heard how sending ended, so it may have arrived. It is not sent a second time by itself."""

        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        UNSURE = "unsure", _("Unsure whether it was sent")
        GIVEN_UP = "given_up", _("Given up")

    OPEN: ClassVar = (Status.WAITING, Status.SENDING)
    LOST: ClassVar = (Status.GIVEN_UP, Status.UNSURE)

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="messages", verbose_name=_("channel"))
    cause = models.CharField(_("cause"), max_length=20, choices=Cause)
    title = TranslatableField(_("title"))
    text = TranslatableField(_("text"), blank=True)
    path = models.CharField(
        _("path"), max_length=500, blank=True, help_text=_("Where to look, below the public address.")
    )
    at = models.DateTimeField(_("at"), default=timezone.now, help_text=_("When it happened."))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    tried_at = models.DateTimeField(_("last tried"), null=True, blank=True)
    claim = models.UUIDField(_("claim"), null=True, blank=True, editable=False)
    error = TranslatableField(_("error"), blank=True, help_text=_("Why it was not sent."))

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="message_newest"),
            models.Index(fields=["channel", "cause", "-tried_at"], name="message_last_tried"),
            # Supervisors look every few seconds for the few that are to be sent.
            models.Index(fields=["status", "channel", "cause"], name="message_to_send"),
        ]

    def __str__(self) -> str:
        return translated(self.title)


class Condition(models.Model):
    """How a service, a disk or the workers were when one of the supervisors looked last.

    ``is_bad`` changes after several observations in a row that agree, so that nobody is told of a moment's trouble.
    """

    class Kind(models.TextChoices):
        SERVICE = "service", _("Service")
        DISK = "disk", _("Disk")
        BACKUPS = "backups", _("Backups")
        WORKER = "worker", _("Worker")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=300, help_text=_("Of the service, or the folder."))
    is_bad = models.BooleanField(_("is bad"), default=False)
    contrary = models.PositiveSmallIntegerField(
        _("contrary"), default=0, help_text=_("Observations in a row that say the contrary.")
    )
    text = TranslatableField(_("text"), blank=True, help_text=_("What the last observation found."))
    value = models.FloatField(
        _("value"), null=True, blank=True, help_text=_("Free bytes of a disk, time of the newest backup.")
    )
    total = models.FloatField(_("total"), null=True, blank=True, help_text=_("Bytes of a disk."))
    since = models.DateTimeField(_("since"), default=timezone.now, help_text=_("Since when it is bad, or good."))
    looked_at = models.DateTimeField(_("looked at"), default=timezone.now)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="condition_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}".strip()


class BackupAttempt(models.Model):
    """A backup that somebody asked for, as far as it came: it may lie where only the one who made it can look."""

    path = models.TextField(_("path"), blank=True, help_text=_("Of the file."))
    process = models.CharField(_("process"), max_length=200, help_text=_("Who makes it."))
    begun_at = models.DateTimeField(_("begun at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    error = TranslatableField(_("error"), blank=True, help_text=_("Why there is none."))

    class Meta:
        verbose_name = _("backup attempt")
        verbose_name_plural = _("backup attempts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Backup of {self.begun_at:%Y-%m-%d %H:%M}"
