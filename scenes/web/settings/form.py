"""The settings as a form, made of their declarations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext

from jobs.errors import BadRequest
from jobs.texts.translatable import message_of, translated
from scenes import configuration
from scenes.configuration import DECLARED, GROUPS, Configuration, Effective, Source
from scenes.configuration.declaring import LONGEST
from scenes.configuration.kinds import NONE, Choice, Kind, WordSet
from scenes.configuration.saving import checked

# By service: the setting that is its address, and the one that is sent there as a secret.
SECRETS = {
    "stash": ("stash_url", "stash_api_key"),
    "qbittorrent": ("qbittorrent_url", "qbittorrent_password"),
    "language_model": ("llm_url", "llm_api_key"),
}
CLEAR = "clear_"  # before a key: the name of the box that puts it back to its default
ALL = "all"  # stands for all groups


class SettingsForm(forms.Form):
    """A field for each setting of ``keys``, and a box to clear what is stored; what the environment sets is read-only.

    Fields carry what they showed, so that only what this person changed is saved, and not what somebody else changed
    since the page was opened. A secret is never in the page: its field is empty, and left empty it changes nothing.
    """

    def __init__(self, data: Any = None, *, may_change: bool, keys: Collection[str] = DECLARED):
        super().__init__(data, label_suffix="")
        self.may_change, self.keys = may_change, keys
        self.now = configuration.state().settings
        for key in keys:
            setting = self.now[key]
            self.fields[key] = field = field_of(setting)
            field.disabled = not may_change or setting.source == Source.ENVIRONMENT
            if not field.disabled and (setting.source == Source.DATABASE or setting.problem):
                label = gettext("Clear") if setting.declaration.is_secret else gettext("Back to the default")
                self.fields[CLEAR + key] = forms.BooleanField(required=False, label=label)

    def of_service(self, what: str) -> SettingsForm:
        """With what the test of this service needs; a path leads through several, so it needs all."""
        own = [key for key in self.keys if self.now[key].declaration.group == what]
        return SettingsForm(self.data, may_change=self.may_change, keys=own or self.keys)

    @property
    def has_typed_secret(self) -> bool:
        """Which is not sent back."""
        return any(self.now[key].declaration.is_secret and self.data.get(key) for key in self.keys)

    def changes(self) -> dict[str, str | None]:
        """The new texts by key, as `saving.save` takes them."""
        fields = {key: text_of(self.cleaned_data.get(key)) for key in self.changed_data if key in self.now}
        fields |= {key: NONE for key, text in fields.items() if not text and NONE in options_of(self.now[key])}
        typed = {key: text for key, text in fields.items() if text or not self.now[key].declaration.is_secret}
        cleared = dict.fromkeys(key for key in self.now if self.cleaned_data.get(CLEAR + key))
        return typed | cleared

    def candidate(self) -> Configuration:
        """The settings as they would be, were the form saved."""
        config, changes = configuration.current(), self.changes()
        values = {key: self.now[key].declaration.read(text or "") for key, text in changes.items()}
        unusable = {key: text for key, text in config.unusable.items() if key not in changes}
        return replace(config, **values, unusable=unusable)

    def secret_to_type(self, what: str) -> str:
        """The secret of a service that must be typed before its address is tested: "" when none need be.

        What is stored goes to the address that is stored, and to no other that somebody types. The test of a path asks
        Stash.
        """
        address, secret = SECRETS.get("stash" if what == "path" else what, ("", ""))
        changes = self.changes()
        if not secret or not self.now[secret].is_set or changes.get(secret, ""):
            return ""
        is_cleared = secret in changes
        same = address not in changes or self.candidate_of(address) == self.now[address].value
        return "" if same or is_cleared else secret

    def candidate_of(self, key: str) -> Any:
        """What the setting would be."""
        return self.now[key].declaration.read(self.changes()[key] or "")

    def clean(self) -> None:
        for key, text in self.changes().items():
            if text == "" and options_of(self.now[key]) and self.now[key].declaration.default:
                self.add_error(key, gettext("Choose at least one."))
            try:
                checked(self.now[key].declaration, text or "", self.now[key].declaration.named)
            except BadRequest as error:
                self.add_error(key, translated(message_of(error)))

    def groups(self) -> list[tuple[str, str, list[tuple[Effective, forms.BoundField, forms.BoundField | None]]]]:
        """By service or subject: its key, its name, and for each setting how it is, its field and its box."""
        found = []
        for group, name in GROUPS.items():
            keys = [key for key in keys_of(group) if key in self.fields]
            if keys:
                found.append((group, gettext(name), [self.row(key) for key in keys]))
        return found

    def row(self, key: str) -> tuple[Effective, forms.BoundField, forms.BoundField | None]:
        return self.now[key], self[key], self[CLEAR + key] if CLEAR + key in self.fields else None


def options_of(setting: Effective) -> dict[str, str]:
    """Those of which several may be chosen, with their labels; empty for a setting that is no such list."""
    kind = setting.declaration.kind
    return kind.meanings if isinstance(kind, WordSet) else {}


def text_of(value: Any) -> str:
    """What a field gave, as a setting is written."""
    return ",".join(value) if isinstance(value, list) else str(value or "")


def keys_of(group: str) -> list[str]:
    """Those of the settings of a group, or of ALL."""
    return [key for key, declaration in DECLARED.items() if group in (declaration.group, ALL)]


class ShownField(forms.CharField):
    """A form that comes back with an error or a test has what was typed, but no password of an address."""

    def __init__(self, kind: Kind, **options: Any):
        super().__init__(**options)
        self.kind = kind

    def prepare_value(self, value: Any) -> Any:
        return self.kind.shown(value) if isinstance(value, str) else value


class KeyInput(forms.PasswordInput):
    """Of a key of an API, hidden by settings.css: browsers take several passwords for several logins."""

    input_type = "text"


def secret_widget(key: str, hint: str) -> forms.Widget:
    if key.endswith("password"):
        return forms.PasswordInput(attrs={"autocomplete": "new-password", "placeholder": hint})
    return KeyInput(attrs={"class": "api-key", "autocomplete": "off", "spellcheck": "false", "placeholder": hint})


def field_of(effective: Effective) -> forms.Field:
    """The field of a setting. Left empty it means the default, as an empty variable does."""
    declaration = effective.declaration
    common: dict[str, Any] = {"required": False, "label": declaration.named, "help_text": declaration.explained}
    if declaration.is_secret:
        hint = gettext("is set") if effective.is_set else ""
        return forms.CharField(widget=secret_widget(declaration.key, hint), max_length=LONGEST, **common)
    shown = effective.shown if effective.text else ""
    if options := options_of(effective):
        named = [(option, gettext(label)) for option, label in options.items() if option != NONE]
        chosen = [option for option in options if option in effective.value and option != NONE]
        return forms.MultipleChoiceField(
            choices=named, widget=forms.CheckboxSelectMultiple, initial=chosen, show_hidden_initial=True, **common
        )
    if isinstance(declaration.kind, Choice):
        default = declaration.kind.in_words(declaration.default)
        default = gettext("Default ({value})").format(value=default) if default else gettext("Not set")
        listed = [("", default), *((choice, gettext(label)) for choice, label in declaration.kind.meanings.items())]
        return forms.ChoiceField(choices=listed, initial=effective.text.lower(), show_hidden_initial=True, **common)
    widget = forms.TextInput(attrs={"placeholder": declaration.default, "autocomplete": "off"})
    return ShownField(
        declaration.kind, widget=widget, max_length=LONGEST, initial=shown, show_hidden_initial=True, **common
    )
