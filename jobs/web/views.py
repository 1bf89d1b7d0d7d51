"""The pages of jobs. What changes something is a POST; done, it answers with a redirect."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_POST, require_safe

from jobs import engine
from jobs.engine import holding
from jobs.errors import AlreadyRunning, BadRequest, NotPossible
from jobs.live.audience import Audience
from jobs.models import Job
from jobs.permissions import CANCEL, RETRY, START, VIEW, only_with, require, require_start
from jobs.texts.translatable import message_of, translated
from jobs.web.cards.card import read_card
from jobs.web.cards.snapshot import load
from jobs.web.confirming import ask_first
from jobs.web.forms import FilterForm, StartForm, start_forms
from jobs.web.lists import PAGE_SIZE, ListQuery
from jobs.web.retrying import retry_for, run_now_for

WAIT_OR_CANCEL = _("Wait for its end, or cancel it.")
UNTIL_END = "until-end"  # of a message that the page takes away when the job has ended (live.js)


@require_safe
@only_with(VIEW)
def job_list(request: HttpRequest) -> HttpResponse:
    """All that somebody started, newest first."""
    try:
        query = ListQuery.parse(request.GET.dict())
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
        return redirect("jobs")
    return list_page(request, query, start_forms())


def list_page(request: HttpRequest, query: ListQuery, starts: list[StartForm]) -> HttpResponse:
    """The page of the list, with these forms above it."""
    page = query.page()
    return render(
        request,
        "jobs/list.html",
        {
            "starts": starts,
            "worker_alive": engine.worker_alive(),
            "query": query,
            "live_query": query.url_query(query.cursor),
            "first": query.url_query(),
            "next": query.url_query(page.next) if page.next else "",
            "rows": load(page.rows),
            "page_size": PAGE_SIZE,
            "filters": FilterForm({"status": query.status, "type": query.type}, auto_id="filter-%s", label_suffix=""),
        },
    )


@require_safe
@only_with(VIEW)
def job_detail(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The card of a job."""
    try:
        card = read_card(job_id)
    except Job.DoesNotExist:
        raise Http404("There is no job with this id.") from None
    context = {
        "card": card,
        "parent": card.job.parent,
        "mark": Audience.asked_for(card.job.root_id, as_page(), request.user).mark,
    }
    return render(request, "jobs/detail.html", context)


@require_safe
@only_with(VIEW)
def alive(request: HttpRequest) -> HttpResponse:
    """That the server answers: a page asks that has lost its connection (connection.js)."""
    return HttpResponse(status=204)


def as_page() -> dict[str, str]:
    """How the page that is rendered now connects to hear of changes (live.js)."""
    return {"as": "html", "lang": get_language() or ""}


@require_POST
@only_with(START)
def start_job(request: HttpRequest) -> HttpResponse:
    """Start what the form asks for, and show it; or show the form again with what is wrong."""
    try:
        form = StartForm(request.POST.get("job_type", ""), request.POST)
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
        return redirect("jobs")
    if not form.is_valid():
        require(request.user, VIEW)
        others = [other for other in start_forms() if other.type != form.type]
        return list_page(request, ListQuery(), [form, *others])
    job = start_for(request, form.type, form.params(), source="page")
    return redirect("job", job.pk) if job else redirect("jobs")


def start_for(request: HttpRequest, type: str, params: dict[str, Any], *, source: str) -> Job | None:
    """Start a job for the request's user and report the result in a message. None when it was not started.

    Raises Forbidden where the user may not start jobs of this type.
    """
    require_start(request.user, type)
    try:
        job = engine.start(type, params, source=source, user=request.user)
    except AlreadyRunning as error:
        messages.warning(request, _already_running(error))
        return None
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
        return None
    sentence = format_html(gettext('<a href="{}">{}</a> was started.'), job.get_absolute_url(), job.name)
    messages.success(request, sentence, extra_tags=UNTIL_END)
    if not engine.worker_alive():
        text = gettext("No worker is running, so it waits. Start one with “make run”.")
        messages.warning(request, text, extra_tags=UNTIL_END)
    if held := holding.waits_at_start(type):
        messages.warning(request, translated(held), extra_tags=UNTIL_END)
    return job


def _already_running(error: AlreadyRunning) -> str:
    active = Job.objects.filter(pk=error.active_id).first() if error.active_id else None
    if active is None:
        return gettext("One was running a moment ago; try again.")
    held = holding.waits_for(active.pk)
    waits = gettext("It waits ({reason}): resume, or cancel it.")
    if holding.is_quiet(held):
        waits = gettext("It waits ({reason}): its page can have it go on now, or cancel it.")
    return format_html(
        gettext('One is running already: <a href="{}">{}</a>. {}'),
        active.get_absolute_url(),
        active.name,
        waits.format(reason=translated(held)) if held else gettext(WAIT_OR_CANCEL),
    )


@contextmanager
def warning_of(request: HttpRequest) -> Iterator[None]:
    """What is not possible now becomes a message of the next page."""
    try:
        yield
    except NotPossible as error:
        messages.warning(request, translated(message_of(error)))
    except AlreadyRunning as error:
        messages.warning(request, _already_running(error))


@require_POST
@only_with(RETRY)
def retry_job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Do again what failed of a job, or of a part of a run, and show the run."""
    job = get_object_or_404(Job, pk=job_id)
    with warning_of(request):
        retry_for(request.user, job_id, request.POST.get("step", ""))
    return redirect("job", job.root_id)


@require_POST
@only_with(START)
def run_job_now(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Have a job go on in quiet hours, and show its run."""
    job = get_object_or_404(Job, pk=job_id)
    with warning_of(request):
        run_now_for(request.user, job_id)
    return redirect("job", job.root_id)


@require_POST
@only_with(CANCEL)
def cancel_job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Cancel a job, or a part of a run, and show the run."""
    job = get_object_or_404(Job, pk=job_id)
    if job.is_active and (page := ask_first(request, to_cancel(job))):
        return page
    with warning_of(request):
        engine.cancel(job_id)
    return redirect("job", job.root_id)


def to_cancel(job: Job) -> str:
    """The question, as its button has it."""
    if job.parent_id:
        return gettext("Cancel this part? The run goes on without it.")
    return gettext("Cancel this run and all that it is doing?") if job.steps.exists() else gettext("Cancel this job?")
