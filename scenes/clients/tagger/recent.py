"""What models each tagger told of lately, shared by all clients of this process."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from scenes.clients.tagger.models import Model

FRESH = 300.0  # seconds: so long after an upgrade that nobody noticed, the tagger is asked as before


@dataclass(frozen=True)
class Told:
    """``models`` None: it is too old to tell."""

    models: list[Model] | None
    at: float = field(default_factory=time.monotonic)


class RecentModels:
    """By address. Any thread may use it: at worst a tagger is asked twice."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    def told(self, address: str) -> Told | None:
        """What it said; None if that is too long ago."""
        told = self._told.get(address)
        return told if told and time.monotonic() - told.at < FRESH else None

    def keep(self, address: str, models: list[Model] | None) -> Told:
        """Models that are being loaded are not there yet: an empty list is not kept."""
        told = Told(models)
        if models != []:
            self._told[address] = told
        return told

    def forget(self, address: str) -> None:
        self._told.pop(address, None)

    def clear(self) -> None:
        self._told.clear()


recent = RecentModels()
