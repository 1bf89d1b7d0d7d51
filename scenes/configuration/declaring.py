"""How a setting is declared: once, as a field of `Configuration`.

From the declaration come its environment variable, its field in the form, its place in the API and on the command
line, and its row in docs/configuration.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.utils.translation import gettext, gettext_noop

from jobs.texts.translatable import Translatable
from scenes.configuration.kinds import DAYS, SECONDS, Kind, NamedOptions, Number, WordSet
from scenes.env import Env, refused

LONGEST = 20_000  # characters of a value
UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # control characters, and halves of characters
DECLARED = "setting"  # in the metadata of a field


@dataclass(frozen=True)
class Declaration:
    """One setting. ``default`` is as a person would write it; "" for none.

    ``pinned``: a run keeps to what it was when the run started. ``key`` is the name of the field. ``label``,
    ``help`` and ``note`` are English, for errors, logs and programs; pages have `named` and `explained`.
    """

    key: str
    variable: str
    kind: Kind
    label: str
    help: str
    group: str
    default: str = ""
    pinned: bool = False
    old_variable: str = ""
    note: str = ""

    @property
    def named(self) -> str:
        """Its label in the reader's language."""
        return gettext(self.label)

    @property
    def description(self) -> str:
        """What it is for, in English, with the words that it may hold and their meanings; no full stop at the end."""
        meanings = self.kind.meanings if isinstance(self.kind, NamedOptions) else {}
        words = "; ".join(f"{option}: {label}" for option, label in meanings.items())
        several = "With commas: " if isinstance(self.kind, WordSet) else ""
        unit = f"In {self.unit}" if self.unit else ""
        return ". ".join(filter(None, [self._filled(str), unit, words and several + words]))

    @property
    def unit(self) -> str:
        """In which a number is typed; "" where none need be named."""
        return self.kind.unit if isinstance(self.kind, Number) and self.kind.unit in (SECONDS, DAYS) else ""

    @property
    def explained(self) -> str:
        """Likewise, in the reader's language."""
        return self._filled(gettext)

    def _filled(self, translated: Callable[[str], str]) -> str:
        text = translated(self.help).replace("{options}", ", ".join(getattr(self.kind, "options", ())))
        return f"{text}. {translated(self.note)}" if self.note else text

    def read(self, text: str, name: str = "") -> Any:
        """The value of a text, which counts as the default when it is empty.

        Raises ImproperlyConfigured, with ``name`` (the variable's by default) in its sentence.
        """
        name = name or self.variable
        text = text.strip() or self.default
        if not text:
            return self.kind.empty
        if UNSTORABLE.search(text):
            raise refused(
                name, None, Translatable(gettext_noop("give a text without line breaks and control characters"))
            )
        if len(text) > LONGEST:
            raise refused(name, None, Translatable(gettext_noop("give at most {most:,} characters"), most=LONGEST))
        return self.kind.read(Env({name: text}), name)

    @property
    def is_secret(self) -> bool:
        return self.kind.holds_secret(self.default)

    def in_environment(self, environment: Mapping[str, str]) -> str:
        """Its text there; "" when it is not set. Raises ImproperlyConfigured when it is set by its old name."""
        if environment.get(self.old_variable, "").strip():
            fix = Translatable(gettext_noop("it is called {name} now"), name=self.variable)
            raise refused(self.old_variable, None, fix)
        return environment.get(self.variable, "").strip()


def setting(
    kind: Kind,
    label: str,
    help: str,
    *,
    group: str,
    default: str = "",
    variable: str = "",
    old_variable: str = "",
    pinned: bool = False,
) -> Any:
    """A field of `Configuration`. The variables without their STASHHOG_; the key in capitals unless one is given."""
    names = [f"STASHHOG_{name}" if name else "" for name in (variable, old_variable)]
    declared = Declaration("", names[0], kind, label, help, group, default, pinned, names[1])
    return field(default=declared.read("", "default"), repr=not kind.may_hold_secret, metadata={DECLARED: declared})


def declared_in(configuration: type) -> dict[str, Declaration]:
    """The settings that the class declares, by key, in their order."""
    found = {}
    for column in fields(configuration):
        if declared := column.metadata.get(DECLARED):
            variable = declared.variable or f"STASHHOG_{column.name.upper()}"
            found[column.name] = Declaration(**{**vars(declared), "key": column.name, "variable": variable})
    return found
