"""What a run keeps of the settings: its rules and options. Addresses and secrets are read for each attempt, so that
a corrected password helps the next one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from jobs.declare.pinning import Pinning
from scenes.configuration import effective


class RunSettings(Pinning):
    def pinned(self) -> dict[str, str]:
        """The texts by key; "" for a default. Without those that can't be used: whoever needs one says so."""
        effective.forget()
        kept = {key: one for key, one in effective.state().settings.items() if one.declaration.pinned}
        return {key: one.text for key, one in kept.items() if not one.problem}

    def applied(self, pinned: Mapping[str, str]) -> AbstractContextManager[None]:
        return effective.kept({key: text for key, text in pinned.items() if key in effective.DECLARED})
