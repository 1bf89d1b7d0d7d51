"""What was asked of Stash, and how far the sync has come."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from jobs.models.compiled import Compiled
from jobs.texts.translatable import Translatable, joined, quantity
from scenes.models.attempts import Attempts
from scenes.models.downloads import PlacedFile
from scenes.models.library import Scene


class Scan(Attempts):
    """Finding a placed video in Stash, once that has scanned its folder. Sidecars and second copies have none."""

    released_with: ClassVar = {"download": "file__download", "file": "file", "scan": "pk"}
    named_by: ClassVar = "file"

    file = models.OneToOneField(
        PlacedFile, models.CASCADE, primary_key=True, related_name="scan", verbose_name=_("file")
    )
    oshash = models.CharField(
        _("oshash"), max_length=16, blank=True, db_index=True, help_text=_("Before Stash scanned it.")
    )
    scene_id = models.BigIntegerField(
        _("scene id"), null=True, blank=True, help_text=_("Stash's id of its scene, once found.")
    )

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ["file"]

    def __str__(self) -> str:
        return gettext("Scan of file {id}").format(id=self.pk)


class Generation(Attempts):
    """Having Stash generate the previews of a scene. A scene has a row once that was asked for or looked at.

    ``code``: asked, generated or already_there. What is complete has ``generated_at`` in its scene.
    """

    released_with: ClassVar = {"scene": "scene", "preview": "pk"}
    named_by: ClassVar = "scene"
    shown_if: ClassVar = models.Q(scene__deleted_at=None)

    scene = models.OneToOneField(
        Scene, models.CASCADE, primary_key=True, related_name="generation", verbose_name=_("scene")
    )

    class Meta:
        verbose_name = _("preview")
        verbose_name_plural = _("previews")
        ordering = ["-scene"]

    def __str__(self) -> str:
        return gettext("Previews of scene {id}").format(id=self.pk)


class StashJob(models.Model):
    """Stash's own job that one of our jobs asked for.

    Stash's ids are a counter in its memory: `stash_id` means something only with `added` beside it.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="stash_jobs", verbose_name=_("job"))
    kind = models.CharField(_("kind"), max_length=20, help_text=_("What it was asked for."))
    stash_id = models.CharField(_("Stash id"), max_length=20, blank=True, help_text=_("Empty until Stash answered."))
    description = models.TextField(_("description"), blank=True)
    added = models.CharField(_("added"), max_length=40, blank=True, help_text=_("When, as Stash wrote it."))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    stop_asked_at = models.DateTimeField(
        _("stop asked at"), null=True, blank=True, help_text=_("Saved before we ask Stash to stop it.")
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=20, blank=True, help_text=_("Stash's word for how it ended."))
    error = models.TextField(_("error"), blank=True, help_text=_("What Stash says was wrong with it."))

    class Meta:
        verbose_name = _("Stash job")
        verbose_name_plural = _("Stash jobs")
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return gettext("Stash's job {id} ({kind})").format(id=self.stash_id or "?", kind=self.name)

    @property
    def name(self) -> str:
        """Its kind, for people."""
        return self.kind.replace("_", " ")


TOO_MANY = gettext_noop(
    "That is too many to believe it: they are kept. Look whether Stash shows its whole library; "
    "if they are really gone, accept it under “Needs you”."
)


class SyncState(models.Model):
    """How far the sync has come: one row."""

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(_("id"), primary_key=True, default=SINGLETON)
    watermark = models.DateTimeField(
        _("watermark"),
        null=True,
        blank=True,
        help_text=_("The newest change in Stash that a complete sync saw, by Stash's clock."),
    )
    completed_at = models.DateTimeField(
        _("completed at"), null=True, blank=True, help_text=_("Of the last complete pass.")
    )
    scene_count = models.PositiveIntegerField(
        _("scene count"), default=0, help_text=_("That Stash gave at the last complete pass.")
    )
    library_folders = models.JSONField(
        _("library folders"), default=list, blank=True, help_text=_("Stash's library folders, as it last listed them.")
    )
    folders_without_video = models.JSONField(
        _("folders without video"),
        default=list,
        blank=True,
        help_text=_("Those of the library folders in which Stash takes no videos."),
    )
    folders_without_images = models.JSONField(
        _("folders without images"),
        default=list,
        blank=True,
        help_text=_("Those of the library folders in which Stash takes no images or galleries."),
    )
    video_extensions = models.JSONField(
        _("video extensions"),
        null=True,
        blank=True,
        help_text=_("Of the files that Stash takes for videos; empty when it never said."),
    )
    gallery_extensions = models.JSONField(
        _("gallery extensions"),
        default=list,
        blank=True,
        help_text=_("Of the archives of pictures that Stash takes for galleries."),
    )
    excludes = models.JSONField(
        _("excludes"), default=list, blank=True, help_text=_("Stash's exclusion patterns of videos.")
    )
    image_excludes = models.JSONField(
        _("image excludes"),
        default=list,
        blank=True,
        help_text=_("Stash's exclusion patterns of images and galleries."),
    )
    vr_tag = models.CharField(
        _("VR tag"), max_length=1000, blank=True, help_text=_("Stash's own tag for films for VR glasses, by its name.")
    )
    missing_ids = models.JSONField(
        _("missing ids"),
        default=list,
        blank=True,
        help_text=_("Scenes gone from Stash that are kept until a person accepts it."),
    )
    missing_names = models.JSONField(
        _("missing names"), default=dict, blank=True, help_text=_("Likewise, ids by kind: tags, performers, studios.")
    )
    missing_found_by = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text=_("The job that found that there are more of them."),
        verbose_name=_("missing found by"),
    )
    missing_accepted_at = models.DateTimeField(
        _("missing accepted at"),
        null=True,
        blank=True,
        help_text=_("When a person said that all these are really gone."),
    )
    another_library = models.BooleanField(
        _("another library"), default=False, help_text=_("Stash was reset or swapped; a person decides.")
    )

    class Meta:
        verbose_name = _("sync state")
        verbose_name_plural = _("sync states")
        permissions = [
            ("accept_missing", gettext_noop("Can accept that what is missing in Stash is really gone")),
            (
                "accept_another_library",
                gettext_noop("Can accept that Stash has another library, and forget the old one"),
            ),
        ]

    def __str__(self) -> str:
        return capfirst(str(self._meta.verbose_name))

    @classmethod
    def load(cls) -> SyncState:
        """The one row; made when it isn't there yet."""
        return cls.objects.get_or_create(pk=cls.SINGLETON)[0]

    @classmethod
    def peek(cls) -> SyncState:
        """The one row, or what it would begin as; writes nothing."""
        return next(iter(sync_states()), None) or cls()

    @classmethod
    def accept_missing(cls) -> int:
        """A person's word that what is missing is really gone: the next sync deletes it.

        Returns how many there are.
        """
        state = cls.load()
        waiting = sum(len(state.missing(kind)) for kind in state.missing_kinds)
        if waiting:
            cls.objects.filter(pk=state.pk).update(missing_accepted_at=timezone.now())
        return waiting

    @property
    def missing_kinds(self) -> frozenset[str]:
        """The kinds (scenes, tags, …) of which some wait for a person."""
        return frozenset(self.missing_names) | ({"scenes"} if self.missing_ids else set())

    def missing(self, kind: str) -> frozenset[int]:
        """The ids of this kind that wait for a person to accept that they are gone."""
        return frozenset(self.missing_ids if kind == "scenes" else self.missing_names.get(kind, ()))

    @property
    def missing_question(self) -> str:
        """How many of what wait for a person, and what to do; empty while nobody has to decide."""
        if not self.missing_kinds or self.missing_accepted_at:
            return ""
        kinds = sorted(self.missing_kinds, key=lambda kind: (kind != "scenes", kind))
        numbers = joined(", ", [quantity(len(self.missing(kind)), kind.removesuffix("s")) for kind in kinds])
        return joined(
            " ", [Translatable(gettext_noop("No longer in Stash: {numbers}."), numbers=numbers), Translatable(TOO_MANY)]
        )

    def set_missing(self, kind: str, ids: frozenset[int], job: Job) -> None:
        """Those that wait from now on. What a person accepted before holds as long as ``job`` adds none."""
        if ids - self.missing(kind):
            self.missing_accepted_at, self.missing_found_by = None, job
        if kind == "scenes":
            self.missing_ids = sorted(ids)
        else:
            others = {name: kept for name, kept in self.missing_names.items() if name != kind}
            self.missing_names = others | ({kind: sorted(ids)} if ids else {})
        if not self.missing_kinds:
            self.missing_accepted_at = None
        self.save(update_fields=["missing_ids", "missing_names", "missing_found_by", "missing_accepted_at"])


sync_states = Compiled(lambda: SyncState.objects.filter(pk=SyncState.SINGLETON))
