"""What is there, asked for pages and programs: within bounds, and a sentence where a service can't be asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.waiting import TimeLimitExceeded, Waiter
from scenes import configuration, services
from scenes.clients.base import ServiceError
from scenes.clients.stash.ids import Ids
from scenes.configuration import Configuration
from scenes.downloads import login
from scenes.downloads.torrents.filtering import passes
from scenes.first_run.consequences import record_analysed, record_handled, record_last_scene, scene_ids, was_finished
from scenes.first_run.deciding import open_questions
from scenes.models import FirstRunDecision
from scenes.models.first_run import FirstRunAnswer, FirstRunQuestion
from scenes.probes.limits import LIMITS, LONGEST

if TYPE_CHECKING:
    from scenes.clients.qbittorrent.client import Torrent

T = TypeVar("T")


def look() -> dict[str, Any]:
    """For each question its answer, or how many there are to decide on: None with a ``problem`` when nobody can say.

    ``undecided``: whether a run would end with the question.
    """
    config = configuration.current()
    unanswered = open_questions()
    rows = {row.question: row for row in FirstRunDecision.objects.all()}
    counts: dict[FirstRunQuestion, Callable[[], int]] = {
        FirstRunQuestion.TORRENTS: lambda: sum(passes(torrent, config) for torrent in finished_torrents(config)),
        FirstRunQuestion.LIBRARY: lambda: len(all_scenes()),
    }
    found = {}
    for question in FirstRunQuestion:
        row = rows.get(question)
        found[question.value] = {
            "answer": row.answer if row else None,
            "scenes": row.scenes if row else None,
            **(counted(counts[question]) if question in unanswered else {"count": None, "problem": ""}),
        }
    undecided = any(found[question.value]["count"] != 0 for question in unanswered)
    return {"undecided": undecided, **found}


def counted(count: Callable[[], int]) -> dict[str, Any]:
    """Of a service that is not set, there is nothing to decide on."""
    try:
        return {"count": count(), "problem": ""}
    except JobError as error:
        return {"count": 0 if error.code == "not_configured" else None, "problem": error.message}


def record() -> list[str]:
    """What follows from the decisions, as far as the services can be asked now; sentences on what a run does later."""
    config, left = configuration.current(), []
    rows = {row.question: row for row in FirstRunDecision.objects.all()}
    on_torrents, on_library = rows.get(FirstRunQuestion.TORRENTS), rows.get(FirstRunQuestion.LIBRARY)
    if on_torrents and on_torrents.answer == FirstRunAnswer.HANDLED and on_torrents.recorded_at is None:
        try:
            record_handled(Waiter(), on_torrents, finished_torrents(config))
        except JobError as error:
            left.append(joined(" ", [_("The next run records the torrents that are handled."), error.message]))
    if on_library:
        try:
            if on_library.wants_last_scene:
                record_last_scene(Waiter(), on_library, all_scenes())
            record_analysed(Waiter(), on_library)
        except JobError as error:
            left.append(joined(" ", [_("The next run records which scenes were there before."), error.message]))
    return left


def finished_torrents(config: Configuration) -> list[Torrent]:
    """All that were finished once, whatever the filter says. A login that was refused before is not tried again."""
    if refused := login.refusal(config):
        raise refused

    def ask() -> list[Torrent]:
        with closing(services.qbittorrent(Waiter(), config, read=LIMITS)) as client:
            client.log_in()
            return client.torrents()

    try:
        return [torrent for torrent in bounded("qBittorrent", ask) if was_finished(torrent)]
    except ServiceError as error:
        login.remember(config, error.code, error.message)
        raise


def all_scenes() -> Ids:
    """The ids of what Stash has."""
    return bounded("Stash", lambda: scene_ids(Waiter()))


def bounded(service: str, call: Callable[[], T]) -> T:
    """Its answer within LONGEST. ``call`` uses no database: it happens in a thread. Raises JobError."""
    try:
        return Waiter().read(call, LONGEST)
    except TimeLimitExceeded:
        text = _("{service} gave no answer within {seconds:g} s.", service=service, seconds=LONGEST)
        raise JobError("timeout", text) from None
