"""What people read: one message for all events that go out together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext

from jobs.texts.translatable import translated
from jobs.texts.words import counted
from scenes import configuration
from stashhog.ops.notifications.models import Cause, Message

LATE = timedelta(minutes=5)  # since an event, so that its time is told
MOST_NAMED = 10  # of the events that were held back, or of one cause in a digest


@dataclass(frozen=True)
class Wording:
    title: str
    text: str


def of_group(events: Sequence[Message], unsure: Sequence[Message]) -> Wording:
    """Of one cause, in the order in which they happened. ``unsure``: earlier ones that may not have arrived."""
    *held, newest = events
    # Some services take no message without a text.
    parts = [translated(newest.text or newest.title), late(newest), link_to(newest.path)]
    title = translated(newest.title)
    if held:
        since = when(held[0])
        text = gettext("{count} more since {since}, held back as there was a message within the hour:")
        parts += [text.format(count=number_format(len(held), force_grouping=True), since=since), listed(held)]
        title = gettext("{title} (and {count} more)").format(
            title=title, count=number_format(len(held), force_grouping=True)
        )
    return Wording(f"StashHog: {title}", "\n".join(filter(None, [*parts, unsure_note(unsure)])))


def of_digest(events: Sequence[Message], unsure: Sequence[Message]) -> Wording:
    """Of a day: how often what happened, and the newest of each."""
    parts = []
    for cause, group in groupby(sorted(events, key=attrgetter("cause")), key=attrgetter("cause")):
        same = list(group)
        parts.append(f"{Cause(cause).label} ({len(same):,})\n{listed(same)}")
    title = gettext("StashHog: {events} since {time}").format(
        events=counted(len(events), "event"), time=when(events[0])
    )
    return Wording(title, "\n\n".join(filter(None, [*parts, unsure_note(unsure), link_to("/")])))


def of_test() -> Wording:
    return Wording(gettext("StashHog: a test"), "\n".join(filter(None, [gettext("This channel works."), link_to("/")])))


def unsure_note(unsure: Sequence[Message]) -> str:
    if not unsure:
        return ""
    text = gettext("{messages} may not have reached you:").format(messages=counted(len(unsure), "earlier message"))
    return f"{text}\n{listed(unsure)}"


def listed(events: Sequence[Message]) -> str:
    """The newest ones, a line each."""
    lines = [f"- {when(event)} {event}" for event in events[-MOST_NAMED:]]
    earlier = len(events) - len(lines)
    before = gettext("{count} before").format(count=number_format(earlier, force_grouping=True))
    return "\n".join([f"- {before}", *lines] if earlier else lines)


def late(event: Message) -> str:
    """When it happened, unless that was a moment ago."""
    text = gettext("It happened {time}.")
    return text.format(time=when(event)) if timezone.now() - event.at > LATE else ""


def when(event: Message) -> str:
    """By the clock of StashHog, which knows none of the reader's."""
    return f"{timezone.localtime(event.at):%d %b %H:%M %Z}"


def link_to(path: str) -> str:
    """The address of a page of ours; empty while the public address is not set."""
    address = configuration.current().public_url
    return f"{address}{path}" if address and path else ""
