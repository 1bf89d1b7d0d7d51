"""The library: our copy of Stash. Primary keys are Stash's own ids, which it never uses twice."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connections, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from jobs.models import ACTIVE, Batch, Job
from scenes.pieces import pieces


class Named(models.Model):
    """Something with a name and aliases that scenes refer to."""

    id = models.BigIntegerField(_("id"), primary_key=True, help_text=_("Stash's id."))
    name = models.CharField(_("name"), max_length=1000, db_index=True)
    aliases = models.JSONField(_("aliases"), default=list, blank=True)
    ignore_auto_tag = models.BooleanField(
        _("ignore auto tag"), default=False, help_text=_("In Stash: no machine is to set it.")
    )
    remote_updated_at = models.CharField(
        _("remote updated at"), max_length=40, blank=True, help_text=_("Stash's updated_at, as it wrote it.")
    )

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(Named):
    """A tag of Stash."""

    class Meta(Named.Meta):
        verbose_name = _("tag")
        verbose_name_plural = _("tags")


class Performer(Named):
    """A performer of Stash."""

    disambiguation = models.CharField(_("disambiguation"), max_length=1000, blank=True)

    class Meta(Named.Meta):
        verbose_name = _("performer")
        verbose_name_plural = _("performers")


class Studio(Named):
    """A studio of Stash. No constraint in the database: a child may come before its parent, and outlive it."""

    parent = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="children",
        verbose_name=_("parent"),
    )

    class Meta(Named.Meta):
        verbose_name = _("studio")
        verbose_name_plural = _("studios")


class SceneQuerySet(models.QuerySet["Scene"]):
    def present(self) -> SceneQuerySet:
        """Those that Stash still has."""
        return self.filter(deleted_at=None)

    def deleted(self) -> SceneQuerySet:
        """Those that it no longer has. Not `exclude`, whose condition is not that of their index."""
        return self.filter(deleted_at__isnull=False)

    def written_by(self, job: Job) -> dict[str, int]:
        """How many a sync wrote (``all``), and how many of them are ``new``. One statement, since no index has it."""
        counts = {"all": models.Count("pk"), "new": models.Count("pk", filter=Q(added_by=job))}
        return self.filter(synced_by=job).aggregate(**counts)

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

    def locked(self) -> SceneQuerySet:
        """The same, locked until the transaction ends: in the order of their ids, as whoever updates several does.

        Else two such transactions could wait for each other. SQLite has one writer at a time.
        """
        if connections[self.db].features.has_select_for_update:
            list(self.order_by("pk").select_for_update(no_key=True).values_list("pk"))
        return self

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

    id = models.BigIntegerField(_("id"), primary_key=True, help_text=_("Stash's id."))
    title = models.TextField(_("title"), blank=True)
    file_name = models.TextField(_("file name"), blank=True, help_text=_("Of its primary file, without folders."))
    details = models.TextField(_("details"), blank=True)
    code = models.TextField(_("code"), blank=True)
    date = models.CharField(_("date"), max_length=10, blank=True, help_text=_("As Stash has it; may be incomplete."))
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True, help_text=_("Of 100."))
    organized = models.BooleanField(_("organized"), default=False)
    created_at = models.DateTimeField(_("created at"), help_text=_("When Stash first saw it."))
    remote_updated_at = models.CharField(
        _("remote updated at"), max_length=40, help_text=_("Stash's updated_at, as it wrote it.")
    )
    screenshot_path = models.TextField(
        _("screenshot path"), blank=True, help_text=_("Below Stash's address, without a key.")
    )
    studio = models.ForeignKey(
        Studio,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="scenes",
        verbose_name=_("studio"),
    )
    tags = models.ManyToManyField(Tag, through="SceneTag", related_name="scenes", verbose_name=_("tags"))
    performers = models.ManyToManyField(
        Performer, through="ScenePerformer", related_name="scenes", verbose_name=_("performers")
    )

    batches = models.ManyToManyField(
        Batch, related_name="scenes", blank=True, help_text=_("Of analyses."), verbose_name=_("batches")
    )
    video_analyzed = models.BooleanField(_("video analyzed"), default=False, help_text=_("The tagger has handled it."))
    generated_at = models.DateTimeField(
        _("generated at"), null=True, blank=True, help_text=_("When its previews were seen complete.")
    )
    synced_at = models.DateTimeField(_("synced at"), default=timezone.now)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    # No index and no constraint: they cost a tenth of a full sync, and are read once a job.
    added_by = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("added by"),
    )
    synced_by = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("synced by"),
    )
    deleted_by = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("deleted by"),
    )

    objects = SceneQuerySet.as_manager()

    class Meta:
        verbose_name = _("scene")
        verbose_name_plural = _("scenes")
        ordering = ["-created_at", "-id"]
        permissions = [("release_items", gettext_noop("Can release downloads, files, scenes and changes that failed"))]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="scene_newest"),
            models.Index(fields=["id"], name="scene_present", condition=models.Q(deleted_at=None)),
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
            # The few that are not counted by each sync.
            models.Index(fields=["id"], name="scene_deleted", condition=models.Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return (
            self.title
            or self.file_name.rpartition(".")[0]
            or self.file_name
            or gettext("Scene {id}").format(id=self.id)
        )


class SceneTag(models.Model):
    """A scene has a tag. No constraint in the database: pages come before the tags they name."""

    # The constraint's index begins with it.
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("scene"))
    tag = models.ForeignKey(Tag, models.CASCADE, db_constraint=False, verbose_name=_("tag"))

    class Meta:
        verbose_name = _("scene tag")
        verbose_name_plural = _("scene tags")
        constraints = [models.UniqueConstraint(fields=["scene", "tag"], name="scene_tag_once")]

    def __str__(self) -> str:
        return f"{self.scene_id}: {self.tag_id}"


class ScenePerformer(models.Model):
    """A performer is in a scene."""

    # The constraint's index begins with it.
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("scene"))
    performer = models.ForeignKey(Performer, models.CASCADE, db_constraint=False, verbose_name=_("performer"))

    class Meta:
        verbose_name = _("scene performer")
        verbose_name_plural = _("scene performers")
        constraints = [models.UniqueConstraint(fields=["scene", "performer"], name="scene_performer_once")]

    def __str__(self) -> str:
        return f"{self.scene_id}: {self.performer_id}"


class SceneFile(models.Model):
    """A video file of a scene; the first one (position 0) is the primary."""

    id = models.BigIntegerField(_("id"), primary_key=True, help_text=_("Stash's id."))
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, related_name="files", verbose_name=_("scene"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    path = models.TextField(_("path"), help_text=_("As Stash sees it."))
    size = models.BigIntegerField(_("size"), default=0, help_text=_("Bytes."))
    duration = models.FloatField(_("duration"), default=0, help_text=_("Seconds."))
    width = models.PositiveIntegerField(_("width"), default=0)
    height = models.PositiveIntegerField(_("height"), default=0)
    frame_rate = models.FloatField(_("frame rate"), default=0)
    bit_rate = models.BigIntegerField(_("bit rate"), default=0, help_text=_("Bits a second."))
    video_codec = models.CharField(_("video codec"), max_length=50, blank=True)
    oshash = models.CharField(_("oshash"), max_length=32, blank=True)
    phash = models.CharField(_("phash"), max_length=32, blank=True)
    remote_updated_at = models.CharField(
        _("remote updated at"), max_length=40, blank=True, help_text=_("Stash's updated_at, as it wrote it.")
    )

    class Meta:
        verbose_name = _("scene file")
        verbose_name_plural = _("scene files")
        ordering = ["scene", "position"]
        indexes = [models.Index(fields=["size"], name="file_by_size")]

    def __str__(self) -> str:
        return self.path


class Marker(models.Model):
    """A marker of a scene in Stash: a titled time span with a primary tag."""

    id = models.BigIntegerField(_("id"), primary_key=True, help_text=_("Stash's id."))
    scene = models.ForeignKey(
        Scene, models.CASCADE, db_constraint=False, related_name="markers", verbose_name=_("scene")
    )
    title = models.TextField(_("title"), blank=True)
    seconds = models.FloatField(_("seconds"))
    end_seconds = models.FloatField(_("end seconds"), null=True, blank=True)
    primary_tag = models.ForeignKey(
        Tag, models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("primary tag")
    )
    remote_updated_at = models.CharField(
        _("remote updated at"), max_length=40, blank=True, help_text=_("Stash's updated_at, as it wrote it.")
    )

    class Meta:
        verbose_name = _("marker")
        verbose_name_plural = _("markers")
        ordering = ["scene", "seconds", "id"]

    def __str__(self) -> str:
        return gettext("{title} at {seconds} s").format(title=self.title, seconds=f"{self.seconds:g}")
