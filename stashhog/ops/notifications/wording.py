"""What people read: one message for all events that go out together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from django.utils import timezone

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
    more = f" (and {len(held):,} more)" if held else ""
    # Some services take no message without a text.
    parts = [newest.text or newest.title, late(newest), link_to(newest.path)]
    if held:
        since = when(held[0])
        parts.append(f"{len(held):,} more since {since}, held back as there was a message within the hour:")
        parts.append(listed(held))
    return Wording(f"StashHog: {newest.title}{more}", "\n".join(filter(None, [*parts, perhaps_lost(unsure)])))


def of_digest(events: Sequence[Message], unsure: Sequence[Message]) -> Wording:
    """Of a day: how often what happened, and the newest of each."""
    parts = []
    for cause, group in groupby(sorted(events, key=attrgetter("cause")), key=attrgetter("cause")):
        same = list(group)
        parts.append(f"{Cause(cause).label} ({len(same):,})\n{listed(same)}")
    title = f"StashHog: {counted(len(events), 'event')} since {when(events[0])}"
    return Wording(title, "\n\n".join(filter(None, [*parts, perhaps_lost(unsure), link_to("/")])))


def of_test() -> Wording:
    return Wording("StashHog: a test", "\n".join(filter(None, ["This channel works.", link_to("/")])))


def perhaps_lost(unsure: Sequence[Message]) -> str:
    if not unsure:
        return ""
    return f"{counted(len(unsure), 'earlier message')} may not have reached you:\n{listed(unsure)}"


def listed(events: Sequence[Message]) -> str:
    """The newest ones, a line each."""
    lines = [f"- {when(event)} {event.title}" for event in events[-MOST_NAMED:]]
    earlier = len(events) - len(lines)
    return "\n".join([f"- {earlier:,} before", *lines] if earlier else lines)


def late(event: Message) -> str:
    """When it happened, unless that was a moment ago."""
    return f"It happened {when(event)}." if timezone.now() - event.at > LATE else ""


def when(event: Message) -> str:
    return timezone.localtime(event.at).strftime("%d %b %H:%M")


def link_to(path: str) -> str:
    """The address of a page of ours; empty while the public address is not set."""
    address = configuration.current().public_url
    return f"{address}{path}" if address and path else ""
