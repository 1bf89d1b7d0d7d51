"""Scenes of Stash, as the last sync saw them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connections, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from jobs.models import ACTIVE, Batch, Job
from scenes.models.library.ids import StashIdField
from scenes.models.library.names import Performer, Studio, Tag
from scenes.pieces import pieces


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

    id = StashIdField(_("id"), primary_key=True, help_text=_("Stash's id."))
    title = models.TextField(_("title"), blank=True)
    file_name = models.TextField(_("file name"), blank=True, help_text=_("Of its primary file, without folders."))
    details = models.TextField(_("details"), blank=True)
    code = models.TextField(_("code"), blank=True)
    date = models.CharField(_("date"), max_length=10, blank=True, help_text=_("As Stash has it; may be incomplete."))
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True, help_text=_("Of 100."))
    organized = models.BooleanField(_("organized"), default=False)
    created_at = models.DateTimeField(_("created at"), help_text=_("When Stash first saw it."))
    remote_updated_at = models.CharField(_("changed in Stash"), max_length=40, help_text=_("As Stash wrote it."))
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
    video_analyzed = models.BooleanField(_("seen by the tagger"), default=False)
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
