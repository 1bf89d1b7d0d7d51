"""Analysis and what came of it: which detector handled which scene, and plans of changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from jobs.models import ACTIVE, Batch, Job
from jobs.texts.keys import words
from scenes import configuration
from scenes.models.attempts import Attempts, AttemptsQuerySet, Outcome
from scenes.models.language_model import limit_code, month_began
from scenes.models.library import Scene, SceneFile
from scenes.models.reviewed import Reviewed
from scenes.pieces import pieces

OF_PRESENT_SCENE = Q(scene__deleted_at=None)
# Of one that is approved still, it is not known whether it got into Stash.
REVERTING = Q(status__in=("approved", "applied"), revert_requested_at__isnull=False)


class Detection(Attempts):
    """One detector and one scene: handled when, how often it failed, and why."""

    released_with: ClassVar = {"scene": "scene", "detection": "pk"}
    named_by: ClassVar = "scene"
    shown_if: ClassVar = OF_PRESENT_SCENE

    scene = models.ForeignKey(Scene, models.CASCADE, related_name="detections", verbose_name=_("scene"))
    detector = models.CharField(_("detector"), max_length=30, help_text=_("What looked at the scene."))
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    # Its index is the partial one below.
    seen_with = models.ForeignKey(
        "scenes.TaggerModelSet",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("The tagger's models that saw it; none: not known."),
        verbose_name=_("seen with"),
    )

    VIDEO_TAGS, MEDIA_TAGS = "detect_video_tags", "detect_media_tags"

    class Meta:
        verbose_name = _("detection")
        verbose_name_plural = _("detections")
        ordering = ["scene", "detector"]
        indexes = [
            models.Index(
                fields=["seen_with", "scene"], name="detection_seen_with", condition=Q(detector="detect_video_tags")
            )
        ]
        constraints = [models.UniqueConstraint(fields=["scene", "detector"], name="detection_once")]

    def __str__(self) -> str:
        return gettext("{what} of scene {id}").format(what=words(self.detector), id=self.scene_id)

    @classmethod
    def unhandled(cls, detector: str, newer_than: int | None = None) -> Q:
        """Of scenes: those that the detector has to handle, and that are not quarantined for it.

            What waits for the language model's next month is due then, or when its limit or prices are changed.
        Organized ones are left to their owner: by the tagger unless the settings say otherwise. Up to the scene
            ``newer_than`` those that nothing was begun with were left alone by a person's decision, also for detectors
            that were switched on after it.
        """
        rows = cls.objects.filter(scene=OuterRef("pk"), detector=detector)
        # Without a file there is no film to analyse; it is due as soon as it has one.
        files = Exists(SceneFile.objects.filter(scene=OuterRef("pk")))
        if detector == cls.VIDEO_TAGS:
            unhandled = Q(files, ~Exists(rows.quarantined()), video_analyzed=False)
        else:
            done = Q(handled_at__isnull=False) | Q(outcome=Outcome.QUARANTINED)
            code = limit_code(configuration.current())
            waits = Q(outcome=Outcome.WAITING, code=code, updated_at__gte=month_began())
            unhandled = Q(~Exists(rows.filter(done | waits)))
        if detector == cls.MEDIA_TAGS:
            unhandled &= Q(files)
        if detector != cls.VIDEO_TAGS or configuration.current().organized_scenes != "tag":
            unhandled &= Q(organized=False)
        return unhandled if newer_than is None else unhandled & (Q(pk__gt=newer_than) | Q(Exists(rows)))


class PlanQuerySet(models.QuerySet["Plan"]):
    def open(self) -> PlanQuerySet:
        """Those with changes still to be written, or to be decided on."""
        return self.filter(Exists(Change.objects.open().filter(plan=OuterRef("pk"))))

    def unfinished(self) -> PlanQuerySet:
        """Those with approved changes that are not yet in Stash.

        Left by a crash, an outage, or an analysis that was started on its own.
        """
        return self.filter(Exists(Change.objects.to_write().filter(plan=OuterRef("pk"))))

    def half_reverted(self) -> PlanQuerySet:
        """Those with changes that somebody wants back, and that are still in Stash: left by an outage."""
        return self.filter(Exists(Change.objects.to_revert().filter(plan=OuterRef("pk"))))

    def in_no_open_batch(self) -> PlanQuerySet:
        """Those that no job makes or applies, or will when its turn comes."""
        links = Plan.batches.through.objects.filter(plan=OuterRef("pk"), batch__status__in=ACTIVE)
        return self.filter(~Exists(links))


class Plan(models.Model):
    """A set of changes that one analysis job proposes."""

    job = models.OneToOneField(Job, models.SET_NULL, null=True, blank=True, related_name="plan", verbose_name=_("job"))
    scenes = models.ManyToManyField(
        Scene, related_name="plans", blank=True, help_text=_("That the analysis looked at."), verbose_name=_("scenes")
    )
    batches = models.ManyToManyField(
        Batch, related_name="plans", blank=True, help_text=_("That made it or apply it."), verbose_name=_("batches")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return gettext("Plan {id}").format(id=self.pk)

    def put(self, scene_ids: Iterable[int]) -> None:
        """Link the scenes, in this order, to a new plan."""
        links = Plan.scenes.through
        for piece in pieces(scene_ids):
            links.objects.bulk_create(links(plan=self, scene_id=pk) for pk in piece)

    def scene_ids(self) -> list[int]:
        """The ids of its scenes, in the order in which they were put."""
        return list(self.scenes.through.objects.filter(plan=self).order_by("id").values_list("scene_id", flat=True))


class ChangeQuerySet(AttemptsQuerySet["Change"]):
    def open(self) -> Self:
        """Still to be written, or to be decided on."""
        return self.due().filter(status__in=Change.OPEN)

    def to_write(self) -> Self:
        """Approved, and not yet in Stash."""
        return self.due().filter(status=Change.Status.APPROVED, revert_requested_at=None)

    def to_revert(self) -> Self:
        """Somebody wants them taken back, and they are not yet.

        Also what is DONE: it was wanted back while it was being written.
        """
        return self.filter(REVERTING).exclude(outcome=Outcome.QUARANTINED)

    def to_review(self) -> Self:
        """Proposed, of a scene that is still in Stash: a person decides."""
        return self.due().filter(OF_PRESENT_SCENE, status=Change.Status.PROPOSED)


class Change(Reviewed, Attempts):
    """One change to one scene in Stash. `value` says what, by `kind`:

    add_tag {"name"} · remove_tag {"tag_id", "name"} · add_marker {"tag", "title", "start", "end"} · remove_marker
    {"marker_id", "tag", "title", "start", "end"} · add_performer, remove_performer, set_studio, remove_studio {"id",
    "name"} · set_details {"details", "made_from"}.
    Times are float seconds; `end` may be null. An attempt is one to write it to Stash.
    """

    released_with: ClassVar = {"scene": "scene", "plan": "plan", "change": "pk"}
    named_by: ClassVar = "scene"
    shown_if: ClassVar = OF_PRESENT_SCENE & (Q(status="approved") | REVERTING)
    failing: ClassVar = (
        gettext_noop("1 change could not be written to Stash: {reason}"),
        gettext_noop("{count} changes could not be written to Stash: {reason}"),
    )

    class Kind(models.TextChoices):
        ADD_TAG = "add_tag", _("Add tag")
        REMOVE_TAG = "remove_tag", _("Remove tag")
        ADD_MARKER = "add_marker", _("Add marker")
        REMOVE_MARKER = "remove_marker", _("Remove marker")
        ADD_PERFORMER = "add_performer", _("Add performer")
        REMOVE_PERFORMER = "remove_performer", _("Remove performer")
        SET_STUDIO = "set_studio", _("Set studio")
        REMOVE_STUDIO = "remove_studio", _("Remove studio")
        SET_DETAILS = "set_details", _("Set details")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        APPLIED = "applied", _("Applied")
        REVERTED = "reverted", _("Reverted")

    OPEN = (Status.PROPOSED, Status.APPROVED)

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="changes", verbose_name=_("plan"))
    # Its index is the one on scene and status below.
    scene = models.ForeignKey(Scene, models.CASCADE, related_name="changes", db_index=False, verbose_name=_("scene"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    value = models.JSONField(_("value"))
    key = models.CharField(
        _("key"), max_length=64, help_text=_("Digest of kind and value: the same change once a scene and plan.")
    )
    detector = models.CharField(_("detector"), max_length=30)
    confidence = models.FloatField(
        _("confidence"), null=True, blank=True, help_text=_("How sure the detector is, where it says.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    intended_at = models.DateTimeField(
        _("intended at"), null=True, blank=True, help_text=_("Set before it is written to Stash.")
    )
    before = models.JSONField(_("before"), null=True, blank=True, help_text=_("What Stash had."))
    after = models.JSONField(_("after"), null=True, blank=True, help_text=_("What Stash has."))
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    objects = ChangeQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["id"]
        permissions = [("review_change", gettext_noop("Can approve, reject, edit, apply and take back changes"))]
        indexes = [
            models.Index(fields=["plan", "status"], name="change_of_plan"),
            models.Index(fields=["scene", "status", "kind"], name="change_of_scene"),
            models.Index(fields=["scene"], name="change_edited", condition=Q(edited_at__isnull=False)),
            models.Index(fields=["tag", "status"], name="change_of_tag"),
            # What one click decided has one time: by it an undo finds the rows.
            models.Index(fields=["decided_at"], name="change_decided_on_page", condition=Q(decided_via="page")),
            models.Index(
                fields=["plan"],
                name="change_to_revert",
                condition=REVERTING,
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["plan", "scene", "key"], name="change_once_a_plan")]

    def __str__(self) -> str:
        return gettext("{what} of scene {id}").format(what=self.kind_label, id=self.scene_id)

    @property
    def kind_label(self) -> str:
        """As `get_kind_display`, which makes the choices hashable each time: a third of a list's rows."""
        return str(self.Kind(self.kind).label)
