"""The rows that are the truth about work: the launches of tasks and workflows.

Only `jobs.engine` changes a status. Everything here reads, or names what is meant.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Case, Expression, Q, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from jobs.models.status import ACTIVE, FINISHED, JOB_STATUSES, UNSUCCESSFUL, Status
from jobs.texts.translatable import Translatable, TranslatableField, joined, translated

IN_QUEUE = Q(claim_token=None) & (Q(status=Status.QUEUED) | Q(status=Status.RUNNING, advance_due=True))


REAL = Q(params__dry_run=False) | Q(params__dry_run__isnull=True)


class JobQuerySet(models.QuerySet["Job"]):
    def active(self) -> JobQuerySet:
        # Both say the same, as a constraint holds; of a list of statuses SQLite does not see that a partial index fits.
        return self.filter(status__in=ACTIVE, finished_at=None)

    def finished(self) -> JobQuerySet:
        return self.filter(status__in=FINISHED)

    def runs(self) -> JobQuerySet:
        """Jobs that nobody's step started: what a person or a schedule asked for."""
        return self.filter(parent=None)

    def of_run(self, root_id: uuid.UUID | Expression) -> JobQuerySet:
        """The job itself and its sub-jobs."""
        return self.filter(Q(pk=root_id) | Q(parent=root_id))

    def claimed(self) -> JobQuerySet:
        return self.filter(claim_token__isnull=False)

    def dry_runs(self) -> JobQuerySet:
        """Those that only report what they would do."""
        return self.filter(params__dry_run=True)

    def real(self) -> JobQuerySet:
        """All but dry runs; most types take no such parameter."""
        return self.filter(REAL)


class Timed(models.Model):
    """Something that starts and finishes, successfully or with an error: a job or a step."""

    status: models.CharField[str, str]
    error_code = models.CharField(_("error code"), max_length=50, blank=True)
    error_message = TranslatableField(_("error message"), blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def duration_seconds(self) -> float | None:
        """Float seconds from its begin to its end, or to now; None before that; 0 if the clock was set back."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.finished_at or timezone.now()) - self.started_at).total_seconds())

    def ends_at(self, now: datetime) -> datetime:
        """When it ends if that is ``now``: not before its begin, also if the clock was set back meanwhile."""
        return max(now, self.started_at or now)

    @property
    def error(self) -> dict[str, str] | None:
        return {"code": self.error_code, "message": self.error_message} if self.error_code else None

    @property
    def can_be_retried(self) -> bool:
        return self.status in UNSUCCESSFUL


class Job(Timed):
    """One launch of a task or of a workflow; a sub-job has a parent."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    type = models.CharField(_("type"), max_length=50)
    status = models.CharField(_("status"), max_length=25, choices=Status, default=Status.QUEUED)
    params = models.JSONField(
        _("params"), default=dict, blank=True, help_text=_("Written once, when the job is started.")
    )
    pinned: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        _("pinned"),
        default=dict,
        blank=True,
        editable=False,
        help_text=_("Settings that it keeps to; written once, at its start."),
    )
    result = models.JSONField(_("result"), null=True, blank=True, help_text=_("Written once, when the job ends."))
    errors = models.PositiveIntegerField(_("errors"), default=0, help_text=_("Items of this job that failed."))

    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), null=True, blank=True)
    percent = models.PositiveSmallIntegerField(_("percent"), default=0)
    message = TranslatableField(_("message"), blank=True)

    # The indexes of these, of ``previous`` and of ``started_by`` are partial ones below, since most have none: with
    # those in it, databases would take that of ``parent`` for lists of runs.
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="sub_jobs", db_index=False, verbose_name=_("parent")
    )
    step = models.ForeignKey(
        "Step", models.CASCADE, null=True, blank=True, related_name="jobs", db_index=False, verbose_name=_("step")
    )
    previous = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="follow_ups",
        db_index=False,
        help_text=_("The job it follows."),
        verbose_name=_("previous"),
    )
    follow_up_type = models.CharField(
        _("follow up type"), max_length=50, blank=True, help_text=_("Type of the job that follows this one.")
    )
    batch = models.ForeignKey(
        "Batch",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="jobs",
        help_text=_("None of a run."),
        verbose_name=_("batch"),
    )

    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    max_attempts = models.PositiveSmallIntegerField(_("max attempts"), default=3)
    retry_delay = models.FloatField(
        _("retry delay"), default=30, help_text=_("Seconds before the second attempt; doubles.")
    )
    run_after = models.DateTimeField(_("run after"), null=True, blank=True)

    lock = models.CharField(
        _("lock"), max_length=20, blank=True, help_text=_("Jobs with the same lock never run at once.")
    )
    held_lock = models.CharField(_("held lock"), max_length=20, blank=True, editable=False)
    single_flight = models.CharField(_("single flight"), max_length=50, blank=True, editable=False)

    claim_token = models.UUIDField(_("claim token"), null=True, blank=True, editable=False)
    claimed_by = models.CharField(_("claimed by"), max_length=200, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True, editable=False)
    advance_due = models.BooleanField(
        _("advance due"), default=False, editable=False, help_text=_("The workflow has to decide.")
    )

    source = models.CharField(_("source"), max_length=20, blank=True, help_text=_("The way it was started."))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("started by"),
    )
    ignores_quiet_hours = models.BooleanField(
        _("ignores quiet hours"), default=False, help_text=_("A person wants it now.")
    )
    cancel_requested_at = models.DateTimeField(_("cancel requested at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    queued_as_of = models.DateTimeField(
        _("queued as of"),
        default=timezone.now,
        editable=False,
        help_text=_("When it was created, or the first of the jobs that it follows."),
    )
    place_in_queue = models.GeneratedField(
        verbose_name=_("place in queue"),
        expression=Case(When(IN_QUEUE, then="queued_as_of"), default=None),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
        help_text=_("None unless it waits for a worker."),
    )
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now)
    version = models.PositiveBigIntegerField(_("version"), default=1)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at", "-id"]
        # What each allows is in docs/operations.md; `jobs.permissions` asks for them.
        permissions = [
            ("start_job", gettext_noop("Can start jobs")),
            ("cancel_job", gettext_noop("Can cancel jobs")),
            ("retry_job", gettext_noop("Can retry what failed of jobs")),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            models.Index(fields=["-created_at", "-id"], name="job_newest_run", condition=Q(parent__isnull=True)),
            models.Index(fields=["parent", "status"], name="job_parent", condition=Q(parent__isnull=False)),
            *(
                models.Index(fields=[name], name=f"job_{name}", condition=Q((f"{name}__isnull", False)))
                for name in ("step", "previous", "started_by")
            ),
            models.Index(fields=["status", "created_at", "id"], name="job_status"),
            models.Index(fields=["type", "created_at", "id"], name="job_type"),
            # The queue in its order, whose first job is found without reading the others.
            models.Index(fields=["place_in_queue", "id"], name="job_queue", condition=Q(place_in_queue__isnull=False)),
            # How the newest ones of a type ended.
            models.Index(fields=["status", "type", "created_at"], name="job_outcome"),
            models.Index(fields=["parent", "-created_at", "-id"], name="job_active", condition=Q(finished_at=None)),
            models.Index(fields=["updated_at"], name="job_updated"),
            # Of the few that are at work, since supervisors look for them twice a second.
            models.Index(fields=["-created_at", "-id"], name="job_claimed", condition=Q(claim_token__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["single_flight"],
                condition=Q(status__in=ACTIVE) & ~Q(single_flight=""),
                name="job_single_flight",
            ),
            models.UniqueConstraint(fields=["held_lock"], condition=~Q(held_lock=""), name="job_one_per_lock"),
            models.CheckConstraint(condition=Q(status__in=JOB_STATUSES), name="job_known_status"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="job_percent"),
            models.CheckConstraint(
                condition=Q(finished_at=None) | ~Q(status__in=ACTIVE), name="job_active_has_not_ended"
            ),
        ]

    def __str__(self) -> str:
        return translated(self.label)

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.root_id])

    @property
    def root_id(self) -> uuid.UUID:
        return self.parent_id or self.id

    @property
    def name(self) -> str:
        """What people read for the type: "send_letters" → "Send letters"."""
        return translated(self.text_of_type)

    @property
    def name_of_batch(self) -> str:
        """The same of one batch among several."""
        return gettext("{job} batch {number}").format(job=self.name, number=self.batch.number if self.batch else 1)

    @property
    def text_of_type(self) -> str:
        """Its name, for texts that are stored."""
        return Translatable(self.type.replace("_", " ").capitalize())

    @property
    def label(self) -> str:
        """The same with the beginning of its id."""
        return joined(" ", [self.text_of_type, str(self.id)[:8]])

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_dry_run(self) -> bool:
        """Whether it only reports what it would do."""
        return bool(self.params.get("dry_run"))
