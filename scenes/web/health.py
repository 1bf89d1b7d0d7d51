"""How the services, the destinations and the disks are, for whoever looks at the home page.

Asked in the background, all at once, at most every FRESH seconds for everybody who looks, and never in the way of a
page: whoever looks waits LONGEST, then is told what is known. qBittorrent is asked without a login, since a wrong one
would count towards the ban of this address.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext, gettext_noop

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, translated
from jobs.texts.words import counted
from jobs.waiting import Waiter
from scenes import configuration, services
from scenes.analysis.tagger.models import remember
from scenes.checks import unusable_library
from scenes.clients.base import Limits, ServiceError
from scenes.configuration import Configuration
from scenes.configuration.files import LIBRARY
from scenes.configuration.services import LANGUAGE_MODEL, QBITTORRENT, STASH, TAGGER
from scenes.downloads import login
from scenes.models import LanguageModelQuestion
from scenes.probes import space
from scenes.probes.asking import SharedQuestions

FRESH = 10.0  # seconds; with a page that looks as often (page.js), a death shows within 30
LONGEST = 2.5  # seconds
KNOWN = 300.0  # seconds that an earlier answer is shown until there is a newer one
LIMITS = Limits(connect=2.0, read=2.0, total=2.0, size=1024 * 1024)
DEAD = {"unreachable", "timeout", "broken_off"}
LOW = "disk_low"  # the code of what is no failure yet

if TYPE_CHECKING:
    from scenes.clients.tagger.models import Model

Answer = Callable[[], str]  # what is said of it in the language of whoever reads it, which no other thread knows
NOT_SET = gettext_noop("No {name} is set. Give its address in the settings ({variable}).")
# The names of those that are asked.
NAMES = (
    gettext_noop("Video tagger"), gettext_noop("Language model"), gettext_noop("Destinations"), gettext_noop("Disk"),
    gettext_noop("worker"),
)  # fmt: skip
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServiceState:
    """``word``: fine, bad, low, missing or unset (not configured), unknown (not asked yet); ``text``: the sentence.

    ``group``: of the settings, where it is put right; "" for what no setting does. ``is_asked``: it is what the
    service answered, or that it didn't; rows and settings that say something else need a person as what they are.
    """

    name: str
    word: str
    text: str
    group: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    is_asked: bool = False

    @property
    def sentence(self) -> str:
        """The text in the reader's language, with what belongs into it."""
        return gettext(self.text).format(**self.params) if self.params else gettext(self.text)

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

    def state(self, word: str, text: str, *, is_asked: bool = False) -> ServiceState:
        return ServiceState(self.name, word, text, self.unset.group, is_asked=is_asked)


class Folders(Service):
    """Of the destinations, which are rows beside the setting."""

    def address(self, config: Configuration) -> str:
        return ", ".join(str(one.folder) for one in config.destinations.all)


def missing(name: str, variable: str, group: str) -> ServiceState:
    return ServiceState(name, "missing", NOT_SET, group, {"name": name, "variable": variable})


def ask_destinations(config: Configuration) -> Answer:
    wrong = unusable_library(config)
    if wrong:
        raise JobError("destination_away", joined(" ", [wrong[0].msg, wrong[0].hint or ""]))
    count = len(config.destinations.all)
    return lambda: gettext("Destinations: {folders} can be written to.").format(folders=counted(count, "folder"))


def ask_disks(config: Configuration) -> Answer:
    """Which has least room."""
    rooms = []
    for folder in {Path(settings.DATA_DIR), *(one.folder for one in config.destinations.all)}:
        with contextlib.suppress(OSError):  # that it is away, its destination says
            usage = shutil.disk_usage(folder)
            rooms.append((usage.free, usage.total, str(folder)))
    free, total, where = min(rooms, default=(0, 0, ""))
    if space.is_low(free, total):
        room = space.room(free, total)
        raise JobError(LOW, _("{room} free at {where}. Make room, or use another disk.", room=room, where=where))
    return lambda: gettext("Disk: {room} free.").format(room=filesizeformat(free))


def ask_stash(config: Configuration) -> None:
    with closing(services.stash(Waiter(), config, read=LIMITS)) as client:
        client.check_set_up()


def ask_qbittorrent(config: Configuration) -> None:
    with closing(services.qbittorrent(Waiter(), config, read=LIMITS)) as client:
        client.check_there()


def ask_tagger(config: Configuration) -> dict[str, list[Model] | None]:
    """By address: also which models it has, for `learn`. Raises JobError for the first that is not as it should be."""
    found: dict[str, list[Model] | None] = {}
    for url, client in services.taggers(Waiter(), config, read=LIMITS).items():
        with closing(client):
            client.check_there()
            client.ready()
            found[url] = client.models()
    return found


def learn(asked: Future[Any] | None) -> None:
    """Keep which models the taggers said that they have: what is outdated is counted by them."""
    if asked is not None and asked.done() and asked.exception() is None:
        for url, models in asked.result().items():
            remember(url, models)


# Most do well without one, so nothing is missing.
NO_TAGGER = ServiceState(
    "Video tagger",
    "unset",
    gettext_noop("No video tagger is set (STASHHOG_TAGGER_URL), so only names are looked for."),
    TAGGER,
)
NO_FOLDER = ServiceState(
    "Destinations",
    "missing",
    gettext_noop("No library folder is set. Give it in the settings (STASHHOG_LIBRARY_PATH)."),
    LIBRARY,
)
NO_DISK = ServiceState("Disk", "unset", gettext_noop("Disk: no folder is set to place files in."))
SERVICES = (
    Service("Stash", "stash_url", ask_stash, missing("Stash", "STASHHOG_STASH_URL", STASH)),
    Service(
        "qBittorrent",
        "qbittorrent_url",
        ask_qbittorrent,
        missing("qBittorrent", "STASHHOG_QBITTORRENT_URL", QBITTORRENT),
    ),
    Service("Video tagger", "tagger_url", ask_tagger, NO_TAGGER),
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
        wait(asked.values(), timeout=LONGEST)
        learn(asked.get("Video tagger"))
        states = [state_of(service, config, asked.get(service.name), silent) for service in all_services()]
        return [*states, *language_model(config)]

    def last_known(self) -> list[ServiceState]:
        """How they were when somebody looked last; asks and waits for nothing."""
        config = configuration.current()
        states = [self.last_state(service, config) for service in all_services()]
        return [*states, *language_model(config)]

    def last_state(self, service: Service, config: Configuration) -> ServiceState:
        if self._asker.hangs(service.name, config, LONGEST):
            return state_of(service, config, None, silent)
        return state_of(service, config, self._asker.last_answer(service.name, config, KNOWN), not_asked)

    def ask(self, config: Configuration) -> dict[str, Future[Any]]:
        """All of them, by name; waits for no answer."""
        return {
            one.name: self._asker.ask(one.name, config, partial(one.ask, config), fresh=FRESH)
            for one in all_services()
            if one.address(config)
        }


lookout = Lookout()


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
        return service.state("bad", translated(problem)) if problem else service.unset
    if service.name == "qBittorrent" and (refused := login.refusal()):
        return service.state("bad", translated(refused.message))
    if asked is None or not asked.done():
        return otherwise(service)
    return answered_state(service, asked)


def answered_state(service: Service, asked: Future[Any]) -> ServiceState:
    error, name = asked.exception(), gettext(service.name)
    if error is None:
        try:
            return service.state("fine", said_of(asked.result(), name))
        except JobError as wrong:
            error = wrong
    if not isinstance(error, JobError):
        logger.error("Asking %s how it is failed.", service.name, exc_info=error)
        text = gettext("{service} could not be asked how it is: the log says why.").format(service=name)
        return service.state("bad", text, is_asked=True)
    about = joined(" ", [error.problem, error.hint]) if isinstance(error, ServiceError) else error.message
    reason = translated(about)
    text = f"{name}: {reason}"
    if error.code in DEAD:
        text = gettext("{service} does not answer: {reason}").format(service=name, reason=reason)
    return service.state("low" if error.code == LOW else "bad", text, is_asked=True)


def said_of(answer: Any, name: str) -> str:
    """Raises JobError where only rows say that something is wrong, which no thread reads."""
    return answer() if callable(answer) else gettext("{service} answers.").format(service=name)


def silent(service: Service) -> ServiceState:
    text = gettext(
        "{service} does not answer: it said nothing within {n} s. Is it overloaded, or does it hang?"
    ).format(service=gettext(service.name), n=f"{LONGEST:g}")
    return service.state("bad", text, is_asked=True)


def not_asked(service: Service) -> ServiceState:
    return service.state("unknown", gettext("{service} is being asked …").format(service=gettext(service.name)))
