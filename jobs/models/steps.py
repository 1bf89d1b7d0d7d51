"""The steps of a run, and the batches that their sub-jobs work at."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models.jobs import Job, Timed
from jobs.models.status import JOB_STATUSES, Status
from jobs.texts.translatable import TranslatableField


class Step(Timed):
    """One part of a workflow's run; its work is done by sub-jobs."""

    run = models.ForeignKey(Job, models.CASCADE, related_name="steps", verbose_name=_("run"))
    key = models.CharField(_("key"), max_length=50)
    name = models.CharField(_("name"), max_length=100)
    index = models.PositiveSmallIntegerField(_("index"), help_text=_("From 1."))
    shown_from = models.PositiveSmallIntegerField(_("shown from"))
    shown_to = models.PositiveSmallIntegerField(_("shown to"))
    required = models.BooleanField(_("required"), default=False)
    parallel = models.PositiveSmallIntegerField(_("parallel"), default=1, help_text=_("Batches at once."))
    status = models.CharField(_("status"), max_length=25, choices=Status, default=Status.PENDING)
    message = TranslatableField(_("message"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, help_text=_("Of its decision, that failed."))

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["run", "index"]
        indexes = [models.Index(fields=["status"], name="step_status")]
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="step_once_a_run")]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """Its name in the reader's language."""
        return gettext(self.name)


class Batch(models.Model):
    """What a job of a task works at, and after it the jobs that follow it.

    Apps link what that is to the batch: it is at work, or will be, while the batch is open.
    """

    step = models.ForeignKey(
        Step,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="batches",
        db_index=False,  # the constraint's index begins with it
        help_text=_("None: its job was started on its own."),
        verbose_name=_("step"),
    )
    number = models.PositiveIntegerField(_("number"), default=1, help_text=_("Within its step, from 1."))
    status = models.CharField(
        _("status"),
        max_length=25,
        choices=Status,
        default=Status.QUEUED,
        help_text=_("Running from its first job's begin to its last one's end; then the worst of theirs."),
    )
    makes_room = models.BooleanField(
        _("makes room"),
        default=False,
        help_text=_(
            "It has nothing left to begin itself: when all that run say so, another one may begin beside them."
        ),
    )

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["step", "number"]
        indexes = [models.Index(fields=["step", "status"], name="batch_status")]  # counted with each job that ends
        constraints = [
            models.UniqueConstraint(fields=["step", "number"], name="batch_once_a_step"),
            models.CheckConstraint(condition=Q(status__in=JOB_STATUSES), name="batch_known_status"),
        ]

    def __str__(self) -> str:
        return gettext("Batch {number}").format(number=self.number)
