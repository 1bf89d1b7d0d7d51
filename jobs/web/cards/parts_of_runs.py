"""Pages of what a card only counts: batches, what failed, what came of a run; and the log."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from jobs.declare.ids import id_of
from jobs.declare.items import items
from jobs.errors import BadRequest
from jobs.models import Job
from jobs.permissions import VIEW, only_with
from jobs.texts.translatable import message_of, translated
from jobs.web.cards import log
from jobs.web.cards.failed import failed_page

PAGE_SIZE = 50
FAILED, BATCHES = "failed", "batches"


@require_safe
@only_with(VIEW)
def job_items(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """What a job did of one kind (``what``), page by page; with ``step`` that of one step."""
    job = get_object_or_404(Job.objects.select_related("batch"), pk=job_id)
    what = request.GET.get("what", FAILED)
    step, start = request.GET.get("step", ""), id_of(request.GET.get("start", "")) or 0
    found = page_of(job, what, "" if "\0" in step else step, min(start, 10**7))
    if not found and what not in (FAILED, BATCHES) and not page_of(job, what, "", 0):
        raise Http404("There is nothing of this job here.")
    context = {
        "job": job,
        "card": {"job": job},
        "what": what,
        "step": job.steps.filter(key=step).first() if step and "\0" not in step else None,
        "found": found[:PAGE_SIZE],
        "first": start + 1,
        "last": start + len(found[:PAGE_SIZE]),
        "earlier": max(0, start - PAGE_SIZE) if start else None,
        "later": start + PAGE_SIZE if len(found) > PAGE_SIZE else None,
    }
    return render(request, "jobs/items.html", context)


def page_of(job: Job, what: str, step: str, start: int) -> list[Any]:
    """One more than fit on a page, if there are more."""
    end = start + PAGE_SIZE + 1
    if what == FAILED:
        return failed_page(job, step, start, end)
    if what == BATCHES:
        rows = job.sub_jobs.defer("params").select_related("batch").order_by("batch__number", "created_at", "pk")
        return list((rows.filter(step__key=step) if step else rows)[start:end])
    return items().page(job, what, start, PAGE_SIZE + 1)


def logged(request: HttpRequest, job_id: uuid.UUID) -> tuple[Job, log.LogQuery]:
    """A job, and which lines of its log are asked for. Raises Http404, and BadRequest for lines that there aren't."""
    return get_object_or_404(Job, pk=job_id), log.LogQuery.parse(request.GET.dict())


@require_safe
@only_with(VIEW)
def job_log(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The log, newest line first."""
    try:
        job, query = logged(request, job_id)
    except BadRequest:
        return redirect("job_log", job_id)
    events, earlier = query.page(job)
    context = {
        "job": job,
        "query": query,
        "levels": log.LEVELS,
        "steps": job.steps.order_by("index"),
        "events": events,
        "earlier": earlier,
        "filters": query.url_query(),
    }
    return render(request, "jobs/log.html", context)


@require_safe
@only_with(VIEW)
def job_log_text(request: HttpRequest, job_id: uuid.UUID) -> StreamingHttpResponse:
    """The log as a text to keep, oldest line first."""
    try:
        job, query = logged(request, job_id)
    except BadRequest as error:
        raise Http404(translated(message_of(error))) from None
    name = f"{job.type}-{job.created_at:%Y-%m-%d}-{str(job.pk)[:8]}.log"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(log.text(job, query), content_type="text/plain; charset=utf-8", headers=headers)
