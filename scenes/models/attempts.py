"""Whatever is attempted until it succeeds: how often it failed, why, whether it is quarantined, and its release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from jobs.models import Job
from jobs.texts.translatable import Translatable, TranslatableField, joined, quantity
from scenes import configuration
from scenes.pieces import pieces

if TYPE_CHECKING:
    from jobs.context import JobContext

NO_FAILURE: dict[str, Any] = {"message": "", "attempts": 0, "failed_at": None}
REASONS_AT_ONCE = 200  # in one statement


class Outcome(models.TextChoices):
    """How handling an item ended. Only FAILED counts as an error."""

    NEW = "new", _("New")
    DONE = "done", _("Done")
    WAITING = "waiting", _("Waiting")
    NOT_WANTED = "not_wanted", _("Not wanted")
    FAILED = "failed", _("Failed")
    QUARANTINED = "quarantined", _("Quarantined")


TO_DO = (Outcome.NEW, Outcome.WAITING, Outcome.FAILED)  # looked at again by the next run
HANDLED = (Outcome.DONE, Outcome.NOT_WANTED, Outcome.QUARANTINED)
BAD = (Outcome.FAILED, Outcome.QUARANTINED)  # an error of the run in which it became so

M = TypeVar("M", bound="Attempts", covariant=True)


class AttemptsQuerySet(models.QuerySet[M]):
    """Filters, and the only ways in which a failure, a success and a release are written. Each is one statement."""

    def bad(self) -> Self:
        """Failed or quarantined."""
        return self.filter(outcome__in=BAD)

    def releasable(self) -> Self:
        """What a person can have attempted as if it never had been."""
        return self.bad()

    def quarantined(self) -> Self:
        return self.filter(outcome=Outcome.QUARANTINED)

    def due(self, job: JobContext | None = None) -> Self:
        """To be attempted, by ``job`` if given: what failed in it already is left to the next one."""
        rows = self.filter(outcome__in=TO_DO)
        return rows if job is None else rows.exclude(pk__in=self.model.objects.failed_in(job).values("pk"))

    def failed_in(self, job: JobContext) -> Self:
        """In this or an earlier attempt of the job, and nobody released it since."""
        return self.bad().filter(job=job.id, failed_at__gte=job.job.started_at or timezone.now())

    def shown(self) -> Self:
        """Without what no person has to look at any more."""
        return self.filter(self.model.shown_if)

    def named(self) -> Self:
        """Those that the home page names, rather than something else that failed with them."""
        return self.shown()

    def fail(self, job: JobContext, reason: str | Case, *, is_counted: bool = True, **columns: Any) -> int:
        """They failed once more; after the last attempt they are quarantined. Reads nothing before it writes.

        So one that a person released meanwhile starts from zero. ``is_counted``: it was the item's own fault.
        """
        last = Q(attempts__gte=configuration.current().max_item_attempts - 1) if is_counted else Q(pk__in=[])
        defaults = {
            "outcome": Case(When(last, then=Value(Outcome.QUARANTINED)), default=Value(Outcome.FAILED)),
            "message": reason,
            "attempts": F("attempts") + int(is_counted),
            "failed_at": timezone.now(),
        }
        failed = self._record(job, defaults | columns)
        if failed:
            job.changed()
        return failed

    def fail_each(self, job: JobContext, reasons: Mapping[int, str], **columns: Any) -> None:
        """Those with these primary keys failed once more, each for its own reason."""
        for part in pieces(reasons, REASONS_AT_ONCE):
            self.filter(pk__in=part).fail(job, each_its_own({pk: reasons[pk] for pk in part}), **columns)

    def succeed(self, job: JobContext, **columns: Any) -> int:
        """They are done: what failed before is forgotten."""
        return self._record(job, {"outcome": Outcome.DONE} | NO_FAILURE | columns)

    def wait_for(self, job: JobContext, code: str, reason: str) -> int:
        """They come again by themselves; nothing failed."""
        return self._record(job, {"outcome": Outcome.WAITING} | NO_FAILURE | {"code": code, "message": reason})

    def _record(self, job: JobContext, columns: dict[str, Any]) -> int:
        return self.update(job_id=job.id, updated_at=timezone.now(), **columns)

    def release(self) -> int:
        """A person lets the next run attempt what failed as if it never had; returns how many."""
        return self.releasable().start_over(code="")

    def start_over(self, **columns: Any) -> int:
        """They are new again, as if nothing had ever been attempted."""
        return self.update(outcome=Outcome.NEW, **NO_FAILURE, **columns)


class Attempts(models.Model):
    """Something that is attempted until it succeeds: a row of its own, or the row of the item itself.

    Each subclass is counted, listed and released by itself: on the home page, in the admin, by command and API.
    """

    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome, default=Outcome.NEW, db_index=True)
    code = models.CharField(_("code"), max_length=30, blank=True, help_text=_("A word for how it ended."))
    message = TranslatableField(_("message"), blank=True, help_text=_("Why, and what a person can do."))
    attempts = models.PositiveSmallIntegerField(
        _("attempts"), default=0, help_text=_("How often it failed; after the last time it is quarantined.")
    )
    failed_at = models.DateTimeField(
        _("failed at"), null=True, blank=True, help_text=_("When its job failed with it last.")
    )
    job = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("That handled it last."),
        verbose_name=_("job"),
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # What it belongs to and is released with: the verbose name of a model → the path to it.
    released_with: ClassVar[Mapping[str, str]] = {}
    # The one of these that the home page names it by.
    named_by: ClassVar[str] = ""
    # Which of them a person looks at.
    shown_if: ClassVar[Q] = Q()
    # What is said, with the reason, of one and of several that belong together.
    failing: ClassVar[tuple[str, str]] = ("{reason}", gettext_noop("{count} failures: {reason}"))

    objects = AttemptsQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_quarantined(self) -> bool:
        return self.outcome == Outcome.QUARANTINED

    @property
    def explanation(self) -> str:
        """Its message; and, if it is quarantined since it used up its attempts, that nothing tries it again."""
        if not self.is_quarantined or self.attempts < configuration.current().max_item_attempts:
            return self.message
        times = quantity(self.attempts, "time")
        what = gettext_noop("It failed {times} and is left alone until somebody releases it.")
        return joined(" ", [self.message, Translatable(what, times=times)])

    def has_failed_in(self, job: JobContext) -> bool:
        """In this or an earlier attempt of the job, and nobody released it since."""
        return job.failed_already(self.job_id, self.failed_at)


def each_its_own(texts: Mapping[int, str]) -> Case:
    """For an update: to each row, by its primary key, its own text."""
    field = TranslatableField()
    return Case(*(When(pk=pk, then=Value(text, field)) for pk, text in texts.items()), output_field=field)


def attempted() -> list[type[Attempts]]:
    """Every model of what is attempted."""
    return [model for model in apps.get_models() if issubclass(model, Attempts)]
