"""What a run keeps of the settings: its rules and options. Addresses and secrets are read for each attempt, so that
a corrected password helps the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from jobs.declare.pinning import Pinning
from scenes.configuration import effective
from scenes.configuration.destinations import KEY
from scenes.rules import current

RULES = "tag_rules"  # the rules per tag, among the keys of settings


class RunSettings(Pinning):
    def pinned(self) -> dict[str, str]:
        """The texts by key; "" for a default. Without those that can't be used: whoever needs one says so.

        Rows are read each time; what is made of them is kept while they are the same.
        """
        effective.forget()
        state = effective.state()
        return state.kept_by_runs | {RULES: current.stored(state.configuration).packed}

    @contextmanager
    def applied(self, pinned: Mapping[str, str]) -> Iterator[None]:
        settings = {key: text for key, text in pinned.items() if key in effective.DECLARED or key == KEY}
        with effective.kept(settings), current.kept(pinned.get(RULES)):
            yield
