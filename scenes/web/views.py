"""The home page: what the library needs and where to go; and the scenes' pictures."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_POST, require_safe

from jobs import engine
from jobs.errors import BadRequest
from jobs.models import Job
from jobs.permissions import only_with
from jobs.web.admin_tools import may_list
from jobs.web.forms import start_forms
from jobs.web.snapshot import load
from scenes import releasing
from scenes.analysis.tagger.outdated import counts
from scenes.checks import SERVICE_NOT_SET, check_configuration
from scenes.first_run.deciding import page_to_ask
from scenes.models import Scene, SyncState
from scenes.permissions import RELEASE, VIEW
from scenes.web import pictures, strip
from scenes.web.health import lookout
from scenes.web.needs import Need, needs, troubled
from scenes.web.troubles import MOST, troubles

NEWEST = 12  # scenes shown
LATEST = 3  # jobs shown
NEWEST_FIRST = ("-created_at", "-id")
PICTURE_LIFE = 24 * 3600  # seconds; the address changes with the scene
KEPT_BY_THE_BROWSER = {"Cache-Control": f"private, max-age={PICTURE_LIFE}"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The counts, the latest jobs, the newest scenes."""
    failed = troubles()
    context = {
        "section": "home",
        "first_run_page": page_to_ask(),
        "missing_question": SyncState.peek().missing_question,
        "may_list_sync_states": may_list(request, SyncState),
        "needs": _with_lists(request, needs()),
        "outdated": counts(),
        "troubles": failed[:MOST],
        "all_troubles": _with_lists(request, troubled()) if len(failed) > MOST else [],
        "starts": start_forms(),
        "worker_alive": engine.worker_alive(),
        "services": lookout.last_known(),
        "rows": load(Job.objects.runs().select_related("started_by").defer("params").order_by(*NEWEST_FIRST)[:LATEST]),
        "latest": LATEST,
        "scenes": Scene.objects.present().prefetch_related("tags")[:NEWEST],
        "may_list_scenes": may_list(request, Scene),
        # What is not set of the services is said with how they are.
        "warnings": [warning for warning in check_configuration(None) if warning.id != SERVICE_NOT_SET],
    }
    return render(request, "scenes/home.html", context)


def _with_lists(request: HttpRequest, counts: list[Need]) -> list[tuple[Need, bool]]:
    """Each count, and whether this user may open its list."""
    return [(need, may_list(request, need.model)) for need in counts]


@require_safe
@only_with(VIEW)
def service_states(request: HttpRequest) -> HttpResponse:
    """How the services are, as a part of the home page; waits for them, within bounds."""
    context = {"services": lookout.look(), "worker_alive": engine.worker_alive()}
    return render(request, "scenes/_services.html", context)


@require_POST
@only_with(RELEASE)
def release(request: HttpRequest) -> HttpResponse:
    """Release one download, file or scene: the next run tries it again."""
    try:
        chosen = [releasing.rows_of(model, request.POST.getlist(name)) for name, model in releasing.OWNERS.items()]
    except BadRequest as error:
        messages.error(request, str(error))
        return redirect("home")
    count = sum(map(releasing.release, chosen))
    said = "Released: the next run tries it again." if count else "There is nothing to release: it did not fail."
    messages.info(request, said)
    return redirect("home")


@require_safe
@only_with(VIEW)
def screenshot(request: HttpRequest, scene_id: int) -> HttpResponse:
    """The picture of a scene that we know, or a placeholder."""
    scene = get_object_or_404(Scene.objects.only("screenshot_path"), pk=scene_id)
    picture = pictures.fetch(scene.screenshot_path)
    if picture is None:
        return redirect(static("no-picture.svg"))
    return HttpResponse(picture.content, content_type=picture.kind, headers=KEPT_BY_THE_BROWSER)


@require_safe
@only_with(VIEW)
def film_strip(request: HttpRequest, scene_id: int) -> HttpResponse:
    """A scene's film in small pictures side by side, or nothing to see."""
    scene = get_object_or_404(Scene.objects.only("pk"), pk=scene_id)
    file = scene.files.only("oshash").order_by("position").first()
    drawing = strip.fetch(file.oshash) if file else None
    if drawing is None:
        return redirect(static("no-strip.svg"))
    return HttpResponse(drawing, content_type="image/svg+xml", headers=KEPT_BY_THE_BROWSER)
