"""The pages of the first-run guide. What they save is what the settings save."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from jobs import engine
from jobs.errors import BadRequest, NotPossible
from jobs.models import Job
from jobs.permissions import only_with, require
from jobs.texts.translatable import message_of, translated
from scenes import configuration
from scenes.configuration import SERVICES as TESTED
from scenes.first_run.deciding import decide, open_questions
from scenes.models import FirstRunDecision
from scenes.permissions import CHANGE_SETTINGS, DECIDE_FIRST_RUN, VIEW_SETTINGS
from scenes.web.first_run_form import FirstRunForm
from scenes.web.guide.steps import DRY_RUN, EXISTING, FOLDERS, RUN, SERVICES, TITLES, dry_runs, guide
from scenes.web.health import monitor
from scenes.web.settings.form import SettingsForm
from scenes.web.settings.testing import tested
from scenes.web.settings.views import saves
from scenes.workflows import ProcessNewScenes

# Of the steps that ask for settings.
KEYS = {
    SERVICES: (
        "stash_url",
        "stash_api_key",
        "qbittorrent_url",
        "qbittorrent_username",
        "qbittorrent_password",
        "tagger_url",
        "llm_url",
        "llm_api_key",
        "llm_model",
    ),
    FOLDERS: ("library_path", "path_map", "link_mode"),
}


@require_safe
@only_with(VIEW_SETTINGS)
def begin(request: HttpRequest) -> HttpResponse:
    """The first step that is left to do."""
    return step(request, guide(monitor.states()).next.key)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, step: str) -> HttpResponse:
    if step not in TITLES:
        raise Http404("The guide has no such step.")
    if request.method != "POST" or step in (DRY_RUN, RUN):
        require(request.user, VIEW_SETTINGS)
    if step in KEYS:
        return settings_step(request, step)
    return existing_step(request) if step == EXISTING else run_step(request, step)


def show(request: HttpRequest, step: str, *, is_settled: bool = False, **context: Any) -> HttpResponse:
    """The page of a step, with how far all of them are. ``is_settled``: this one was found to need nothing."""
    states = monitor.states()
    found = guide(states)
    if is_settled:
        found = found.with_done(step)
    here = next(known_step for known_step in found.steps if known_step.key == step)
    context |= {
        "guide": found,
        "step": here,
        "following": found.after(step),
        "states": states,
        "is_settled": is_settled,
    }
    return render(request, f"guide/{step}.html", context)


def settings_step(request: HttpRequest, step: str) -> HttpResponse:
    posted = request.method == "POST"
    if posted:
        require(request.user, CHANGE_SETTINGS)
    may_change = request.user.has_perm(CHANGE_SETTINGS)
    form = SettingsForm(request.POST if posted else None, may_change=may_change, keys=KEYS[step])
    path = request.POST.get("tested_path", "")
    results = []
    if posted and (what := request.POST.get("test")):
        results = tested(what, path, form)
    elif posted and form.is_valid() and saves(request, form):
        return redirect("guide_step", step)
    context: dict[str, Any] = {
        "form": form,
        "may_change": may_change,
        "results": results,
        "services": TESTED,
        "tested_path": path,
    }
    return show(request, step, **context, has_rows=bool(configuration.current().destination_rows))


def existing_step(request: HttpRequest) -> HttpResponse:
    """The questions that are open, and what was decided."""
    from scenes.first_run import looking  # it takes the clients of services, and most never come here

    posted = request.method == "POST"
    if posted:
        require(request.user, DECIDE_FIRST_RUN)
    questions = open_questions()
    form = FirstRunForm(request.POST if posted else None, questions=questions)
    if posted and form.is_valid() and decides(request, form):
        return redirect("guide_step", EXISTING)
    found: dict[str, Any] = looking.look() if questions else {"undecided": False}
    context = {
        "form": form,
        "decisions": FirstRunDecision.objects.select_related("decided_by"),
        "found": found,
        "questions": questions,
        "may_decide": request.user.has_perm(DECIDE_FIRST_RUN),
    }
    is_known = not any(found[question.value]["problem"] for question in questions)
    is_settled = is_known and not found["undecided"]
    return show(request, EXISTING, is_settled=is_settled, **context)


def decides(request: HttpRequest, form: FirstRunForm) -> bool:
    """Whether what the form says was saved; else it says what is wrong."""
    from scenes.first_run import looking

    try:
        decide(form.decision(), "page", request.user)  # type: ignore[arg-type]
    except (BadRequest, NotPossible) as error:
        form.add_error(None, translated(message_of(error)))
        return False
    messages.success(request, gettext("Decided. Start a run, or retry the one that failed."))
    for sentence in looking.record():
        messages.warning(request, translated(sentence))
    return True


def run_step(request: HttpRequest, step: str) -> HttpResponse:
    """The buttons start jobs, as those of all pages do; a POST to this page does nothing."""
    runs = dry_runs() if step == DRY_RUN else Job.objects.runs().filter(type=ProcessNewScenes.type)
    newest = runs.order_by("-created_at", "-id").first()
    if step == RUN and newest and newest.is_dry_run:
        newest = None
    active = Job.objects.runs().active().filter(type=ProcessNewScenes.type).first()
    context: dict[str, Any] = {"run": newest, "active": active, "worker_alive": engine.worker_alive()}
    return show(request, step, **context, type=ProcessNewScenes.type)
