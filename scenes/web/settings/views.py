"""The page of a group of settings: its fields, where each value comes from, and the test of its service."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from jobs.errors import BadRequest
from jobs.permissions import require
from jobs.texts.translatable import message_of, translated
from scenes.configuration import GROUPS, SERVICES, saving
from scenes.permissions import CHANGE_SETTINGS, VIEW_SETTINGS
from scenes.probes.results import ProbeResult
from scenes.web.settings.form import ALL, SettingsForm, keys_of
from scenes.web.settings.testing import tested


@require_http_methods(["GET", "HEAD", "POST"])
def group(request: HttpRequest, group: str) -> HttpResponse:
    """``group``: its key, or ALL."""
    if group != ALL and group not in GROUPS:
        raise Http404("There is no group of settings of this name.")
    posted = request.method == "POST"
    may_change = request.user.has_perm(CHANGE_SETTINGS)
    if posted or not may_change:
        require(request.user, CHANGE_SETTINGS if posted else VIEW_SETTINGS)
    form = SettingsForm(request.POST if posted else None, may_change=may_change, keys=keys_of(group))
    results: list[ProbeResult] = []
    if posted and (what := request.POST.get("test")):
        results = tested(what, request.POST.get("tested_path", ""), form)
    elif posted and form.is_valid() and saves(request, form):
        return redirect("settings_group", group)
    context = {
        "group": group,
        "title": gettext(GROUPS[group]) if group in GROUPS else gettext("All settings"),
        "tabs": [*((key, gettext(name)) for key, name in GROUPS.items()), (ALL, gettext("All"))],
        "form": form,
        "may_change": may_change,
        "results": results,
        "services": SERVICES,
        "tested_path": request.POST.get("tested_path", ""),
    }
    return render(request, "settings/group.html", context)


def saves(request: HttpRequest, form: SettingsForm) -> bool:
    """Whether what the form says was saved; else it says what is wrong."""
    try:
        changed = saving.save(form.changes(), request.user)  # type: ignore[arg-type]
    except BadRequest as error:  # of the environment since the form was checked, say
        form.add_error(None, translated(message_of(error)))
        return False
    labels = ", ".join(form.now[key].declaration.named for key in changed)
    messages.success(
        request, gettext("Saved: {labels}.").format(labels=labels) if changed else gettext("Nothing was changed.")
    )
    return True
