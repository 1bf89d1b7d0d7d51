"""The library: our copy of Stash. Primary keys are Stash's own ids, which it never uses twice."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from jobs.models import ACTIVE, Batch, Job
from scenes.pieces import pieces


class Named(models.Model):
    """Something with a name and aliases that scenes refer to."""

    id = models.BigIntegerField(primary_key=True, help_text="Stash's id.")
    name = models.CharField(max_length=1000, db_index=True)
    aliases = models.JSONField(default=list, blank=True)
    ignore_auto_tag = models.BooleanField(default=False, help_text="In Stash: no machine is to set it.")
    remote_updated_at = models.CharField(max_length=40, blank=True, help_text="Stash's updated_at, as it wrote it.")

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(Named):
    """A tag of Stash."""


class Performer(Named):
    """A performer of Stash."""

    disambiguation = models.CharField(max_length=1000, blank=True)


class Studio(Named):
    """A studio of Stash. No constraint in the database: a child may come before its parent, and outlive it."""

    parent = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, blank=True, db_constraint=False, related_name="children"
    )


class SceneQuerySet(models.QuerySet["Scene"]):
    def present(self) -> SceneQuerySet:
        """Those that Stash still has."""
        return self.filter(deleted_at=None)

    def due(self, detectors: Iterable[str]) -> SceneQuerySet:
        """Those that one of the detectors has not handled, newest first (Stash's created_at, then id).

        Left out: what is quarantined for every detector that would be due, what has changes that are still to be
        written or decided on, and what is in an open batch.
        """
        from scenes.models.first_run import FirstRunDecision
        from scenes.models.plans import Change, Detection  # which import this module

        unhandled, last = Q(), FirstRunDecision.objects.last_handled_scene()
        for detector in detectors:
            unhandled |= Detection.unhandled(detector, newer_than=last)
        if not unhandled:
            return self.none()
        open_changes = Change.objects.open().filter(scene=OuterRef("pk"))
        due = self.present().filter(unhandled, ~Exists(open_changes)).in_no_open_batch()
        return due.order_by("-created_at", "-id")

    def in_no_open_batch(self) -> SceneQuerySet:
        links = Scene.batches.through.objects.filter(scene=OuterRef("pk"), batch__status__in=ACTIVE)
        return self.filter(~Exists(links))

    def ids_of(self, batch: Batch) -> list[int]:
        """The ids of the batch's scenes, in the order in which they were put in."""
        links = Scene.batches.through.objects.filter(batch=batch)
        return list(links.order_by("id").values_list("scene_id", flat=True))

    def put_in(self, batch: Batch, ids: Iterable[int]) -> None:
        """Link to the batch, in their order, those of these scenes that are in this query set."""
        links = Scene.batches.through
        for piece in pieces(ids):
            ours = set(self.filter(pk__in=piece).values_list("pk", flat=True))
            links.objects.bulk_create(links(batch=batch, scene_id=pk) for pk in piece if pk in ours)


class Scene(models.Model):
    """A scene of Stash, as the last sync saw it, and what StashHog did for it."""

    id = models.BigIntegerField(primary_key=True, help_text="Stash's id.")
    title = models.TextField(blank=True)
    file_name = models.TextField(blank=True, help_text="Of its primary file, without folders.")
    details = models.TextField(blank=True)
    code = models.TextField(blank=True)
    date = models.CharField(max_length=10, blank=True, help_text="As Stash has it; may be incomplete.")
    rating = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of 100.")
    organized = models.BooleanField(default=False)
    created_at = models.DateTimeField(help_text="When Stash first saw it.")
    remote_updated_at = models.CharField(max_length=40, help_text="Stash's updated_at, as it wrote it.")
    screenshot_path = models.TextField(blank=True, help_text="Below Stash's address, without a key.")
    studio = models.ForeignKey(
        Studio, models.DO_NOTHING, null=True, blank=True, db_constraint=False, related_name="scenes"
    )
    tags = models.ManyToManyField(Tag, through="SceneTag", related_name="scenes")
    performers = models.ManyToManyField(Performer, through="ScenePerformer", related_name="scenes")

    batches = models.ManyToManyField(Batch, related_name="scenes", blank=True, help_text="Of analyses.")
    video_analyzed = models.BooleanField(default=False, help_text="The tagger has handled it.")
    generated_at = models.DateTimeField(null=True, blank=True, help_text="When its previews were seen complete.")
    synced_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # No index and no constraint: they cost a tenth of a full sync, and are read once a job.
    added_by = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    synced_by = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    deleted_by = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )

    objects = SceneQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [("release_items", "Can release downloads, files, scenes and changes that failed")]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="scene_newest"),
            models.Index(
                fields=["-created_at", "-id"],
                name="scene_not_analyzed",
                condition=models.Q(video_analyzed=False, deleted_at=None),
            ),
            models.Index(
                fields=["id"],
                name="scene_not_generated",
                condition=models.Q(generated_at=None, deleted_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.file_name.rpartition(".")[0] or self.file_name or f"Scene {self.id}"


class SceneTag(models.Model):
    """A scene has a tag. No constraint in the database: pages come before the tags they name."""

    # The constraint's index begins with it.
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, db_constraint=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scene", "tag"], name="scene_tag_once")]

    def __str__(self) -> str:
        return f"{self.scene_id}: {self.tag_id}"


class ScenePerformer(models.Model):
    """A performer is in a scene."""

    # The constraint's index begins with it.
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, db_index=False)
    performer = models.ForeignKey(Performer, models.CASCADE, db_constraint=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scene", "performer"], name="scene_performer_once")]

    def __str__(self) -> str:
        return f"{self.scene_id}: {self.performer_id}"


class SceneFile(models.Model):
    """A video file of a scene; the first one (position 0) is the primary."""

    id = models.BigIntegerField(primary_key=True, help_text="Stash's id.")
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, related_name="files")
    position = models.PositiveSmallIntegerField(default=0)
    path = models.TextField(help_text="As Stash sees it.")
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    duration = models.FloatField(default=0, help_text="Seconds.")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    frame_rate = models.FloatField(default=0)
    bit_rate = models.BigIntegerField(default=0, help_text="Bits a second.")
    video_codec = models.CharField(max_length=50, blank=True)
    oshash = models.CharField(max_length=32, blank=True)
    phash = models.CharField(max_length=32, blank=True)
    remote_updated_at = models.CharField(max_length=40, blank=True, help_text="Stash's updated_at, as it wrote it.")

    class Meta:
        ordering = ["scene", "position"]
        indexes = [models.Index(fields=["size"], name="file_by_size")]

    def __str__(self) -> str:
        return self.path


class Marker(models.Model):
    """A marker of a scene in Stash: a titled time span with a primary tag."""

    id = models.BigIntegerField(primary_key=True, help_text="Stash's id.")
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, related_name="markers")
    title = models.TextField(blank=True)
    seconds = models.FloatField()
    end_seconds = models.FloatField(null=True, blank=True)
    primary_tag = models.ForeignKey(Tag, models.DO_NOTHING, db_constraint=False, related_name="+")
    remote_updated_at = models.CharField(max_length=40, blank=True, help_text="Stash's updated_at, as it wrote it.")

    class Meta:
        ordering = ["scene", "seconds", "id"]

    def __str__(self) -> str:
        return f"{self.title} at {self.seconds:g} s"
