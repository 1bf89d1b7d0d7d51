"""The settings as they are now: environment over database over default, and which of the three it was.

Rows are read once for each request and each attempt of a job, so a changed setting needs no restart: `forget` is called
when one begins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, message_of
from scenes.configuration import secrets
from scenes.configuration.declaring import Declaration
from scenes.configuration.definition import DECLARED, Configuration, named_setting
from scenes.configuration.destinations import KEY, DestinationRow, as_rows, destination_of

if TYPE_CHECKING:
    from jobs.models.compiled import Compiled

Row = tuple[str, str, bool]  # key, value, and whether it is encrypted
Pairs = tuple[tuple[str, str], ...]


class Source(StrEnum):
    """Where a value comes from."""

    ENVIRONMENT = "environment"
    DATABASE = "database"
    DEFAULT = "default"


@dataclass(frozen=True)
class Effective:
    """One setting as it is now. ``text``: as a person wrote it, "" for its default; ``problem``: see `unusable`."""

    declaration: Declaration
    source: Source = Source.DEFAULT
    text: str = field(default="", repr=False)
    value: Any = field(default=None, repr=False)
    problem: str = ""

    @property
    def is_set(self) -> bool:
        """Whether it has a value, be it the default."""
        return bool(self.text or self.declaration.default)

    @property
    def shown(self) -> str:
        """What everybody may see who may see the settings: nothing of a secret."""
        return self.declaration.kind.shown(self.text or self.declaration.default)

    @property
    def in_words(self) -> str:
        """The same, as people say it: "1 h", "Hard link"."""
        return self.declaration.kind.in_words(self.text or self.declaration.default)

    @property
    def unit_text(self) -> str:
        """What stands behind the number that a person types."""
        return gettext(self.declaration.unit)

    @property
    def source_text(self) -> str:
        """For people: "set by STASHHOG_STASH_URL"."""
        if self.source == Source.ENVIRONMENT:
            return gettext("set by {variable}").format(variable=self.declaration.variable)
        if self.source == Source.DATABASE:
            return gettext("from the database")
        return gettext("default") if self.is_set else gettext("not set")

    def described(self) -> dict[str, Any]:
        """For programs: the API, and `settings list --json`. The value of a secret is always None."""
        declared = self.declaration
        number = declared.kind.is_number and self.is_set
        value = None if declared.is_secret else self.value if number else self.shown
        return {
            "key": declared.key,
            "group": declared.group,
            "label": declared.label,
            "help": declared.description,
            "value": value,
            "is_set": self.is_set,
            "is_secret": declared.is_secret,
            "default": declared.default,
            "source": self.source.value,
            "source_text": self.source_text,
            "variable": declared.variable,
            "problem": self.problem,
        }


@dataclass(frozen=True)
class SettingsState:
    """All settings as they are at one moment."""

    configuration: Configuration
    settings: Mapping[str, Effective]

    @cached_property
    def kept_by_runs(self) -> dict[str, str]:
        """The texts of what runs keep, by key; "" for a default. Without those that can't be used."""
        kept = {key: setting for key, setting in self.settings.items() if setting.declaration.pinned}
        texts = {key: setting.text for key, setting in kept.items() if not setting.problem}
        config = self.configuration
        return texts if KEY in config.unusable else texts | {KEY: json.dumps(config.destination_rows)}


def current() -> Configuration:
    """The settings of this request, this attempt of a job, or this process. Raises ImproperlyConfigured."""
    return state().configuration


def state() -> SettingsState:
    """Likewise, with the source of each."""
    return _of_attempt.get() or _state(_environment(), _stored(), _stored_destinations(), (), settings.SECRET_KEY)


def from_environment() -> Configuration:
    """Without the database, for whoever starts before it is there. Raises ImproperlyConfigured."""
    return _state(_environment(), (), (), (), settings.SECRET_KEY).configuration


def given() -> tuple[Pairs, str]:
    """What settings are made of besides rows: the environment, and the key of the secrets."""
    return _environment(), settings.SECRET_KEY


def forget(**_signal: Any) -> None:
    """Let the rows be read again when somebody asks next."""
    global _rows, _destinations
    _rows = _destinations = None


@contextmanager
def kept(pinned: Mapping[str, str]) -> Iterator[None]:
    """For an attempt of a job: the settings as they are now, but for these texts, until the block ends."""
    forget()
    fixed = dict(pinned)
    rows = as_rows(json.loads(fixed.pop(KEY))) if KEY in fixed else _stored_destinations()
    settings_state = _state(_environment(), _stored(), rows, tuple(sorted(fixed.items())), settings.SECRET_KEY)
    token = _of_attempt.set(settings_state)
    try:
        yield
    finally:
        _of_attempt.reset(token)


_rows: tuple[Row, ...] | None = None
_destinations: tuple[DestinationRow, ...] | None = None
_of_attempt: ContextVar[SettingsState | None] = ContextVar("settings of the attempt", default=None)


def _stored() -> tuple[Row, ...]:
    global _rows
    rows = _rows
    if rows is None:
        rows = _rows = tuple(_settings()())
    return rows


@cache
def _settings() -> Compiled[Row]:
    from jobs.models.compiled import Compiled  # where apps are loaded
    from scenes.models import Setting

    return Compiled(lambda: Setting.objects.order_by("key").values_list("key", "value", "encrypted"))


def _stored_destinations() -> tuple[DestinationRow, ...]:
    global _destinations
    rows = _destinations
    if rows is None:
        rows = _destinations = as_rows(_of_destinations()())
    return rows


@cache
def _of_destinations() -> Compiled[tuple[Any, ...]]:
    from jobs.models.compiled import Compiled  # where apps are loaded
    from scenes.models import Destination

    return Compiled(lambda: Destination.objects.values_list(*DestinationRow._fields))


def _environment() -> Pairs:
    return _given_by(tuple(os.environb.items()))  # as they are: to decode each of them takes most of a look


@lru_cache(maxsize=2)
def _given_by(variables: tuple[tuple[bytes, bytes], ...]) -> Pairs:
    environment = {os.fsdecode(name): os.fsdecode(text) for name, text in variables}
    return tuple(
        (key, text) for key, declaration in DECLARED.items() if (text := declaration.in_environment(environment))
    )


@lru_cache(maxsize=4)
def _state(
    environment: Pairs,
    rows: tuple[Row, ...],
    destinations: tuple[DestinationRow, ...],
    pinned: Pairs,
    secret_key: str,
) -> SettingsState:
    """``secret_key`` is there to have it built again with another one."""
    given, stored, fixed = dict(environment), {row[0]: row for row in rows}, dict(pinned)
    found: dict[str, Effective] = {}
    for key, declaration in DECLARED.items():
        # A variable that only the worker has was not known to whoever started the run, so it wins over a kept default.
        if key in fixed and (fixed[key] or key not in given):
            found[key] = Effective(declaration, Source.DATABASE, fixed[key], declaration.read(fixed[key]))
        elif key in given:
            found[key] = Effective(declaration, Source.ENVIRONMENT, given[key], declaration.read(given[key]))
        else:
            found[key] = from_row(declaration, stored.get(key))
    values = {key: setting.value for key, setting in found.items()}
    unusable = {key: setting.problem for key, setting in found.items() if setting.problem}
    config = Configuration(**values)
    problems = {row: problem_of(row, config) for row in destinations}
    good = tuple(row for row in destinations if not problems[row])
    if len(good) < len(destinations):
        until = _("Until it is corrected, nothing is placed.")
        unusable[KEY] = joined(" ", [next(filter(None, problems.values())), until])
    return SettingsState(replace(config, destination_rows=good, unusable=unusable), MappingProxyType(found))


def problem_of(row: DestinationRow, config: Configuration) -> str:
    """Why a destination can't be used, as for a setting; "" if it can."""
    try:
        destination_of(row, config, DECLARED)
    except ImproperlyConfigured as error:
        return message_of(error)
    return ""


def from_row(declaration: Declaration, row: Row | None) -> Effective:
    """What can't be used counts as unset: somebody wrote to the table, or the secret key is another one."""
    default = declaration.read("")
    if row is None:
        return Effective(declaration, value=default)
    try:
        text = secrets.decrypted(row[1]) if row[2] else row[1]
        return Effective(declaration, Source.DATABASE, text, declaration.read(text, named_setting(declaration.key)))
    except (ImproperlyConfigured, secrets.UnreadableSecret) as error:
        reason = message_of(error)
        counts = _("What is stored counts as unset.")
        problem = joined(": ", [named_setting(declaration.key), reason]) if row[2] else joined(" ", [reason, counts])
        return Effective(declaration, value=default, problem=problem)
