"""Making and changing channels, whichever way they are asked for, and trying one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import message_of
from scenes.configuration import secrets
from stashhog.ops.notifications import sending, wording
from stashhog.ops.notifications.delivering import address_of
from stashhog.ops.notifications.models import Cause, Channel, Message
from stashhog.ops.notifications.sending import NotSent

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 50  # channels


def set_address(channel: Channel, address: str) -> None:
    """Encrypted, into an unsaved channel. Raises BadRequest."""
    channel.service = sending.service_of(address.strip())
    channel.secret = secrets.encrypted(address.strip())
    channel.failures, channel.retry_at, channel.error = 0, None, ""


def checked_causes(causes: Iterable[str]) -> list[str]:
    """In their usual order. Raises BadRequest."""
    given = set(causes)
    if unknown := sorted(given - set(Cause.values)):
        known = ", ".join(Cause.values)
        raise BadRequest(_("There is no cause {name!r}. Known are: {known}.", name=unknown[0][:50], known=known))
    return [cause for cause in Cause.values if cause in given]


def save(channel: Channel, values: dict[str, Any], user: User | None = None) -> Channel:
    """With ``values`` for its columns; ``url`` is the address. Raises BadRequest, and then nothing is saved."""
    if address := values.pop("url", ""):
        set_address(channel, address)
    if not channel.secret:
        raise BadRequest(_("Give the address (url) that apprise sends to."))
    if "causes" in values:
        values["causes"] = checked_causes(values["causes"])
    for name, value in values.items():
        setattr(channel, name, value)
    if not channel.name.strip() or not channel.name.isprintable():
        raise BadRequest(_("Give it a name of printable characters."))
    others = Channel.objects.exclude(pk=channel.pk)
    if channel.pk is None and others.count() >= MOST:
        raise BadRequest(_("There are {most} channels already; delete one first.", most=MOST))
    try:
        store(channel, user)
    except IntegrityError:
        raise BadRequest(_("There is another channel of the name {name!r}.", name=channel.name)) from None
    return channel


def store(channel: Channel, user: User | None) -> None:
    """What waits for a channel that is switched off is not sent when it is switched on again."""
    channel.changed_by = user
    with transaction.atomic():
        channel.save()
        if not channel.enabled:
            waiting = channel.messages.filter(status=Message.Status.WAITING)
            waiting.update(status=Message.Status.GIVEN_UP, error=_("The channel was switched off."))


def test(channel: Channel) -> str:
    """Send a message at once, also to a channel that is switched off; "" when the service took it, else why not.

    It takes seconds: not to be called in a transaction.
    """
    words = wording.of_test()
    try:
        sending.send(address_of(channel), words.title, words.text)
    except NotSent as error:
        Channel.objects.filter(pk=channel.pk).update(error=message_of(error))
        return message_of(error)
    # What waits need not wait for a channel that works.
    Channel.objects.filter(pk=channel.pk).update(failures=0, retry_at=None, error="")
    return ""
