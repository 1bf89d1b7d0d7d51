"""What was asked of Stash, and how far the sync has come."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from jobs.models import Job
from jobs.translatable import Translatable as _
from jobs.translatable import joined, quantity
from scenes.models.attempts import Attempts
from scenes.models.downloads import PlacedFile
from scenes.models.library import Scene


class Scan(Attempts):
    """Finding a placed video in Stash, once that has scanned its folder. Sidecars and second copies have none."""

    released_with: ClassVar = {"download": "file__download", "file": "file", "scan": "pk"}
    named_by: ClassVar = "file"

    file = models.OneToOneField(PlacedFile, models.CASCADE, primary_key=True, related_name="scan")
    oshash = models.CharField(max_length=16, blank=True, db_index=True, help_text="Before Stash scanned it.")
    scene_id = models.BigIntegerField(null=True, blank=True, help_text="Stash's id of its scene, once found.")

    class Meta:
        ordering = ["file"]

    def __str__(self) -> str:
        return f"Scan of file {self.pk}"


class Generation(Attempts):
    """Having Stash generate the previews of a scene. A scene has a row once that was asked for or looked at.

    ``code``: asked, generated or already_there. What is complete has ``generated_at`` in its scene.
    """

    released_with: ClassVar = {"scene": "scene", "preview": "pk"}
    named_by: ClassVar = "scene"
    shown_if: ClassVar = models.Q(scene__deleted_at=None)

    scene = models.OneToOneField(Scene, models.CASCADE, primary_key=True, related_name="generation")

    class Meta:
        verbose_name = "preview"
        ordering = ["-scene"]

    def __str__(self) -> str:
        return f"Previews of scene {self.pk}"


class StashJob(models.Model):
    """Stash's own job that one of our jobs asked for.

    Stash's ids are a counter in its memory: `stash_id` means something only with `added` beside it.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="stash_jobs")
    kind = models.CharField(max_length=20, help_text="scan, generate, identify, …")
    stash_id = models.CharField(max_length=20, blank=True, help_text="Empty until Stash answered.")
    description = models.TextField(blank=True)
    added = models.CharField(max_length=40, blank=True, help_text="Stash's addTime, as it wrote it.")
    asked_at = models.DateTimeField(default=timezone.now)
    stop_asked_at = models.DateTimeField(null=True, blank=True, help_text="Saved before we ask Stash to stop it.")
    ended_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=20, blank=True, help_text="Stash's word for how it ended.")
    error = models.TextField(blank=True, help_text="What Stash says was wrong with it.")

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"Stash's {self.name} job {self.stash_id or '?'}"

    @property
    def name(self) -> str:
        """Its kind, for people."""
        return self.kind.replace("_", " ")


TOO_MANY = _(
    "That is too many to believe it: they are kept. Look whether Stash shows its whole library; "
    "if they are really gone, accept it in the admin (Sync states)."
)


class SyncState(models.Model):
    """How far the sync has come: one row."""

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON)
    watermark = models.DateTimeField(
        null=True, blank=True, help_text="Newest updated_at of a complete pass, by Stash's clock."
    )
    completed_at = models.DateTimeField(null=True, blank=True, help_text="Of the last complete pass.")
    scene_count = models.PositiveIntegerField(default=0, help_text="That Stash gave at the last complete pass.")
    library_folders = models.JSONField(
        default=list, blank=True, help_text="Stash's library folders, as it last listed them."
    )
    folders_without_video = models.JSONField(
        default=list, blank=True, help_text="Those of the library folders in which Stash takes no videos."
    )
    folders_without_images = models.JSONField(
        default=list, blank=True, help_text="Those of the library folders in which Stash takes no images or galleries."
    )
    video_extensions = models.JSONField(
        null=True, blank=True, help_text="Of the files that Stash takes for videos; null when it never said."
    )
    gallery_extensions = models.JSONField(
        default=list, blank=True, help_text="Of the archives of pictures that Stash takes for galleries."
    )
    excludes = models.JSONField(default=list, blank=True, help_text="Stash's exclusion patterns of videos.")
    image_excludes = models.JSONField(
        default=list, blank=True, help_text="Stash's exclusion patterns of images and galleries."
    )
    vr_tag = models.CharField(
        max_length=1000, blank=True, help_text="Stash's own tag for films for VR glasses, by its name."
    )
    missing_ids = models.JSONField(
        default=list, blank=True, help_text="Scenes gone from Stash that are kept until a person accepts it."
    )
    missing_names = models.JSONField(
        default=dict, blank=True, help_text="Likewise, ids by kind: tags, performers, studios."
    )
    missing_found_by = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="The job that found that there are more of them.",
    )
    missing_accepted_at = models.DateTimeField(
        null=True, blank=True, help_text="When a person said that all these are really gone."
    )
    another_library = models.BooleanField(default=False, help_text="Stash was reset or swapped; a person decides.")

    class Meta:
        permissions = [
            ("accept_missing", "Can accept that what is missing in Stash is really gone"),
            ("accept_another_library", "Can accept that Stash has another library, and forget the old one"),
        ]

    def __str__(self) -> str:
        return f"Synced up to {self.watermark}" if self.watermark else "Never synced"

    @classmethod
    def load(cls) -> SyncState:
        """The one row; made when it isn't there yet."""
        return cls.objects.get_or_create(pk=cls.SINGLETON)[0]

    @classmethod
    def peek(cls) -> SyncState:
        """The one row, or what it would begin as; writes nothing."""
        return cls.objects.filter(pk=cls.SINGLETON).first() or cls()

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
        return joined(" ", [_("No longer in Stash: {numbers}.", numbers=numbers), TOO_MANY])

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
