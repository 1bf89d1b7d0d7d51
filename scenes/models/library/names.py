"""What scenes refer to by name: tags, performers, studios."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from scenes.models.library.ids import StashIdField


class NamedModel(models.Model):
    """Something with a name and aliases that scenes refer to."""

    id = StashIdField(_("id"), primary_key=True, help_text=_("Stash's id."))
    name = models.CharField(_("name"), max_length=1000, db_index=True)
    aliases = models.JSONField(_("aliases"), default=list, blank=True)
    ignore_auto_tag = models.BooleanField(
        _("ignore auto tag"), default=False, help_text=_("In Stash: no machine is to set it.")
    )
    remote_updated_at = models.CharField(
        _("changed in Stash"), max_length=40, blank=True, help_text=_("As Stash wrote it.")
    )

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(NamedModel):
    """A tag of Stash."""

    class Meta(NamedModel.Meta):
        verbose_name = _("tag")
        verbose_name_plural = _("tags")


class Performer(NamedModel):
    """A performer of Stash."""

    disambiguation = models.CharField(_("disambiguation"), max_length=1000, blank=True)

    class Meta(NamedModel.Meta):
        verbose_name = _("performer")
        verbose_name_plural = _("performers")


class Studio(NamedModel):
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

    class Meta(NamedModel.Meta):
        verbose_name = _("studio")
        verbose_name_plural = _("studios")
