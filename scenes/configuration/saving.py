"""Changing settings: each is a row of its own, all or none of a change is saved, and what is wrong is a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, message_of
from scenes.configuration import effective, secrets
from scenes.configuration.declaring import Declaration
from scenes.configuration.definition import DECLARED, Configuration
from scenes.configuration.effective import Source
from scenes.destinations.overlaps import why_overlapping
from scenes.models import RefusedLogin, Setting
from scenes.probes import folders

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LOGIN = {"qbittorrent_url", "qbittorrent_username", "qbittorrent_password"}
MOST_SECONDS = 5.0  # for folders to say what they lie in
COLUMNS = ["value", "encrypted", "changed_at", "changed_by"]


def find(name: str) -> Declaration:
    """By key or by variable. Raises BadRequest, which names what it may have been meant to be."""
    by_name = DECLARED | {declaration.variable: declaration for declaration in DECLARED.values()}
    if name in by_name:
        return by_name[name]
    near = get_close_matches(name.lower(), DECLARED, 3)
    hint = _("Is it {names}?", names=" or ".join(near)) if near else _("`settings list` names them all.")
    raise BadRequest(joined(" ", [_("There is no setting {name!r}.", name=name[:50]), hint]))


def checked(declaration: Declaration, text: str, name: str = "") -> str:
    """The text as it is to be stored. Raises BadRequest unless it is a value of the setting, and may be set here."""
    if effective.state().settings[declaration.key].source == Source.ENVIRONMENT:
        raise BadRequest(
            _(
                "{name} is set by {variable}, which wins over what is stored: change it there.",
                name=name or declaration.key,
                variable=declaration.variable,
            )
        )
    try:
        declaration.read(text, name or declaration.key)
    except ImproperlyConfigured as error:
        raise BadRequest(message_of(error)) from None
    return text.strip()


def save(changes: Mapping[str, str | None], user: User | None = None) -> list[str]:
    """Set each key to its text, or back to its default where that is None or empty; returns the keys that changed.

    What is set already to the same text is no change. Raises BadRequest, and then nothing is saved.
    """
    effective.forget()
    now = effective.state().settings
    texts = {find(name).key: (text or "").strip() for name, text in changes.items()}
    if len(texts) < len(changes):
        raise BadRequest(_("A setting is named twice, by its key and by its variable: give it once."))
    new = {key: checked(DECLARED[key], text) for key, text in texts.items() if text}
    refuse_overlaps(texts)
    rows = [
        row_of(DECLARED[key], text, user)
        for key, text in new.items()
        # A secret that is typed again is a change: the person says that it is right.
        if DECLARED[key].is_secret or now[key].source != Source.DATABASE or text != now[key].text
    ]
    with transaction.atomic():
        cleared = Setting.objects.filter(key__in=texts.keys() - new.keys())
        log = dict.fromkeys(cleared.values_list("key", flat=True), "Back to the default.")
        cleared.delete()
        # One statement: whoever saves another key at the same moment, or the same, is not in its way.
        Setting.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=COLUMNS)
        if LOGIN & new.keys():
            RefusedLogin.objects.all().delete()
        log |= {row.key: "Changed." if row.encrypted else f"Changed to “{row.value}”." for row in rows}
        if user is not None:
            for key, message in log.items():
                LogEntry.objects.log_actions(user.pk, [Setting(key=key)], CHANGE, message, single_object=True)
    effective.forget()
    return sorted(log)


def refuse_overlaps(texts: Mapping[str, str]) -> None:
    """Raise BadRequest when by these settings the destinations overlap, and did not before."""
    values = {key: DECLARED[key].read(texts[key]) for key in ("library_path", "path_map") if key in texts}
    before = effective.current()
    after = replace(before, **values)
    if values and before.destination_rows and (why := overlapping(after)) and not overlapping(before):
        raise BadRequest(why)


def overlapping(config: Configuration) -> str:
    """In a sentence. What does not answer is looked at by the next run, which places nothing where they do."""
    look = partial(why_overlapping, config.destinations.all, config.path_map)
    return folders.looked("overlaps", config, look, MOST_SECONDS) or ""


def row_of(declaration: Declaration, text: str, user: User | None) -> Setting:
    """An unsaved row; a secret is encrypted in it."""
    encrypt = declaration.kind.holds_secret(text)
    value = secrets.encrypted(text) if encrypt else text
    return Setting(key=declaration.key, value=value, encrypted=encrypt, changed_at=timezone.now(), changed_by=user)
