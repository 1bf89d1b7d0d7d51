"""Destinations: which torrents go to which folder. The one by default is made of the settings and has no row."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from scenes.configuration import DECLARED
from scenes.configuration.destinations import DestinationRow, fields_of_rows
from scenes.configuration.kinds import Choice

FIELDS = fields_of_rows(DECLARED)
STEP = 10  # between the positions of two new rows
LAST = 1_000_000


def text_field(key: str, **options: Any) -> Any:
    """A column of text that is called and explained as the field of a row is declared."""
    field = FIELDS[key]
    if isinstance(field.kind, Choice):
        options["choices"] = [(choice, _(label)) for choice, label in field.kind.meanings.items()]
    explained = lazy(lambda: field.explained, str)()
    return models.CharField(_(field.label), help_text=explained, **{"max_length": 1000, "blank": True, **options})


class Destination(models.Model):
    """One row, as text: what it leaves empty is as in the settings. Read by `scenes.configuration`."""

    position = models.PositiveIntegerField(
        _("position"),
        blank=True,
        help_text=_("The first row that fits a torrent counts, from the smallest number on; empty: the last."),
    )
    name = text_field("name", max_length=100, blank=False, unique=True)
    folder = text_field("folder", blank=False, max_length=2000)
    categories = text_field("categories", max_length=5000)
    tags = text_field("tags", max_length=5000)
    link_mode = text_field("link_mode", max_length=30)
    cleanup = text_field("cleanup", max_length=30)
    torrent_folder = text_field("torrent_folder", max_length=30)
    file_mode = text_field("file_mode", max_length=10)
    folder_mode = text_field("folder_mode", max_length=10)
    file_group = text_field("file_group", max_length=256)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("changed by"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.name)

    def save(self, *args: Any, **options: Any) -> None:
        if self.position is None:
            last = Destination.objects.aggregate(last=models.Max("position"))["last"] or 0
            self.position = min(last + STEP, LAST)
        super().save(*args, **options)

    def as_row(self) -> DestinationRow:
        return DestinationRow(*(getattr(self, key) for key in DestinationRow._fields))
