"""How the services, the destinations and the disks are, for whoever looks at a page that says so.

Asked in the background, all at once, at most every FRESH seconds for everybody who looks, and never in the way of a
page: whoever looks waits LONGEST, and SOON for who was silent before, then is told what is known. qBittorrent is asked
without a login, since a wrong one would count towards the ban of this address.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from scenes import configuration
from scenes.configuration import Configuration
from scenes.models import LastFound
from scenes.probes.asking import SharedQuestions
from scenes.web import last_found
from scenes.web.service_checks import learn
from scenes.web.service_states import (
    Service,
    ServiceState,
    all_services,
    as_found,
    language_model,
    not_asked,
    silent,
    state_of,
)

FRESH = 10.0  # seconds; with a page that looks as often (page.js), a death shows within 30
LONGEST = 2.5  # seconds
SOON = 0.5  # seconds, in which whoever is well answers
KNOWN = 300.0  # seconds that an earlier answer is shown until there is a newer one
CLOSE = 0.2  # seconds by which two clocks tell one moment otherwise


class HealthMonitor:
    """What was found last, shared by all who ask."""

    def __init__(self) -> None:
        self._asker = SharedQuestions()

    def forget(self) -> None:
        """As if nobody had looked."""
        self._asker = SharedQuestions()

    def states(self) -> list[ServiceState]:
        """How they are, at most FRESH seconds old; waits for it, but no longer than LONGEST."""
        config = configuration.current()
        asked = self.ask(config)
        self.wait_for(asked, config)
        learn(asked.get("Video tagger"))
        known = last_found.found_states()
        states = {
            service: self.state_now(service, config, asked.get(service.name), known) for service in all_services()
        }
        last_found.keep(
            (
                last_found.FoundState(
                    state.name, service.address(config), state.word, state.text, self._asker.age(state.name)
                )
                for service, state in states.items()
                if state.is_asked and not state.found_at
            ),
            known,
        )
        return shown(states.values(), config)

    def wait_for(self, asked: dict[str, Future[Any]], config: Configuration) -> None:
        """For LONGEST; no page waits as long again and again for what hangs."""
        silent_before = {name for name in asked if self.was_silent(name, config)}
        wait(asked.values(), timeout=min(SOON, LONGEST))
        rest = [answer for name, answer in asked.items() if name not in silent_before]
        wait(rest, timeout=max(0.0, LONGEST - SOON))

    def was_silent(self, name: str, config: Configuration) -> bool:
        if self._asker.hangs(name, config, LONGEST):
            return True
        last = self._asker.last_answer(name, config, KNOWN)
        return last is not None and getattr(last.answer.exception(), "code", "") == "timeout"

    def state_now(
        self, service: Service, config: Configuration, asked: Future[Any] | None, known: dict[str, LastFound]
    ) -> ServiceState:
        """What it answers, or that it hangs; of one that had less time than that, how it was."""
        if asked and (asked.done() or self._asker.hangs(service.name, config, LONGEST)):
            return state_of(service, config, asked, partial(silent, LONGEST))
        state = self.last_state(service, config, known.get(service.name))
        if not state.is_asked:
            return state
        last = self._asker.last_answer(service.name, config, KNOWN)
        found_at = state.found_at or timezone.now() - timedelta(seconds=last.age if last else 0)
        return replace(state, found_at=found_at, is_asked_again=True)

    def last_known(self) -> list[ServiceState]:
        """How they were when somebody looked last, in whichever process; asks and waits for nothing."""
        config, found = configuration.current(), last_found.found_states()
        return shown((self.last_state(service, config, found.get(service.name)) for service in all_services()), config)

    def last_state(self, service: Service, config: Configuration, found: LastFound | None) -> ServiceState:
        """What this process knows, unless another one, or an earlier one, found it out later."""
        if self._asker.hangs(service.name, config, LONGEST):
            return state_of(service, config, None, partial(silent, LONGEST))
        within, otherwise = KNOWN, not_asked
        if found and last_found.is_about(found, service.address(config)):
            within = min(KNOWN, found.age.total_seconds() + CLOSE)
            otherwise = partial(as_found, found) if is_current(found) else not_asked
        last = self._asker.last_answer(service.name, config, within)
        return state_of(service, config, last.answer if last else None, otherwise)

    def ask(self, config: Configuration) -> dict[str, Future[Any]]:
        """All of them, by name; waits for no answer."""
        return {
            service.name: self._asker.ask(service.name, config, partial(service.ask, config), fresh=FRESH)
            for service in all_services()
            if service.address(config)
        }


monitor = HealthMonitor()


def is_current(found: LastFound) -> bool:
    """That it was well once says little of now."""
    return found.word != "fine" or found.age.total_seconds() <= KNOWN


def shown(states: Iterable[ServiceState], config: Configuration) -> list[ServiceState]:
    """Those of which there is something to say."""
    return [*(state for state in states if state.text), *language_model(config)]
