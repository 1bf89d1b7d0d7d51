"""Connection tests of what a form of settings holds, saved or not."""

from __future__ import annotations

from django.utils.translation import gettext

from jobs.errors import BadRequest
from jobs.texts.translatable import message_of, translated
from scenes.probes.results import ProbeResult
from scenes.web.settings.form import SettingsForm

PATH = "path"  # in place of a service: where a path leads


def tested(what: str, path: str, form: SettingsForm) -> list[ProbeResult]:
    """Of a service, or of a path. ``form`` gets an error where nothing could be tested; those of others don't count."""
    from scenes.probes import running  # it takes the clients of all services, and most never test

    form.is_valid()
    if not (part := form.of_service(what)).is_valid():
        return []
    if secret := part.secret_to_type(what):
        label = form.now[secret].declaration.named
        text = gettext("The {label} that is stored is not sent to another address: type it here, too.").format(
            label=label
        )
        form.add_error(secret if secret in form.fields else None, text)
        return []
    try:
        if what == PATH:
            return [running.probe_path(path, part.candidate())]
        return [running.probe(what, part.candidate())]
    except BadRequest as error:
        form.add_error(None, translated(message_of(error)))
        return []
