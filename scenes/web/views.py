"""The scenes' pictures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from jobs.permissions import only_with
from scenes.models import Scene
from scenes.permissions import VIEW
from scenes.web import pictures, strip

PICTURE_LIFE = 24 * 3600  # seconds; the address changes with the scene
KEPT_BY_THE_BROWSER = {"Cache-Control": f"private, max-age={PICTURE_LIFE}"}


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
