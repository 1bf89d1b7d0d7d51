"""What of Stash's own tasks was done for which scene: once a row says so, no run asks for it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scenes.models.attempts import Attempts, AttemptsQuerySet
from scenes.models.library import Scene
from scenes.models.stash import StashJob

INSERTED_AT_ONCE = 500
ASKED = "asked"  # code of what Stash was asked for, and has no outcome yet
DELETED = Exists(Scene.objects.filter(pk=OuterRef("scene_id")).exclude(deleted_at=None))


class StashTaskQuerySet(AttemptsQuerySet["StashTask"]):
    def want(self, scene_ids: Iterable[int], tasks: Iterable[tuple[str, str]], *, again: bool = False) -> None:
        """Have these done for these scenes, where they aren't; ``tasks``: kind, and name of a plugin's task.

        ``again``: a person asks for it, so also where it is done, or failed for good.
        """
        rows = [StashTask(scene_id=scene_id, kind=kind, task=name) for scene_id in scene_ids for kind, name in tasks]
        if not again:
            self.bulk_create(rows, INSERTED_AT_ONCE, ignore_conflicts=True)
            return
        self.bulk_create(
            rows,
            INSERTED_AT_ONCE,
            update_conflicts=True,
            unique_fields=["scene_id", "kind", "task"],
            update_fields=["outcome", "code", "message", "attempts", "failed_at", "updated_at"],
        )

    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)


class StashTask(Attempts):
    """One of Stash's own tasks for one scene. The scene is often not in our tables yet, so it is no foreign key.

    ``code``: asked, changed, unchanged, gone, organized, or unknown (Stash may have done it).
    """

    class Kind(models.TextChoices):
        IDENTIFY = "identify", _("Identify")
        AUTO_TAG = "auto_tag", _("Auto tag")
        PLUGIN = "plugin", _("Plugin task")

    released_with: ClassVar = {"scene": "scene_id", "Stash task": "pk"}
    named_by: ClassVar = "scene"
    shown_if: ClassVar = Q(~DELETED)

    scene_id = models.BigIntegerField(_("scene id"), help_text=_("Stash's id of the scene."))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    task = models.CharField(
        _("task"), max_length=200, blank=True, help_text=_("Of a plugin: its id, a colon and the task's name.")
    )
    stash_job = models.ForeignKey(
        StashJob,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("That was asked for it last."),
        verbose_name=_("Stash job"),
    )
    digest_before = models.CharField(
        _("digest before"),
        max_length=40,
        blank=True,
        help_text=_("Of all that Stash said of the scene before it was asked."),
    )

    objects = StashTaskQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("Stash task")
        verbose_name_plural = _("Stash tasks")
        ordering = ["-scene_id", "kind", "task"]
        constraints = [models.UniqueConstraint(fields=["scene_id", "kind", "task"], name="stash_task_once")]

    def __str__(self) -> str:
        name = f"{self.get_kind_display()} {self.task}".strip()
        return gettext("{what} of scene {id}").format(what=name, id=self.scene_id)
