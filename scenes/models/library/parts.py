"""What a scene consists of: its files, its markers, and its links to tags and performers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scenes.models.library.ids import StashIdField
from scenes.models.library.names import Performer, Tag
from scenes.models.library.scenes import Scene


class SceneTag(models.Model):
    """A scene has a tag. No constraint in the database: pages come before the tags they name."""

    pk = models.CompositePrimaryKey("scene", "tag")
    # The key's index begins with it.
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("scene"))
    tag = models.ForeignKey(Tag, models.CASCADE, db_constraint=False, verbose_name=_("tag"))

    class Meta:
        verbose_name = _("scene tag")
        verbose_name_plural = _("scene tags")

    def __str__(self) -> str:
        return f"{self.scene_id}: {self.tag_id}"


class ScenePerformer(models.Model):
    """A performer is in a scene."""

    pk = models.CompositePrimaryKey("scene", "performer")
    # The key's index begins with it.
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("scene"))
    performer = models.ForeignKey(Performer, models.CASCADE, db_constraint=False, verbose_name=_("performer"))

    class Meta:
        verbose_name = _("scene performer")
        verbose_name_plural = _("scene performers")

    def __str__(self) -> str:
        return f"{self.scene_id}: {self.performer_id}"


class SceneFile(models.Model):
    """A video file of a scene; the first one (position 0) is the primary."""

    id = StashIdField(_("id"), primary_key=True, help_text=_("Stash's id."))
    scene = models.ForeignKey(Scene, models.CASCADE, db_constraint=False, related_name="files", verbose_name=_("scene"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    path = models.TextField(_("path"), help_text=_("As Stash sees it."))
    size = models.BigIntegerField(_("size"), default=0)
    duration = models.FloatField(_("length"), default=0)
    width = models.PositiveIntegerField(_("width"), default=0)
    height = models.PositiveIntegerField(_("height"), default=0)
    frame_rate = models.FloatField(_("frame rate"), default=0)
    bit_rate = models.BigIntegerField(_("bit rate"), default=0, help_text=_("Bits a second."))
    video_codec = models.CharField(_("video codec"), max_length=50, blank=True)
    oshash = models.CharField(_("oshash"), max_length=32, blank=True)
    phash = models.CharField(_("phash"), max_length=32, blank=True)
    remote_updated_at = models.CharField(
        _("changed in Stash"), max_length=40, blank=True, help_text=_("As Stash wrote it.")
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

    id = StashIdField(_("id"), primary_key=True, help_text=_("Stash's id."))
    scene = models.ForeignKey(
        Scene, models.CASCADE, db_constraint=False, related_name="markers", verbose_name=_("scene")
    )
    title = models.TextField(_("title"), blank=True)
    seconds = models.FloatField(_("begin"))
    end_seconds = models.FloatField(_("end"), null=True, blank=True)
    # Only a tag that is gone from Stash is looked for in all markers.
    primary_tag = models.ForeignKey(
        Tag, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", verbose_name=_("primary tag")
    )
    remote_updated_at = models.CharField(
        _("changed in Stash"), max_length=40, blank=True, help_text=_("As Stash wrote it.")
    )

    class Meta:
        verbose_name = _("marker")
        verbose_name_plural = _("markers")
        ordering = ["scene", "seconds", "id"]

    def __str__(self) -> str:
        return gettext("{title} at {seconds} s").format(title=self.title, seconds=f"{self.seconds:g}")
