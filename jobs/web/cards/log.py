"""The log of a job in plain words: its events, filtered, page by page, and as a text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from channels.db import database_sync_to_async
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from jobs.models import Event, Job
from jobs.texts.keys import title
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, translated
from jobs.texts.words import printable
from jobs.web.cards.card import events_of

PAGE_SIZE = 100  # lines
AT_ONCE = 500  # lines of a text that are read and sent together
MOST_LINES = 100_000  # of a text
LEVELS = {"": _("Everything"), "warning": _("Warnings and errors"), "error": _("Errors")}
FROM: dict[str, list[str]] = {
    "": list(Event.Level.values),
    "warning": [Event.Level.WARNING, Event.Level.ERROR],
    "error": [Event.Level.ERROR],
}
# What a kind of event means, before its own message; what is not here is said by the message alone.
WORDS = {
    "started": _("Queued"),
    "claimed": _("A worker began with it"),
    "requeued": _("Queued again"),
    "retried": _("It failed for now and is tried again"),
    "retried_by_hand": _("Somebody had it done again"),
    "run_now": _("Somebody had it begin now"),
    "cleaned_up": _("Its worker has ended what was under way"),
    "follow_up_failed": _("What follows it could not be queued"),
    "step_running": _("Step begun"),
    "step_retried": _("Step is done again"),
    "step_completed": _("Step completed"),
    "step_completed_with_errors": _("Step completed with errors"),
    "step_failed": _("Step failed"),
    "step_skipped": _("Step skipped"),
    "step_cancelled": _("Step cancelled"),
    "completed": _("Completed"),
    "completed_with_errors": _("Completed with errors"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "item_failed": _("Failed"),
}
# Where no message follows.
KINDS = {"log": _("A line of the log"), "item_failed": _("An item failed")}


@dataclass(frozen=True)
class LogQuery:
    """Which lines: from a level and of a step ("" for all), those before an event (its id; 0 for the newest)."""

    level: str = ""
    step: str = ""
    before: int = 0

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> LogQuery:
        """From a query string's values. Raises BadRequest for what there isn't."""
        level, step, before = given.get("level", ""), given.get("step", ""), given.get("before", "")
        number = id_of(before) if before else 0
        if level not in LEVELS or number is None or "\0" in step:
            raise BadRequest(_("There is no such part of the log. Choose a level and a step from the lists."))
        return cls(level, step, number)

    def rows(self, job: Job) -> QuerySet[Event]:
        rows = events_of(job.pk).filter(level__in=FROM[self.level])
        if self.before:
            rows = rows.filter(pk__lt=self.before)
        return rows.filter(Q(job__step__key=self.step) | Q(data__step=self.step)) if self.step else rows

    def page(self, job: Job) -> tuple[list[Event], str]:
        """The newest first, and the query string of the page of earlier ones ("" when there are none)."""
        found = list(self.rows(job).order_by("-pk")[: PAGE_SIZE + 1])
        earlier = self.url_query(before=found[PAGE_SIZE - 1].pk) if len(found) > PAGE_SIZE else ""
        return found[:PAGE_SIZE], earlier

    def url_query(self, before: int = 0) -> str:
        given = {"level": self.level, "step": self.step, "before": before or ""}
        return urlencode({key: value for key, value in given.items() if value})


def kind_named(kind: str) -> str:
    """What an event of this kind tells, where it stands alone."""
    return translated(KINDS.get(kind) or WORDS.get(kind) or _(title(kind)))


def sentence(event: Event) -> str:
    """What happened, in plain words."""
    words = WORDS.get(event.kind, "")
    if event.kind == "claimed" and event.attempt > 1:
        words = _("A worker began with it, attempt {number}", number=event.attempt)
    return translated(joined(": ", [words, event.message])) or kind_named(event.kind)


def author(event: Event) -> str:
    """Who it is about: empty for the run itself."""
    job = event.job
    if job.parent_id is None:
        return ""
    return job.name_of_batch if event.in_batches else job.name  # type: ignore[attr-defined]


def line(event: Event) -> str:
    """As a line of a text, with its time in the time zone of the installation."""
    at = timezone.localtime(event.at).isoformat(timespec="seconds")
    who = f"{author(event)}: " if author(event) else ""
    return f"{at} {event.level.upper():7} {printable(who + sentence(event))}\n"


async def text(job: Job, query: LogQuery) -> AsyncIterator[str]:
    """All lines, the oldest first, read in parts while they are sent; at most MOST_LINES."""
    last, count = 0, 0
    while count < MOST_LINES:
        lines, last = await database_sync_to_async(read)(job, query, last)
        if not lines:
            return
        count += len(lines)
        yield "".join(lines)
    end = _(
        "… the log goes on: a text has {lines:,} lines. Choose a level or a step, or use the API.", lines=MOST_LINES
    )
    yield f"{translated(end)}\n"


def read(job: Job, query: LogQuery, after: int) -> tuple[list[str], int]:
    rows = list(query.rows(job).filter(pk__gt=after).order_by("pk")[:AT_ONCE])
    return [line(event) for event in rows], rows[-1].pk if rows else after
