"""The filter of the admin's lists that the counts of the home page lead to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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
