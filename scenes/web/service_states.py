"""Which services, folders and disks are looked at, and what is said of each by what it answered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
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
from scenes.configuration import Configuration, named_setting
from scenes.configuration.files import LIBRARY
from scenes.configuration.services import LANGUAGE_MODEL, QBITTORRENT, STASH, TAGGER
from scenes.downloads import login
from scenes.models import LanguageModelQuestion, LastFound
from scenes.web.service_checks import (
    LOW,
    ask_destinations,
    ask_disks,
    ask_mappings,
    ask_qbittorrent,
    ask_stash,
    ask_tagger,
)

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
    ``found_at``: when, if that was found by another process, or before this one began; ``is_asked_again``: it is being
    asked, and has not had the time to answer.
    """

    name: str
    word: str
    text: str
    group: str = ""
    is_asked: bool = False
    found_at: datetime | None = None
    is_asked_again: bool = False

    @property
    def sentence(self) -> str:
        """The text in the reader's language, with when that was found."""
        text = times.on_page(self.text)
        if self.found_at is None:
            return text
        if self.is_asked_again:
            again = gettext("{text} (as of {when}, being asked again)")
            return format_html(again, text=text, when=times.near(self.found_at))
        return format_html(gettext("{text} (found {when})"), text=text, when=times.here(self.found_at, "short"))

    @property
    def put_right_at(self) -> str:
        """The page of the settings with what puts it right; "" for what no setting does."""
        if self.name == "Destinations" and configuration.current().destination_rows:
            return f"{reverse('settings')}#area-destinations"  # where each says what is wrong with it
        return reverse("settings_group", args=[self.group]) if self.group else ""

    @property
    def is_bad(self) -> bool:
        """Something keeps runs from their work."""
        return self.word in ("bad", "missing")

    @property
    def is_awaited(self) -> bool:
        """There is an answer to come."""
        return self.is_asked_again or self.word == "unknown"

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
        return ", ".join(str(destination.folder) for destination in config.destinations.all)


class Mappings(Service):
    """Their folders of ours; where there are none, nothing is said."""

    def address(self, config: Configuration) -> str:
        return ", ".join(str(mapping.ours) for mapping in config.path_map.mappings)


def missing(name: str, key: str, group: str) -> ServiceState:
    setting = named_setting(key)
    text = _("No {name} is set. Give {setting} in the settings.", name=name, setting=setting)
    return ServiceState(name, "missing", text, group)


# Most do well without one, so nothing is missing.
NO_TAGGER = ServiceState(
    "Video tagger",
    "unset",
    _(
        "No video tagger is set ({setting} in the settings), so only names are looked for.",
        setting=named_setting("tagger_url"),
    ),
    TAGGER,
)
NO_FOLDER = ServiceState(
    "Destinations",
    "missing",
    _("No library folder is set. Give {setting} in the settings.", setting=named_setting("library_path")),
    LIBRARY,
)
NO_MAPPING = ServiceState("Path mapping", "unset", "", LIBRARY)
NO_DISK = ServiceState("Disk", "unset", _("Disk: no folder is set to place files in."))
SERVICES = (
    Service("Stash", "stash_url", ask_stash, missing("Stash", "stash_url", STASH)),
    Service(
        "qBittorrent",
        "qbittorrent_url",
        ask_qbittorrent,
        missing("qBittorrent", "qbittorrent_url", QBITTORRENT),
    ),
    Service("Video tagger", "tagger_url", ask_tagger, NO_TAGGER),
    Mappings("Path mapping", "path_map", ask_mappings, NO_MAPPING),
    Folders("Destinations", "library_path", ask_destinations, NO_FOLDER),
    Folders("Disk", "library_path", ask_disks, NO_DISK),
)


def all_services() -> tuple[Service, ...]:
    """Also those of the project, which the setting HEALTH_SERVICES names."""
    return *SERVICES, *map(import_string, settings.HEALTH_SERVICES)


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
            return service.state("fine", answer_text(asked.result(), name), is_asked=True)
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


def answer_text(answer: Any, name: str) -> str:
    """Raises JobError where only rows say that something is wrong, which no thread reads."""
    return answer() if callable(answer) else gettext("{service} answers.").format(service=name)


def silent(seconds: float, service: Service) -> ServiceState:
    text = _(
        "{service} does not answer: it said nothing within {n:g} s. Is it overloaded, or does it hang?",
        service=_(service.name),
        n=seconds,
    )
    return service.state("bad", text, is_asked=True)


def not_asked(service: Service) -> ServiceState:
    return service.state("unknown", gettext("{service} is being asked …").format(service=gettext(service.name)))


def as_found(found: LastFound, service: Service) -> ServiceState:
    text = found.text if found.word != "fine" else _("{service}: all well.", service=_(service.name))
    return service.state(found.word, text, is_asked=True, found_at=found.found_at)
