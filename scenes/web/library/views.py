"""The pages of scenes and downloads, and what their buttons start."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from jobs.declare.registry import params_of
from jobs.errors import BadRequest, NotPossible
from jobs.permissions import START, only_with, require
from jobs.texts.translatable import message_of, translated
from jobs.texts.words import counted
from jobs.web.confirming import ask_first
from jobs.web.returning import page_before
from jobs.web.views import start_for
from scenes import releasing
from scenes.models import Change, Download, PlacedFile, Scene
from scenes.models.reviewed import Via
from scenes.permissions import RELEASE, REVIEW, VIEW, VIEW_DOWNLOADS
from scenes.plans.review.deciding import Decider
from scenes.plans.review.selection import Selection
from scenes.plans.review.starting import rejected_message, start_reverting, to_reject
from scenes.web.library.downloads import TABS, DownloadQuery
from scenes.web.library.listing import SceneQuery
from scenes.web.library.scene import read
from scenes.web.review.acts import SAY_WHICH
from scenes.web.review.views import begun_message, user_of
from scenes.web.review.writing import Writing

PLACE_AGAIN = gettext_noop(
    "Place this file again? The next run puts it into the library, and Stash finds it as a new scene."
)
FOR_A_SCENE = {"analysis": _("Analyse"), "sync": _("Sync with Stash"), "stash_generate": _("Generate previews")}


@require_safe
@only_with(VIEW)
def scene_list(request: HttpRequest) -> HttpResponse:
    """Newest first, with pictures; found by what is shown."""
    try:
        query = SceneQuery.of(request.GET.dict())
        found, following = query.page()
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
        return redirect("scenes")
    context = {"section": "scenes", "query": query, "scenes": found, "next": following}
    return render(request, "scenes/library/scenes.html", context)


@require_safe
@only_with(VIEW)
def scene(request: HttpRequest, scene_id: int) -> HttpResponse:
    """One scene with its history."""
    writing = Writing.now()
    try:
        page = read(scene_id, request.GET.get("after", ""))
    except Scene.DoesNotExist:
        raise Http404("There is no scene with this id.") from None
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
        return redirect("scene", scene_id)
    context = {"section": "scenes", "page": page, "scene": page.scene, "starts": FOR_A_SCENE.items()}
    context["writing"] = writing
    return render(request, "scenes/library/scene.html", context)


@require_POST
@only_with(START)
def scene_start(request: HttpRequest, scene_id: int) -> HttpResponse:
    """Analyse, sync, generate: a job for this scene; a sync looks for itself what differs."""
    get_object_or_404(Scene.objects.only("pk"), pk=scene_id)
    type = request.POST.get("type", "")
    if type not in FOR_A_SCENE:
        messages.error(request, gettext("There is no such job for a scene."))
        return redirect("scene", scene_id)
    takes_scenes = "scene_ids" in params_of(type).model_fields
    params: dict[str, Any] = {"scene_ids": [scene_id]} if takes_scenes else {}
    start_for(request, type, params, source="page")
    return redirect("scene", scene_id)


@require_POST
@only_with(REVIEW)
def scene_revert(request: HttpRequest, scene_id: int) -> HttpResponse:
    """Take back what was written to this scene: one change, or all of them, and then reject what is still open."""
    get_object_or_404(Scene.objects.only("pk"), pk=scene_id)
    chosen = request.POST.getlist("change")
    if not chosen and "all" in request.POST and (page := ask_first(request, to_revert_all(scene_id))):
        return page
    try:
        if not chosen and "all" not in request.POST:
            raise BadRequest(SAY_WHICH)
        ids = tuple(releasing.rows_of(Change, chosen).values_list("pk", flat=True)) if chosen else ()
        if chosen and not ids:
            raise BadRequest(SAY_WHICH)
        selection = Selection(scene_id=scene_id, change_ids=ids)
        rejected = to_reject(selection)
        job = start_reverting(selection, Decider(Via.PAGE, user_of(request)), "page")
    except (BadRequest, NotPossible) as error:
        messages.error(request, translated(message_of(error)))
    else:
        messages.success(request, begun_message(job))
        if rejected:
            messages.warning(request, rejected_message(rejected))
    return redirect("scene", scene_id)


def to_revert_all(scene_id: int) -> str:
    """The question, as its button has it."""
    return render_to_string("scenes/library/_ask_revert.html", {"page": read(scene_id, "")})


@require_safe
@only_with(VIEW_DOWNLOADS)
def downloads(request: HttpRequest) -> HttpResponse:
    """Torrents, newest first, each with its files."""
    try:
        query = DownloadQuery.of(request.GET.dict())
        found, following = query.page()
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
        return redirect("downloads")
    tabs = [(title, query.address(need=key, download=""), key == query.need) for key, title in TABS.items()]
    context = {
        "section": "downloads",
        "query": query,
        "torrents": found,
        "next": following,
        "tabs": tabs,
        "place_again": gettext(PLACE_AGAIN),
    }
    return render(request, "scenes/library/downloads.html", context)


@require_POST
@only_with(RELEASE)
def release_downloads(request: HttpRequest) -> HttpResponse:
    """Release torrents with their files; with ``now`` a job handles them at once."""
    if "now" in request.POST:
        require(request.user, START)
    try:
        rows = releasing.rows_of(Download, request.POST.getlist("download") or request.POST.getlist("now"))
    except BadRequest as error:
        messages.error(request, translated(message_of(error)))
        return redirect("downloads")
    count = releasing.release(rows)
    message = gettext("{downloads} released.").format(downloads=counted(count, "download")) if count else ""
    messages.info(request, message or gettext("There is nothing to release: it did not fail."))
    if count and "now" in request.POST:
        start_for(request, "process_downloads", {}, source="page")
    return redirect(page_before(request) or "downloads")


@require_POST
@only_with(RELEASE)
def place_file_again(request: HttpRequest) -> HttpResponse:
    """Have the next run place a file that was placed, and was deleted since."""
    from scenes.downloads.library.placing_again import place_again

    try:
        file = releasing.rows_of(PlacedFile, [request.POST.get("file", "")]).get()
        if page := ask_first(request, gettext(PLACE_AGAIN)):
            return page
        place_again(file.pk)
    except (BadRequest, NotPossible) as error:
        messages.error(request, translated(message_of(error)))
    except PlacedFile.DoesNotExist:
        messages.warning(request, gettext("There is no such file any more."))
    else:
        messages.success(request, gettext("The next run places {file} again.").format(file=file.name))
    return redirect(page_before(request) or "downloads")
