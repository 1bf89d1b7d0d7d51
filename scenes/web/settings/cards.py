"""What the overview of the settings shows of each group: how its service is, its values, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from jobs.texts.translatable import Translatable as _
from scenes import configuration
from scenes.configuration import GROUPS, SERVICES, Effective, Source
from scenes.configuration.files import LIBRARY
from scenes.configuration.services import LANGUAGE_MODEL
from scenes.web.service_states import ServiceState
from scenes.web.settings.form import keys_of

LEADING = 3  # settings of a service that are shown also where they have no value: address and login
NO_LANGUAGE_MODEL = ServiceState(
    "Language model",
    "unset",
    _("No language model is set, so the library's names are all."),
    LANGUAGE_MODEL,
)


@dataclass(frozen=True)
class GroupCard:
    """``shown``: what somebody chose, or would have to; ``others``: what is as by default."""

    key: str
    name: str
    state: ServiceState | None
    shown: Sequence[Effective]
    others: Sequence[Effective]

    @property
    def is_service(self) -> bool:
        return self.key in SERVICES

    @property
    def changed(self) -> int:
        """How many have another value than the default."""
        return sum(setting.source != Source.DEFAULT for setting in (*self.shown, *self.others))

    @property
    def count(self) -> int:
        return len(self.shown) + len(self.others)

    @property
    def problems(self) -> list[str]:
        return [setting.problem for setting in (*self.shown, *self.others) if setting.problem]


def group_cards(states: Sequence[ServiceState]) -> list[GroupCard]:
    """All groups; ``states``: how the services are."""
    by_group = {LANGUAGE_MODEL: NO_LANGUAGE_MODEL, **{state.group: state for state in states if state.group}}
    return [card(key, name, by_group.get(key)) for key, name in GROUPS.items()]


def card(key: str, name: str, how: ServiceState | None) -> GroupCard:
    settings = [configuration.state().settings[setting_key] for setting_key in keys_of(key)]
    leading = settings[:LEADING] if key in (*SERVICES, LIBRARY) else []
    shown = [
        setting for setting in settings if setting in leading or setting.source != Source.DEFAULT or setting.problem
    ]
    return GroupCard(key, gettext(name), how, shown, [setting for setting in settings if setting not in shown])
