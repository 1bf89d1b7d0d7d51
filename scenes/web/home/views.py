"""The page, and its parts that wait for services."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from jobs.models import Job
from jobs.models.compiled import Compiled
from jobs.permissions import allowed, only_with
from jobs.web.admin.acting import may_list
from jobs.web.cards.card import sections_of
from jobs.web.cards.snapshot import Snapshot, load
from jobs.web.forms import start_forms
from scenes.analysis.tagger.outdated import counts
from scenes.models import Scene
from scenes.permissions import VIEW
from scenes.web import health
from scenes.web.guide.steps import guide, is_new
from scenes.web.home.charts import charts, step_times
from scenes.web.home.overall import overall_status, situation
from scenes.web.home.waiting import asker
from scenes.web.library.counts import counts as library_counts
from scenes.web.needing.counting import recent_count
from scenes.web.needing.views import all_needs, offered
from scenes.web.service_states import ServiceState

NEWEST = 12  # scenes shown
ON_A_PAGE = 100  # names of what waits
LATEST = 3  # jobs shown
NEWEST_FIRST = ("-created_at", "-id")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Each part needs its own permission; what nobody may see is asked for all the same, which is cheap.

    Waits for the services, within bounds: also without JavaScript it says how they are now.
    """
    states = health.monitor.states()
    needs = [(need, offered(request, need.fix)) for need in all_needs(most=0, states=states)]
    recent_count.learn(len(needs))
    state = how_it_is(states, len(needs))
    run = state["run"]
    newest = latest_runs()
    snapshots = load([*([run] if run else []), *newest])
    context = {
        **state,
        "card": card_of_run(snapshots[0]) if run else None,
        "guide": guide(state["services"]) if is_new() else None,
        "needs": needs,
        "library": [(figure, count, allowed(request.user, figure.permission)) for figure, count in library_counts()],
        "outdated": counts(),
        "starts": start_forms(),
        "rows": [snapshot for snapshot in snapshots if snapshot.job in newest],
        "latest": LATEST,
        "charts": charts(),
        "step_times": step_times(),
        "scenes": newest_scenes(),
        "may_list_scenes": may_list(request, Scene),
    }
    return render(request, "scenes/home.html", context)


latest_runs = Compiled(
    lambda: Job.objects.runs().select_related("started_by").defer("params").order_by(*NEWEST_FIRST)[:LATEST]
)
newest_scenes = Compiled(lambda: Scene.objects.present().prefetch_related("tags")[:NEWEST])


def how_it_is(states: list[ServiceState], needing: int) -> dict[str, Any]:
    """The overall status, and what it is made of. ``needing``: how many things need a person."""
    now = situation(states, needing)
    return {"services": states, "worker_alive": now.worker_alive, "run": now.run, "overall": overall_status(now)}


def card_of_run(snapshot: Snapshot) -> dict[str, Any]:
    """What the home page shows of a run, as templates of cards know it."""
    return {"job": snapshot.job, "snapshot": snapshot, "sections": sections_of(snapshot)}


def is_opened(request: HttpRequest) -> bool:
    """By a person, as a page: what asks for a part of one takes anything (page.js)."""
    return "text/html" in request.headers.get("Accept", "")


@require_safe
@only_with(VIEW)
def service_states(request: HttpRequest) -> HttpResponse:
    """The overall status and how the services are, as a part of the home page; waits for them, within bounds."""
    states = health.monitor.states()
    if is_opened(request):
        return redirect("home")
    return render(request, "scenes/_services.html", how_it_is(states, recent_count.now(request.user)))


@require_safe
@only_with(VIEW)
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits in qBittorrent, as a part of the home page; waits for it, within bounds."""
    if is_opened(request):
        return redirect("waiting_list")
    return render(request, "scenes/home/_waiting.html", {"waiting": asker.waiting()})


@require_safe
@only_with(VIEW)
def waiting_list(request: HttpRequest) -> HttpResponse:
    """All of it, as a page of its own."""
    found = asker.waiting()
    page = Paginator(found.names, ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "scenes/home/waiting.html", {"waiting": found, "page": page})
