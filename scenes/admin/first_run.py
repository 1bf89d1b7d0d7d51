"""The decisions of a first run in the admin. They are asked for, and shown, by the first-run guide."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from jobs.web.admin.acting import ReadOnlyAdmin
from jobs.web.admin.columns import source_named
from scenes.models import FirstRunDecision
from scenes.web.guide.steps import EXISTING


@admin.register(FirstRunDecision)
class FirstRunDecisionAdmin(ReadOnlyAdmin):
    formatters: ClassVar[Any] = {"source": source_named}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("guide_step", EXISTING)
