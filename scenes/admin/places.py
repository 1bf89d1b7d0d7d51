"""What is known of places and of kinds of output, and a person's word on it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.texts.keys import words
from jobs.web.admin.acting import ReadOnlyAdmin, action
from jobs.web.admin.values import switch
from scenes.models import OutputKind, Place
from scenes.permissions import RELEASE


def what_is_forgotten(places: QuerySet[Place]) -> str:
    return gettext(
        "What was mounted there, and that it worked, is forgotten and learnt again from the next success: until then "
        "a disk that is away there is not noticed. Nothing on a disk changes."
    )


@admin.register(Place)
class PlaceAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "mapping", "works", "last_success_at", "looked_away_at", "mount_point"]
    list_filter = ["use"]
    search_fields = ["root", "mapping", "reason"]
    actions = ["forget"]

    @admin.display(description=_("known to work"))
    def works(self, place: Place) -> SafeString:
        return switch(place.is_trusted)

    @action(_("Forget: it is right as it is now"), RELEASE, confirm=what_is_forgotten)
    def forget(self, request: HttpRequest, places: QuerySet[Place]) -> None:
        count = Place.objects.filter(pk__in=places.values("pk")).forget()
        messages.success(
            request, _("{count} forgotten, with what was mounted there; they are learnt again.").format(count=count)
        )


@admin.register(OutputKind)
class OutputKindAdmin(ReadOnlyAdmin):
    list_display = ["name", "works", "last_success_at", "broken_at", "asked_at", "scenes_without"]
    search_fields = ["name", "reason"]
    exclude = ["lacking"]
    formatters: ClassVar[Any] = {"name": words}
    actions = ["ask_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutputKind]:
        kinds: QuerySet[OutputKind] = super().get_queryset(request)
        return kinds.annotate(scene_count=Count("lacking"))

    @admin.display(description=_("works"))
    def works(self, kind: OutputKind) -> SafeString:
        return switch(kind.broken_at is None)

    @admin.display(description=_("scenes without it"))
    def scenes_without(self, kind: OutputKind) -> int:
        return kind.scene_count  # type: ignore[attr-defined, no-any-return]

    @action(_("Ask for it again in the next generation"), RELEASE)
    def ask_again(self, request: HttpRequest, kinds: QuerySet[OutputKind]) -> None:
        count = OutputKind.objects.filter(pk__in=kinds.values("pk")).ask_again()
        messages.success(
            request, _("{count} asked for again by the next generation, first with one scene.").format(count=count)
        )
