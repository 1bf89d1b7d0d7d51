"""What a run keeps of the settings: its rules and options. Addresses and secrets are read for each attempt, so that
a corrected password helps the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager

from jobs.declare.pinning import Pinning
from scenes.configuration import effective
from scenes.configuration.destinations import KEY


class RunSettings(Pinning):
    def pinned(self) -> dict[str, str]:
        """The texts by key; "" for a default. Without those that can't be used: whoever needs one says so."""
        effective.forget()
        state = effective.state()
        kept = {key: one for key, one in state.settings.items() if one.declaration.pinned}
        texts = {key: one.text for key, one in kept.items() if not one.problem}
        config = state.configuration
        return texts if KEY in config.unusable else texts | {KEY: json.dumps(config.destination_rows)}

    def applied(self, pinned: Mapping[str, str]) -> AbstractContextManager[None]:
        return effective.kept({key: text for key, text in pinned.items() if key in effective.DECLARED or key == KEY})
