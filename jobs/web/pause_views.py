"""The switch of the pause on the pages."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from jobs.errors import BadRequest
from jobs.permissions import PAUSE, only_with
from jobs.scheduling import pausing
from jobs.texts.translatable import message_of, translated


@require_POST
@only_with(PAUSE)
def pause_jobs(request: HttpRequest) -> HttpResponse:
    """Begin nothing new, and go back to the page that the switch was on, which says so."""
    reason, requeue = request.POST.get("reason", ""), bool(request.POST.get("requeue_running"))
    try:
        pausing.pause(source="page", user=request.user, reason=reason, requeue_running=requeue)
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
    return _back(request)


@require_POST
@only_with(PAUSE)
def resume_jobs(request: HttpRequest) -> HttpResponse:
    if pausing.resume(user=request.user):
        messages.success(request, gettext("Resumed: what waits is begun."))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that was asked from, if it is one of ours."""
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(page) if is_ours else redirect("jobs")
