"""Filters of the admin's lists: what a count of the home page counts, and scenes that an older model saw."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scenes.analysis.tagger.outdated import outdated
from scenes.models import Scene
from scenes.web.library.counts import PARAMETER, counted_of


class NeedFilter(admin.SimpleListFilter):
    """The rows that one of the home page's counts counts."""

    title = _("home page")
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(counted.key, gettext(counted.label)) for counted in counted_of(model_admin.model)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for counted in counted_of(queryset.model):
            if counted.key == self.value():
                return queryset.filter(pk__in=counted.rows().order_by().values("pk"))
        return queryset


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
