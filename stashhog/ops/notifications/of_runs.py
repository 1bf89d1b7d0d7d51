"""What is told of a run that has ended."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Count, QuerySet, Value
from django.utils.translation import override

from jobs.models import Job, Status
from jobs.models.compiled import Compiled
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, quantity
from scenes.models import Attempts, attempted
from stashhog.ops.notifications.models import Cause, Channel
from stashhog.ops.notifications.outbox import REVIEW, page_of, write


def tell_of_runs(jobs: list[Job], **kwargs: Any) -> None:
    """A receiver of `jobs.signals.runs_ended`, in its transaction."""
    if _enabled():
        for job in jobs:
            tell_of_run(job)


_enabled = Compiled(lambda: Channel.objects.filter(enabled=True).order_by().values_list("pk")[:1])


def tell_of_run(job: Job) -> None:
    """Where there is a channel."""
    page = page_of(job)
    if job.status == Status.FAILED:
        write(Cause.RUN_FAILED, _("{job} failed", job=job.text_of_type), job.error_message, page)
    elif job.status == Status.COMPLETED_WITH_ERRORS:
        write(
            Cause.RUN_WITH_ERRORS,
            _("{job} completed with errors", job=job.text_of_type),
            job.message or job.error_message,
            page,
        )
    if kinds := quarantined_in(job):
        title = _("{items} quarantined", items=quantity(sum(kinds.values()), "item was", "items were"))
        text = joined(", ", (_("{kind}: {count}", kind=_(name), count=count) for name, count in kinds.items()))
        write(Cause.QUARANTINED, title, _("Left alone until somebody releases them. {kinds}.", kinds=text))
    if waiting := waiting_of(job):
        title = _("{changes} for review", changes=quantity(waiting, "change waits", "changes wait"))
        text = _("{job} proposed them; nothing is written to Stash until you decide.", job=job.text_of_type)
        write(Cause.REVIEW, title, text, REVIEW)


def quarantined_in(job: Job) -> dict[str, int]:
    """How many of each kind were quarantined by the run since it began, or a person retried it; one query."""
    first, *others = [of_kind(model, job) for model in attempted()]
    return {kind: count for kind, count in first.union(*others, all=True) if count}


def of_kind(model: type[Attempts], job: Job) -> QuerySet[Any, tuple[str, int]]:
    rows = model.objects.shown().quarantined().filter(job__in=Job.objects.of_run(job.pk))
    rows = rows.filter(updated_at__gte=job.started_at or job.created_at)
    kind = Value(in_english(model), output_field=CharField())
    counts = rows.order_by().annotate(of_kind=kind).values("of_kind").annotate(count=Count("pk"))
    found: QuerySet[Any, tuple[str, int]] = counts.values_list("of_kind", "count")
    return found


def in_english(model: type[Attempts]) -> str:
    """What it is called, several of them; translated where it is read."""
    with override("en"):
        return str(model._meta.verbose_name_plural)


def waiting_of(job: Job) -> int:
    """How many of its changes a person has to decide on."""
    result = job.result or {}
    summary = result.get("summary", {})
    return int(summary.get("total_changes_waiting", 0) or result.get("changes_waiting", 0) or 0)
