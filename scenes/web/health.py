"""How the services, the destinations and the disks are, for whoever looks at the home page.

Asked in the background, all at once, at most every FRESH seconds for everybody who looks, and never in the way of a
page: whoever looks waits LONGEST, and SOON for who was silent before, then is told what is known. qBittorrent is asked
without a login, since a wrong one would count towards the ban of this address.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import gettext, gettext_noop

from jobs.errors import JobError
from jobs.texts import times
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.texts.words import counted
from scenes import configuration
from scenes.clients.base import ServiceError
from scenes.configuration import Configuration
from scenes.configuration.files import LIBRARY
from scenes.configuration.services import LANGUAGE_MODEL, QBITTORRENT, STASH, TAGGER
from scenes.downloads import login
from scenes.models import LanguageModelQuestion, LastFound
from scenes.probes.asking import SharedQuestions
from scenes.web import last_found
from scenes.web.looks import (
    LOW,
    ask_destinations,
    ask_disks,
    ask_mappings,
    ask_qbittorrent,
    ask_stash,
    ask_tagger,
    learn,
)

FRESH = 10.0  # seconds; with a page that looks as often (page.js), a death shows within 30
LONGEST = 2.5  # seconds
SOON = 0.5  # seconds, in which whoever is well answers
KNOWN = 300.0  # seconds that an earlier answer is shown until there is a newer one
CLOSE = 0.2  # seconds by which two clocks tell one moment otherwise
DEAD = {"unreachable", "timeout", "broken_off"}

# The names of those that are asked.
NAMES = (
    gettext_noop("Video tagger"), gettext_noop("Language model"), gettext_noop("Path mapping"),
    gettext_noop("Destinations"), gettext_noop("Disk"), gettext_noop("worker"),
)  # fmt: skip
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServiceState:
    """``word``: fine, bad, low, missing or unset (not configured), unknown (not asked yet); ``text``: the sentence.

    ``group``: of the settings, where it is put right; "" for what no setting does. ``is_asked``: it is what the
    service answered, or that it didn't; rows and settings that say something else need a person as what they are.
    ``found_at``: when, if that was found by another process, or before this one began.
    """

    name: str
    word: str
    text: str
    group: str = ""
    is_asked: bool = False
    found_at: datetime | None = None

    @property
    def sentence(self) -> str:
        """The text in the reader's language, with when that was found."""
        text = times.on_page(self.text)
        if self.found_at is None:
            return text
        return format_html(gettext("{text} (found {when})"), text=text, when=times.here(self.found_at, "short"))

    @property
    def is_bad(self) -> bool:
        """Something keeps runs from their work."""
        return self.word in ("bad", "missing")

    @property
    def needs_person(self) -> bool:
        """As itself: nothing else that needs one says it."""
        return self.word == "low" or (self.word == "bad" and self.is_asked)


@dataclass(frozen=True)
class Service:
    """``key``: the setting that is its address; ``ask`` raises JobError unless it is as it should be.

    What ``ask`` returns is said if it is an Answer. It uses no database, since it happens in a thread.
    ``unset``: the state when no address is configured.
    """

    name: str
    key: str
    ask: Callable[[Configuration], Any]
    unset: ServiceState

    def address(self, config: Configuration) -> str:
        """What is configured."""
        address: str = getattr(config, self.key)
        return address

    def state(self, word: str, text: str, *, is_asked: bool = False, found_at: datetime | None = None) -> ServiceState:
        return ServiceState(self.name, word, text, self.unset.group, is_asked, found_at)


class Folders(Service):
    """Of the destinations, which are rows beside the setting."""

    def address(self, config: Configuration) -> str:
        return ", ".join(str(one.folder) for one in config.destinations.all)


class Mappings(Service):
    """Their folders of ours; where there are none, nothing is said."""

    def address(self, config: Configuration) -> str:
        return ", ".join(str(mapping.ours) for mapping in config.path_map.mappings)


def missing(name: str, variable: str, group: str) -> ServiceState:
    text = _("No {name} is set. Give its address in the settings ({variable}).", name=name, variable=variable)
    return ServiceState(name, "missing", text, group)


# Most do well without one, so nothing is missing.
NO_TAGGER = ServiceState(
    "Video tagger",
    "unset",
    _("No video tagger is set (STASHHOG_TAGGER_URL), so only names are looked for."),
    TAGGER,
)
NO_FOLDER = ServiceState(
    "Destinations",
    "missing",
    _("No library folder is set. Give it in the settings (STASHHOG_LIBRARY_PATH)."),
    LIBRARY,
)
NO_MAPPING = ServiceState("Path mapping", "unset", "", LIBRARY)
NO_DISK = ServiceState("Disk", "unset", _("Disk: no folder is set to place files in."))
SERVICES = (
    Service("Stash", "stash_url", ask_stash, missing("Stash", "STASHHOG_STASH_URL", STASH)),
    Service(
        "qBittorrent",
        "qbittorrent_url",
        ask_qbittorrent,
        missing("qBittorrent", "STASHHOG_QBITTORRENT_URL", QBITTORRENT),
    ),
    Service("Video tagger", "tagger_url", ask_tagger, NO_TAGGER),
    Mappings("Path mapping", "path_map", ask_mappings, NO_MAPPING),
    Folders("Destinations", "library_path", ask_destinations, NO_FOLDER),
    Folders("Disk", "library_path", ask_disks, NO_DISK),
)


def all_services() -> tuple[Service, ...]:
    """Also those of the project, which the setting HEALTH_SERVICES names."""
    return *SERVICES, *map(import_string, settings.HEALTH_SERVICES)


class Lookout:
    """What was found last, shared by all who look."""

    def __init__(self) -> None:
        self._asker = SharedQuestions()

    def forget(self) -> None:
        """As if nobody had looked."""
        self._asker = SharedQuestions()

    def look(self) -> list[ServiceState]:
        """How they are, at most FRESH seconds old; waits for it, but no longer than LONGEST."""
        config = configuration.current()
        asked = self.ask(config)
        self.wait_for(asked, config)
        learn(asked.get("Video tagger"))
        states = {one: state_of(one, config, asked.get(one.name), silent) for one in all_services()}
        last_found.keep(
            last_found.Look(state.name, service.address(config), state.word, state.text, self._asker.age(state.name))
            for service, state in states.items()
            if state.is_asked
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
        return last is not None and getattr(last.exception(), "code", "") == "timeout"

    def last_known(self) -> list[ServiceState]:
        """How they were when somebody looked last, in whichever process; asks and waits for nothing."""
        config, found = configuration.current(), last_found.looks()
        return shown((self.last_state(one, config, found.get(one.name)) for one in all_services()), config)

    def last_state(self, service: Service, config: Configuration, found: LastFound | None) -> ServiceState:
        """What this process knows, unless another one, or an earlier one, found it out later."""
        if self._asker.hangs(service.name, config, LONGEST):
            return state_of(service, config, None, silent)
        if found is None or not last_found.is_about(found, service.address(config)):
            return state_of(service, config, self._asker.last_answer(service.name, config, KNOWN), not_asked)
        within = min(KNOWN, found.age.total_seconds() + CLOSE)
        return state_of(
            service, config, self._asker.last_answer(service.name, config, within), partial(as_found, found)
        )

    def ask(self, config: Configuration) -> dict[str, Future[Any]]:
        """All of them, by name; waits for no answer."""
        return {
            one.name: self._asker.ask(one.name, config, partial(one.ask, config), fresh=FRESH)
            for one in all_services()
            if one.address(config)
        }


lookout = Lookout()


def shown(states: Iterable[ServiceState], config: Configuration) -> list[ServiceState]:
    """Those of which there is something to say."""
    return [*(state for state in states if state.text), *language_model(config)]


def language_model(config: Configuration) -> list[ServiceState]:
    """What was spent of this month's limit, where one is set. It is not asked how it is: every question costs."""
    if not (config.llm_url and config.llm_model):
        return []
    from scenes.analysis.language_model.budget import why_not  # few use it

    spent, limit = LanguageModelQuestion.objects.of_this_month().spent(), config.llm_monthly_limit
    asked = gettext("{questions} this month").format(questions=counted(spent.questions, "question"))
    if not (config.llm_prompt_price or config.llm_completion_price):
        text = gettext("Language model: {asked}, without prices.").format(asked=asked)
        return [ServiceState("Language model", "fine", text, LANGUAGE_MODEL)]
    cost, most = (number_format(amount, 2, force_grouping=True) for amount in (spent.cost, limit))
    text = gettext("Language model: {cost} of {limit} spent, {asked}.").format(cost=cost, limit=most, asked=asked)
    if why_not(config):
        more = gettext("The limit is reached: it is not asked until next month, or a higher limit.")
        return [ServiceState("Language model", "low", f"{text} {more}", LANGUAGE_MODEL)]
    return [ServiceState("Language model", "fine", text, LANGUAGE_MODEL)]


def state_of(
    service: Service, config: Configuration, asked: Future[Any] | None, otherwise: Callable[[Service], ServiceState]
) -> ServiceState:
    if not service.address(config):
        problem = config.unusable.get(service.key)
        return service.state("bad", problem) if problem else service.unset
    if service.name == "qBittorrent" and (refused := login.refusal()):
        return service.state("bad", refused.message)
    if asked is None or not asked.done():
        return otherwise(service)
    return answered_state(service, asked)


def answered_state(service: Service, asked: Future[Any]) -> ServiceState:
    error, name = asked.exception(), gettext(service.name)
    if error is None:
        try:
            return service.state("fine", said_of(asked.result(), name), is_asked=True)
        except JobError as wrong:
            error = wrong
    if not isinstance(error, JobError):
        logger.error("Asking %s how it is failed.", service.name, exc_info=error)
        text = _("{service} could not be asked how it is: the log says why.", service=_(service.name))
        return service.state("bad", text, is_asked=True)
    reason = joined(" ", [error.problem, error.hint]) if isinstance(error, ServiceError) else error.message
    text = _("{service}: {reason}", service=_(service.name), reason=reason)
    if error.code in DEAD:
        text = _("{service} does not answer: {reason}", service=_(service.name), reason=reason)
    return service.state("low" if error.code == LOW else "bad", text, is_asked=True)


def said_of(answer: Any, name: str) -> str:
    """Raises JobError where only rows say that something is wrong, which no thread reads."""
    return answer() if callable(answer) else gettext("{service} answers.").format(service=name)


def silent(service: Service) -> ServiceState:
    text = _(
        "{service} does not answer: it said nothing within {n:g} s. Is it overloaded, or does it hang?",
        service=_(service.name),
        n=LONGEST,
    )
    return service.state("bad", text, is_asked=True)


def not_asked(service: Service) -> ServiceState:
    return service.state("unknown", gettext("{service} is being asked …").format(service=gettext(service.name)))


def as_found(found: LastFound, service: Service) -> ServiceState:
    """That it was well once says little of now."""
    if found.word != "fine":
        return service.state(found.word, found.text, is_asked=True, found_at=found.found_at)
    if found.age.total_seconds() > KNOWN:
        return not_asked(service)
    text = _("{service}: all well.", service=_(service.name))
    return service.state("fine", text, is_asked=True, found_at=found.found_at)
