"""Whether people can be told what happens."""

from __future__ import annotations

from jobs.words import counted
from stashhog.ops.doctor.findings import Finding, Level, found
from stashhog.ops.notifications.models import Channel, Message

NAME = "Notifications"
LOST = (Message.Status.GIVEN_UP, Message.Status.UNSURE)


def of_notifications() -> list[Finding]:
    """One for each channel that fails, and one when some messages did not get there; else one for all."""
    failing = [of_failing(channel) for channel in Channel.objects.filter(enabled=True, failures__gt=0)]
    if failing:
        return failing
    if lost := Message.objects.filter(status__in=LOST).count():
        fix = "Look at the messages in the admin: send them again, or test the channel. They are forgotten in time."
        text = f"{counted(lost, 'message')} did not arrive, or may not have"
        return [found("notifications", NAME, text, fix, bad=Level.WARN)]
    channels = Channel.objects.filter(enabled=True).count()
    return [found("notifications", NAME, counted(channels, "channel") if channels else "no channel is set up")]


def of_failing(channel: Channel) -> Finding:
    text = f"the channel {channel} failed {counted(channel.failures, 'time')} in a row: {channel.error}"
    fix = "Correct its address in the admin, and send a test message."
    return found("notifications", NAME, text, fix, bad=Level.WARN)
