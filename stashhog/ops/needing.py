"""What needs a person of the installation itself, beside what `scenes.web.needing` finds."""

from __future__ import annotations

from functools import cache

from django.db.models import Count, Value
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.models.compiled import Compiled
from jobs.texts import times
from jobs.texts.translatable import translated
from scenes.permissions import VIEW_SETTINGS
from scenes.web.needing.need import Fix, Need, NeedItem
from stashhog.ops.doctor import kept
from stashhog.ops.doctor.readiness import unapplied
from stashhog.ops.notifications.models import Channel, Message

VIEW_CHANNELS, VIEW_MESSAGES = "notifications.view_channel", "notifications.view_message"


failing_channels = Compiled(Channel.objects.failing)
count_of_undelivered = Compiled(
    lambda: Message.objects.undelivered().order_by().values(all=Value(0)).annotate(n=Count("pk")).values_list("n")
)


def needs() -> list[Need]:
    """Each is asked of rows alone."""
    return [found for ask in (tables, channels, messages, examination) if (found := ask())]


@cache
def are_applied() -> bool:
    """Once all are, they stay so while a process runs."""
    if unapplied():
        raise LookupError
    return True


def tables() -> Need | None:
    try:
        are_applied()
    except LookupError:
        sentence = _("Run `manage.py prepare`, which makes a backup first.")
        return Need("tables", _("Tables are older than this version"), sentence, 1)
    return None


def channels() -> Need | None:
    items = [
        NeedItem(str(channel), channel.error, reverse("admin:notifications_channel_change", args=[channel.pk]))
        for channel in failing_channels()
    ]
    sentence = _("Nobody is told through these of what happens. Correct the address, and send a test message.")
    fix = Fix(_("Notifications"), VIEW_CHANNELS, address=reverse("admin:notifications_channel_changelist"))
    title = _("Channels that fail")
    return Need("channels", title, sentence, len(items), "bad", fix, items) if items else None


def messages() -> Need | None:
    count = sum(n for (n,) in count_of_undelivered())
    if not count:
        return None
    text = ngettext(
        "{n} message did not arrive, or may not have", "{n} messages did not arrive, or may not have", count
    )
    sentence = text.format(n=count) + ". " + _("Send them again; they are forgotten in time.")
    fix = Fix(_("Messages"), VIEW_MESSAGES, address=reverse("admin:notifications_message_changelist"))
    return Need("messages", _("Messages that were lost"), sentence, 1, "person", fix)


def examination() -> Need | None:
    """What the last one found, and nothing else says."""
    rows = kept.found()
    if not rows:
        return None
    items = [NeedItem(translated(row.title), row.text) for row in rows]
    when = times.here(max(row.found_at for row in rows), "short")
    sentence = format_html(_("Found when all was examined, {when}. Put it right, then look again."), when=when)
    fix = Fix(_("Look again"), VIEW_SETTINGS, address=reverse("health"))
    return Need(kept.NEED, _("What an examination found"), sentence, len(items), "bad", fix, items)
