"""Making, changing and deleting a destination, for the command and the API; the admin's form looks at the same."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import IntegrityError, transaction

from jobs.declare.ids import BIGGEST_ID
from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, message_of
from scenes import configuration
from scenes.configuration import DECLARED, named_setting
from scenes.configuration.destinations import DestinationRow, EffectiveDestination, destination_of
from scenes.destinations.checking import check
from scenes.models import Destination
from scenes.models.destinations import FIELDS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

POSITION = "position"
KEYS = (POSITION, *DestinationRow._fields)


def find(name: str) -> Destination:
    """By its name, or by its id. Raises BadRequest."""
    rows = Destination.objects.filter(name=name)
    if not rows and name.isdecimal() and int(name) <= BIGGEST_ID:
        rows = Destination.objects.filter(pk=int(name))
    if row := rows.first():
        return row
    known = Destination.objects.values_list("name", flat=True)
    near = [word for word in known if get_close_matches(name.lower(), [word.lower()])]
    hint = _("Is it {names}?", names=" or ".join(near[:3])) if near else _("`destinations list` names them all.")
    raise BadRequest(joined(" ", [_("There is no destination {name!r}.", name=name[:50]), hint]))


def save(row: Destination, values: Mapping[str, Any], user: User | None = None) -> list[str]:
    """Give the row, new or not, these values, and save it; returns sentences on what could not be checked.

    Raises BadRequest, and then nothing is saved.
    """
    if unknown := [key for key in values if key not in KEYS]:
        raise BadRequest(_("A destination has no {key!r}; it has {keys}.", key=unknown[0][:50], keys=", ".join(KEYS)))
    configuration.forget()
    for key, value in values.items():
        setattr(row, key, value if key == POSITION else spelled(key, str(value or "").strip()))
    others = [other.as_row() for other in Destination.objects.exclude(pk=row.pk)]
    unchecked = [] if row.pk and set(values) <= {POSITION} else check(row.as_row(), others, configuration.current())
    action = CHANGE if row.pk else ADDITION
    try:
        row.full_clean()
    except ValidationError as error:
        raise BadRequest(sentence_of(error)) from None
    row.changed_by = user
    try:
        with transaction.atomic():
            row.save()
            log(row, action, f"Changed: {', '.join(values)}." if action == CHANGE else "Added.", user)
    except IntegrityError:  # the name, and somebody was quicker since it was looked at
        raise BadRequest(_("name: There is a destination {name!r} by now.", name=row.name[:50])) from None
    configuration.forget()
    return unchecked


def remove(row: Destination, user: User | None = None) -> None:
    """What went there stays there; what comes now goes to another one."""
    with transaction.atomic():
        log(row, DELETION, "", user)
        row.delete()
    configuration.forget()


def spelled(key: str, text: str) -> str:
    """A choice as it is declared, whatever its capitals; another text as it is, to be checked as a whole."""
    return text.lower() if FIELDS[key].kind.choices else text


def log(row: Destination, action: int, message: str, user: User | None) -> None:
    if user is not None:
        LogEntry.objects.log_actions(user.pk, [row], action, message, single_object=True)


def sentence_of(error: ValidationError) -> str:
    """What Django says of the fields, with their names."""
    return " ".join(f"{key}: {' '.join(texts)}" for key, texts in error.message_dict.items())


def described() -> list[dict[str, Any]]:
    """For programs: each row as it was written, with what follows from that, and last the one by default."""
    config = configuration.current()
    found = [about(row, config) for row in Destination.objects.all()]
    default = config.destinations.default
    empty = {"id": None, POSITION: None, **dict.fromkeys(DestinationRow._fields, ""), "is_default": True}
    of_default = {"name": default.name, "folder": str(default.folder)} if default else {}
    problem = (
        ""
        if default
        else _("No library folder is set. Give {setting} in the settings.", setting=named_setting("library_path"))
    )
    return [*found, {**empty, **of_default, "effective": effective(default), "problem": problem}]


def about(row: Destination, config: configuration.Configuration) -> dict[str, Any]:
    texts = row.as_row()._asdict()
    try:
        destination, problem = destination_of(row.as_row(), config, DECLARED), ""
    except ImproperlyConfigured as error:
        destination, problem = None, message_of(error)
    known = {"id": row.pk, POSITION: row.position, **texts, "is_default": False}
    return {**known, "effective": effective(destination), "problem": problem}


def effective(row: EffectiveDestination | None) -> dict[str, Any] | None:
    """With what it takes from the settings where it says nothing; modes in octal digits, "" for those of the system."""
    if row is None:
        return None
    modes = {"file_mode": row.access.file_mode, "folder_mode": row.access.folder_mode}
    return {
        "categories": list(row.categories),
        "tags": sorted(row.tags),
        "link_mode": row.link_mode,
        "cleanup": row.cleanup,
        "torrent_folder": row.torrent_folder,
        **{key: "" if mode is None else f"{mode:03o}" for key, mode in modes.items()},
        "file_group": row.access.group,
    }
