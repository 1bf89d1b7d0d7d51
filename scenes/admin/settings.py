"""The settings in the admin: its log of changes. They are looked at and changed on pages of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from jobs.web.admin.acting import ReadOnlyAdmin
from scenes.configuration import DECLARED
from scenes.models import Setting
from scenes.web.settings.form import ALL


@admin.register(Setting)
class SettingAdmin(ReadOnlyAdmin):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("settings_group", ALL)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> HttpResponse:
        """Where the log of changes leads."""
        key = unquote(object_id)
        if key not in DECLARED:
            return redirect("settings_group", ALL)
        return redirect(f"{reverse('settings_group', args=[DECLARED[key].group])}#id_{key}")
