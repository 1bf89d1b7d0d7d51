"""What is wrong with services, disks and backups, as those who looked last were told."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from scenes.permissions import CHANGE_SETTINGS
from scenes.web import health
from scenes.web.needing.need import Fix, Need
from scenes.web.service_states import ServiceState


def needs(states: Sequence[ServiceState] | None = None) -> list[Need]:
    """Those that need a person. ``states``: what is known of them; nobody is asked, so nothing is waited for."""
    known = health.monitor.last_known() if states is None else states
    return [need_of(state) for state in known if state.needs_person]


def need_of(state: ServiceState) -> Need:
    fix = Fix(_("Settings"), CHANGE_SETTINGS, state.put_right_at) if state.put_right_at else None
    kind = "bad" if state.is_bad else "person"
    return Need(f"service:{state.name}", _(state.name), without_name(state), 1, kind, fix)


def without_name(state: ServiceState) -> str:
    """Its sentence below a title that is the name. One that goes on after the name keeps it, as it is written."""
    name, text = f"{_(state.name)}: ", state.sentence
    if not text.startswith(name):
        return text
    rest = text.removeprefix(name)
    return type(text)(rest[:1].upper() + rest[1:])
