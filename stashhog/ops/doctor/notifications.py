"""Whether people can be told what happens."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from jobs.texts.translatable import translated
from jobs.texts.words import counted
from stashhog.ops.doctor.findings import Finding, Level, found
from stashhog.ops.notifications.models import Channel, Message

NAME = gettext_noop("Notifications")


def of_notifications() -> list[Finding]:
    """One for each channel that fails, and one when some messages did not get there; else one for all."""
    failing = [of_failing(channel) for channel in Channel.objects.failing()]
    if failing:
        return failing
    if undelivered := Message.objects.undelivered().count():
        fix = _("Send them again (“System”, “Messages sent”), or test the channel. They are forgotten in time.")
        text = ngettext(
            "{n} message did not arrive, or may not have", "{n} messages did not arrive, or may not have", undelivered
        ).format(n=undelivered)
        return [found("notifications", _(NAME), text, fix, bad=Level.WARN)]
    channels = Channel.objects.filter(enabled=True).count()
    return [found("notifications", _(NAME), counted(channels, "channel") if channels else _("no channel is set up"))]


def of_failing(channel: Channel) -> Finding:
    text = ngettext(
        "the channel {name} failed {n} time in a row: {reason}",
        "the channel {name} failed {n} times in a row: {reason}",
        max(1, channel.failures),  # a test by button counts as none
    ).format(name=channel, n=max(1, channel.failures), reason=translated(channel.error))
    fix = _("Correct its address (“Settings”, “Notifications”), and send a test message.")
    return found("notifications", _(NAME), text, fix, bad=Level.WARN)
