"""Sending what is in the outbox: each event once, whoever calls and on however many hosts.

A claim is made in a short transaction that holds the channel's row; sending happens outside of it; how it ended is
written under the claim. A sender that dies in between, or gets no answer, leaves events of which nobody knows whether
they arrived: they are not sent a second time, but named in the channel's next message.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import message_of
from scenes.configuration import secrets
from stashhog.ops.notifications import sending, wording
from stashhog.ops.notifications.models import Channel, Message
from stashhog.ops.notifications.sending import MayBeSent, NotSent
from stashhog.ops.notifications.wording import Wording

Status = Message.Status

SILENCE = timedelta(hours=1)  # after a message, for its cause and channel
CLAIM = timedelta(minutes=2)  # more than sending takes
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)  # of a channel; doubles
MAX_ATTEMPTS = 10  # of an event: some five hours
KEPT = timedelta(days=30)  # what is over
CLOCKS_DIFFER = timedelta(days=1)  # what happened later than in so long was written by a clock that was wrong
MAX_TOGETHER = 500  # events in one message
DIED = _("Whoever sent it ended meanwhile, so nobody knows whether it arrived.")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """What goes out in one message. ``unsure``: earlier events that may not have arrived."""

    channel: Channel
    claim: uuid.UUID
    events: Sequence[Message]
    unsure: Sequence[Message]

    @property
    def wording(self) -> Wording:
        compose = wording.of_digest if self.channel.digest else wording.of_group
        return compose(self.events, self.unsure)


def deliver_due() -> int:
    """Send what is due; returns how many messages went out. Not to be called in a transaction."""
    now = timezone.now()
    open_ones = Message.objects.filter(status__in=Message.OPEN, channel__enabled=True)
    ready = open_ones.exclude(channel__retry_at__gt=now, channel__retry_at__lte=now + LONGEST_RETRY).order_by()
    due = {
        (channel, "" if is_digest else cause)
        for channel, cause, is_digest in ready.values_list("channel", "cause", "channel__digest").distinct()
    }
    return sum(deliver(channel, cause) for channel, cause in sorted(due))


def deliver(channel_id: int, cause: str) -> bool:
    """Whether something went out. ``cause``: empty for a digest."""
    group = claim(channel_id, cause)
    if group is None:
        return False
    words = group.wording
    try:
        sending.send(address_of(group.channel), words.title, words.text)
    except MayBeSent as error:
        unsure(group, message_of(error))
        return False
    except NotSent as error:
        failed(group, message_of(error))
        return False
    succeeded(group)
    return True


def address_of(channel: Channel) -> str:
    """Raises NotSent when it can't be decrypted."""
    try:
        return secrets.decrypted(channel.secret)
    except secrets.UnreadableSecret as error:
        raise NotSent(message_of(error)) from None


@transaction.atomic
def claim(channel_id: int, cause: str) -> Delivery | None:
    """Take what is due of a channel; None when nothing is, or somebody else is sending to it."""
    now = timezone.now()
    channel = Channel.objects.select_for_update().filter(pk=channel_id, enabled=True).first()
    if channel is None or (channel.retry_at and now < channel.retry_at <= now + LONGEST_RETRY):
        return None
    give_up_dead(channel, now)
    of_cause = channel.messages.filter(cause=cause) if cause else channel.messages.all()
    if channel.messages.filter(status=Status.SENDING).exists() or is_silent(of_cause, channel, now):
        return None
    waiting = of_cause.filter(status=Status.WAITING).order_by("at", "id")
    if channel.digest:
        waiting = waiting.filter(Q(at__lt=last_digest(channel.digest_hour, now)) | Q(at__gt=now + CLOCKS_DIFFER))
    events = list(waiting[:MAX_TOGETHER])
    if not events:
        return None
    doubtful = list(channel.messages.filter(status=Status.UNSURE).order_by("at", "id"))
    group = Delivery(channel, uuid.uuid4(), events, doubtful)
    Message.objects.filter(pk__in=[event.pk for event in events]).update(
        status=Status.SENDING, claim=group.claim, tried_at=now, attempts=F("attempts") + 1
    )
    return group


def give_up_dead(channel: Channel, now: datetime) -> None:
    """What a dead sender left."""
    # A time in the future: the clock was set back since.
    dead = Q(tried_at__lt=now - CLAIM) | Q(tried_at__gt=now + CLAIM)
    channel.messages.filter(dead, status=Status.SENDING).update(status=Status.UNSURE, error=DIED)


def is_silent(of_cause: QuerySet[Message], channel: Channel, now: datetime) -> bool:
    """Whether the channel had a message of this cause within the hour. A digest comes once a day by itself."""
    # Also a little ahead, by the clock of another host.
    within = Q(tried_at__gt=now - SILENCE, tried_at__lt=now + SILENCE)
    sent = of_cause.filter(within, status__in=(Status.SENT, Status.UNSURE))
    return not channel.digest and sent.exists()


def last_digest(hour: int, now: datetime) -> datetime:
    """When the newest digest was due: what happened before goes into it, what happens later into the next."""
    today = timezone.localtime(now)
    due = datetime.combine(today.date(), time(hour), today.tzinfo)
    return due if due <= now else datetime.combine(today.date() - timedelta(days=1), time(hour), today.tzinfo)


@transaction.atomic
def succeeded(group: Delivery) -> None:
    now = timezone.now()
    sent = {"status": Status.SENT, "error": "", "claim": None}
    group.channel.messages.filter(claim=group.claim).update(**sent, tried_at=now)
    group.channel.messages.filter(pk__in=[event.pk for event in group.unsure]).update(**sent)
    Channel.objects.filter(pk=group.channel.pk).update(failures=0, retry_at=None, error="", last_sent_at=now)


@transaction.atomic
def failed(group: Delivery, reason: str) -> None:
    """It surely was not sent: again later, while attempts are left; the channel's other events wait as long."""
    logger.warning("A notification to the channel %s was not sent: %s", group.channel.name, reason)
    ours = group.channel.messages.filter(claim=group.claim)
    ours.filter(attempts__gte=MAX_ATTEMPTS).update(status=Status.GIVEN_UP, error=reason, claim=None)
    ours.update(status=Status.WAITING, error=reason, claim=None)
    put_off(group, reason)


@transaction.atomic
def unsure(group: Delivery, reason: str) -> None:
    """Not again by itself: it may have arrived."""
    logger.warning("Whether a notification to the channel %s was sent is not known: %s", group.channel.name, reason)
    ours = group.channel.messages.filter(claim=group.claim)
    ours.update(status=Status.UNSURE, error=reason, claim=None, tried_at=timezone.now())
    put_off(group, reason)


def put_off(group: Delivery, reason: str) -> None:
    """Leave the channel alone for a while, each time longer."""
    failures = group.channel.failures + 1
    delay = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(failures - 1, 10))
    Channel.objects.filter(pk=group.channel.pk).update(failures=failures, retry_at=timezone.now() + delay, error=reason)


def send_again(messages: QuerySet[Message]) -> int:
    """By a person's word: what was given up, or may not have arrived. Returns how many."""
    undelivered = messages.filter(status__in=(Status.GIVEN_UP, Status.UNSURE))
    Channel.objects.filter(pk__in=list(undelivered.values_list("channel", flat=True))).update(retry_at=None)
    return undelivered.update(status=Status.WAITING, attempts=0, error="")


def forget_old() -> None:
    """Remove what is over for so long that nobody asks for it."""
    over = Message.objects.exclude(status__in=Message.OPEN).filter(at__lt=timezone.now() - KEPT)
    Message.objects.filter(pk__in=list(over.order_by("at", "id").values_list("pk", flat=True)[:MAX_TOGETHER])).delete()
