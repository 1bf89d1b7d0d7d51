"""The library: scenes, what belongs to them, and the sub-jobs that can be started for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jobs.declare.ids import MAX_IDS
from jobs.declare.registry import params_of
from jobs.permissions import START
from jobs.web.admin.acting import ReadOnlyAdmin, ReadOnlyInline, action
from jobs.web.admin.big_lists import MonthFilter, is_set
from jobs.web.admin.bounded import words_of
from jobs.web.admin.values import switch
from jobs.web.views import start_for
from scenes.admin.attempts import ReleasingAdmin, code_named, scene_number
from scenes.admin.filters import NeedFilter, OutdatedFilter
from scenes.admin.history import HistoryInline
from scenes.admin.reviewing import DECISIONS, ReviewingAdmin
from scenes.models import Detection, Generation, Marker, Performer, Scene, SceneFile, Studio, Tag
from scenes.plans.review import history
from scenes.search.finding import narrowed, note_on
from scenes.web.review.lines import detector_named

TOO_MANY = _(
    "Nothing was started: one job takes at most {n} scenes. Filter the list, or process new scenes: a run analyses "
    "all that are due, batch by batch."
)


OF_FILES = {"size": filesizeformat, "duration": history.clock}
OF_MARKERS = {"seconds": history.clock, "end_seconds": history.clock}


class FileInline(ReadOnlyInline):
    model = SceneFile
    parent_field = "scene"
    fields = ["path", "size", "duration", "width", "height", "video_codec"]
    formatters: ClassVar[Any] = OF_FILES


class MarkerInline(ReadOnlyInline):
    model = Marker
    parent_field = "scene"
    fields = ["seconds", "end_seconds", "title", "primary_tag"]
    formatters: ClassVar[Any] = OF_MARKERS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("primary_tag")


class DetectionInline(ReadOnlyInline):
    model = Detection
    parent_field = "scene"
    fields = ["detector", "handled_at", "outcome", "attempts", "message"]
    formatters: ClassVar[Any] = {"detector": detector_named}


class GenerationInline(ReadOnlyInline):
    model = Generation
    parent_field = "scene"
    fields = ["outcome", "code", "attempts", "message"]
    formatters: ClassVar[Any] = {"code": code_named}


@admin.register(Scene)
class SceneAdmin(ReviewingAdmin, ReleasingAdmin):
    list_display = ["thumbnail", "__str__", "studio_name", "video_analyzed", "previews", "created_at"]
    list_display_links = ["__str__"]
    list_filter = [
        NeedFilter,
        OutdatedFilter,
        "video_analyzed",
        ("generated_at", is_set(_("previews"), _("Complete"), _("Missing"))),
        ("deleted_at", is_set(_("in Stash"), _("Deleted there"), _("There"))),
        "generation__outcome",
        "detections__outcome",
        "organized",
        "created_at",
        MonthFilter,
    ]
    # The studio's row may be missing: a page of scenes can come before the studios it names.
    list_select_related = False
    search_fields = ["=id", "title", "file_name", "code"]
    search_help_text = _("An id of Stash, or words of title, file name and code")
    searched = 0
    actions = [
        "analyse",
        "analyse_outdated",
        "sync",
        "generate",
        "identify",
        "auto_tag",
        "run_plugin_tasks",
        *DECISIONS,
        "release",
    ]
    inlines = [FileInline, MarkerInline, HistoryInline, DetectionInline, GenerationInline]
    readonly_fields = ["thumbnail", "tag_names", "performer_names", "language_model"]
    exclude = ["tags", "performers", "screenshot_path", "added_by", "synced_by", "deleted_by", "studio"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scene]:
        return super().get_queryset(request).prefetch_related("studio")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Scene], search_term: str
    ) -> tuple[QuerySet[Scene], bool]:
        """By the indexes of `scenes.search`, then as Django does."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        words = words_of(search_term)
        if not words:
            return found, may_have_duplicates
        if note := note_on(words):
            messages.info(request, note)
        return narrowed(found, words), may_have_duplicates  # type: ignore[arg-type]

    @admin.display(description="")
    def thumbnail(self, scene: Scene) -> SafeString:
        address = reverse("screenshot", args=[scene.pk])
        return format_html(
            '<img src="{}?v={}" alt="" width="96" height="54" loading="lazy">', address, scene.remote_updated_at
        )

    @admin.display(description=_("studio"))
    def studio_name(self, scene: Scene) -> str:
        return scene.studio.name if scene.studio_id and scene.studio else "–"

    @admin.display(description=_("previews"))
    def previews(self, scene: Scene) -> SafeString:
        return switch(scene.generated_at is not None)

    @admin.display(description=_("tags"))
    def tag_names(self, scene: Scene) -> str:
        return ", ".join(scene.tags.values_list("name", flat=True)) or "–"

    @admin.display(description=_("performers"))
    def performer_names(self, scene: Scene) -> str:
        return ", ".join(scene.performers.values_list("name", flat=True)) or "–"

    @admin.display(description=_("language model"))
    def language_model(self, scene: Scene) -> str:
        """What it was asked about the scene, and what that cost."""
        return str(scene.language_model_questions.all().spent()) or "–"

    @action(_("Analyse"), START)
    def analyse(self, request: HttpRequest, scenes: QuerySet[Scene]) -> None:
        _start(request, "analysis", scenes)

    @action(_("Ask the tagger again for what an older model saw"), START)
    def analyse_outdated(self, request: HttpRequest, scenes: QuerySet[Scene]) -> None:
        _start(request, "analysis", scenes, outdated=True)

    @action(_("Sync with Stash"), START)
    def sync(self, request: HttpRequest, scenes: QuerySet[Scene]) -> None:
        _start(request, "sync", scenes)

    @action(_("Generate previews"), START)
    def generate(self, request: HttpRequest, scenes: QuerySet[Scene]) -> None:
        _start(request, "stash_generate", scenes)

    @action(_("Identify in Stash"), START)
    def identify(self, request: HttpRequest, scenes: QuerySet[Scene]) -> None:
        _start(request, "stash_identify", scenes)

    @action(_("Auto tag in Stash"), START)
    def auto_tag(self, request: HttpRequest, scenes: QuerySet[Scene]) -> None:
        _start(request, "stash_auto_tag", scenes)

    @action(_("Run the plugin tasks of the settings in Stash"), START)
    def run_plugin_tasks(self, request: HttpRequest, scenes: QuerySet[Scene]) -> None:
        _start(request, "stash_plugin", scenes)


def _start(request: HttpRequest, type: str, scenes: QuerySet[Scene], **params: Any) -> None:
    """For these scenes where the job takes scenes; a sync looks for itself what differs."""
    if "scene_ids" not in params_of(type).model_fields:
        start_for(request, type, {}, source="admin")
        return
    ids = list(scenes.values_list("pk", flat=True)[: MAX_IDS + 1])
    if len(ids) > MAX_IDS:
        messages.error(request, TOO_MANY.format(n=number_format(MAX_IDS, force_grouping=True)))
        return
    start_for(request, type, {"scene_ids": ids, **params}, source="admin")


class NamedAdmin(ReadOnlyAdmin):
    list_display = ["name", "id", "other_names", "scene_count"]
    search_fields = ["name", "=id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted: QuerySet[Any] = super().get_queryset(request).annotate(scene_total=Count("scenes", distinct=True))
        return counted

    @admin.display(description=_("aliases"))
    def other_names(self, named: Any) -> str:
        return ", ".join(named.aliases) or "–"

    @admin.display(description=_("scenes"), ordering="scene_total")
    def scene_count(self, named: Any) -> int:
        return int(named.scene_total)


class TagAdmin(ReviewingAdmin, NamedAdmin):
    actions = DECISIONS


admin.site.register(Tag, TagAdmin)
admin.site.register([Performer, Studio], NamedAdmin)


@admin.register(SceneFile)
class SceneFileAdmin(ReadOnlyAdmin):
    list_display = ["path", scene_number, "size", "duration", "width", "height", "video_codec"]
    list_filter = ["video_codec"]
    formatters: ClassVar[Any] = OF_FILES
    search_fields = ["path", "oshash", "phash", "=scene__id"]
    raw_id_fields = ["scene"]


@admin.register(Marker)
class MarkerAdmin(ReadOnlyAdmin):
    list_display = ["__str__", scene_number, "seconds", "end_seconds", "tag_name"]
    formatters: ClassVar[Any] = OF_MARKERS
    search_fields = ["title", "=scene__id", "primary_tag__name"]
    raw_id_fields = ["scene", "primary_tag"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Marker]:
        return super().get_queryset(request).prefetch_related("primary_tag")

    @admin.display(description=_("tag"))
    def tag_name(self, marker: Marker) -> str:
        return str(marker.primary_tag)
