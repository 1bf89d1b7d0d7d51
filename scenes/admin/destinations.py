"""Destinations in the admin, and on their list the one by default, which the settings make."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from jobs.errors import BadRequest
from jobs.texts.translatable import message_of, translated
from jobs.web.admin.bounded import BoundedListAdmin
from scenes import configuration
from scenes.configuration.destinations import DestinationRow
from scenes.destinations import saving
from scenes.destinations.checking import check
from scenes.models import Destination

SHOWN = ("link_mode", "cleanup")


class DestinationForm(forms.ModelForm):  # type: ignore[type-arg]
    """``unchecked``: sentences on what could not be looked at when it was checked."""

    unchecked: list[str]

    class Meta:
        model = Destination
        fields = ["position", *DestinationRow._fields]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        self.unchecked = []
        if not self.errors:
            row = DestinationRow(*(values[key] for key in DestinationRow._fields))
            others = [other.as_row() for other in Destination.objects.exclude(pk=self.instance.pk)]
            try:
                self.unchecked = check(row, others, configuration.current())
            except BadRequest as error:
                self.add_error(None, translated(message_of(error)))
        return values


def placing_text(described: dict[str, Any]) -> str:
    """How files are placed there, and what becomes of the torrent; "" where there is no folder."""
    effective = described["effective"] or {}
    return ", ".join(configuration.DECLARED[key].kind.in_words(effective[key]) for key in SHOWN if key in effective)


@admin.register(Destination)
class DestinationAdmin(BoundedListAdmin):
    form = DestinationForm
    change_list_template = "admin/scenes/destination/change_list.html"
    list_display = ["name", "position", "folder", "categories", "tags", "link_mode", "cleanup", "problem"]
    list_editable = ["position"]
    search_fields = ["name", "folder", "categories", "tags"]
    search_help_text = _("A name, a folder, a category or a tag")
    fieldsets = [
        (None, {"fields": ["position", "name", "folder"]}),
        (_("Which torrents go there"), {"fields": ["categories", "tags"]}),
        (_("How files are placed"), {"fields": ["link_mode", "torrent_folder", "cleanup"]}),
        (_("Permissions"), {"fields": ["file_mode", "folder_mode", "file_group"]}),
    ]

    @admin.display(description=_("can't be used"))
    def problem(self, row: Destination) -> str:
        return translated(saving.about(row, configuration.current())["problem"])

    def save_model(self, request: HttpRequest, obj: Destination, form: Any, change: bool) -> None:
        obj.changed_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        for sentence in getattr(form, "unchecked", ()):  # not those of positions in the list
            messages.warning(request, translated(sentence))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        default = saving.described()[-1]
        return super().changelist_view(
            request, {"default": default, "how": placing_text(default), **(extra_context or {})}
        )
