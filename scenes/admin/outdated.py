"""The filter of the list of scenes for those that an older model of the tagger saw."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scenes.analysis.tagger.outdated import outdated
from scenes.models import Scene


class OutdatedFilter(admin.SimpleListFilter):
    """Of which the tagger has a newer model for some category than the one that saw it."""

    title = _("tagger's models")
    parameter_name = "outdated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", gettext("Seen by an older model"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Scene]) -> QuerySet[Scene]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=outdated().detections().values("scene"))
