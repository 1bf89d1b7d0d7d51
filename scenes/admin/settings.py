"""The settings: one page with a field for each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs.errors import BadRequest
from jobs.permissions import require
from jobs.web.admin_tools import ReadOnlyAdmin
from scenes.configuration import DECLARED, SERVICES, saving
from scenes.models import Setting
from scenes.permissions import CHANGE_SETTINGS, VIEW_SETTINGS
from scenes.probes.results import ProbeResult
from scenes.web.settings_form import SettingsForm

PAGE = "admin:scenes_setting_changelist"


@admin.register(Setting)
class SettingAdmin(ReadOnlyAdmin):
    """In place of the list of its rows; their history is what Django keeps of each."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        posted = request.method == "POST"
        may_change = request.user.has_perm(CHANGE_SETTINGS)
        if posted or not may_change:
            require(request.user, CHANGE_SETTINGS if posted else VIEW_SETTINGS)
        form = SettingsForm(request.POST if posted else None, may_change=may_change)
        results: list[ProbeResult] = []
        if posted and form.is_valid():
            if what := request.POST.get("test"):
                results = self.tested(what, request.POST.get("tested_path", ""), form)
            elif self.saves(request, form):
                return redirect(PAGE)
        context = {
            **self.admin_site.each_context(request),
            "title": "Settings",
            "opts": self.opts,
            "form": form,
            "may_change": may_change,
            "results": results,
            "services": SERVICES,
            "tested_path": request.POST.get("tested_path", ""),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/scenes/setting/change_list.html", context)

    def tested(self, what: str, path: str, form: SettingsForm) -> list[ProbeResult]:
        """Of a service or of a path, with what the form holds, saved or not."""
        from scenes.probes import running  # it takes the clients of all services, and most never test

        if secret := form.secret_to_type(what):
            label = form.now[secret].declaration.label
            form.add_error(secret, f"The {label} that is stored is not sent to another address: type it here, too.")
            return []
        try:
            if what == "path":
                return [running.probe_path(path, form.candidate())]
            return [running.probe(what, form.candidate())]
        except BadRequest as error:
            form.add_error(None, str(error))
            return []

    def saves(self, request: HttpRequest, form: SettingsForm) -> bool:
        """Whether what the form says was saved; else it says what is wrong."""
        try:
            changed = saving.save(form.changes(), request.user)  # type: ignore[arg-type]
        except BadRequest as error:  # of the environment since the form was checked, say
            form.add_error(None, str(error))
            return False
        labels = ", ".join(form.now[key].declaration.label for key in changed)
        messages.success(request, f"Saved: {labels}." if changed else "Nothing was changed.")
        return True

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> HttpResponse:
        """Where the log of changes leads."""
        key = unquote(object_id)
        return redirect(f"{reverse(PAGE)}#id_{key}" if key in DECLARED else PAGE)
