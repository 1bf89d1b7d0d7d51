"""Which models each tagger has listed lately, shared by all clients of this process."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from scenes.clients.tagger.models import Model

FRESH = 300.0  # seconds: so long after an upgrade that nobody noticed, the tagger is asked as before


@dataclass(frozen=True)
class KnownModels:
    """``models`` None: it is too old to tell."""

    models: list[Model] | None
    at: float = field(default_factory=time.monotonic)


class RecentModels:
    """By address. Any thread may use it: at worst a tagger is asked twice."""

    def __init__(self) -> None:
        self._models: dict[str, KnownModels] = {}

    def get(self, address: str) -> KnownModels | None:
        """What it said; None if that is too long ago."""
        known = self._models.get(address)
        return known if known and time.monotonic() - known.at < FRESH else None

    def keep(self, address: str, models: list[Model] | None) -> KnownModels:
        """Models that are being loaded are not there yet: an empty list is not kept."""
        known = KnownModels(models)
        if models != []:
            self._models[address] = known
        return known

    def forget(self, address: str) -> None:
        self._models.pop(address, None)

    def clear(self) -> None:
        self._models.clear()


recent = RecentModels()
