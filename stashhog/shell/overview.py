"""The page of the settings: how the services are, their values, and a line of whatever else can be set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from jobs.errors import BadRequest
from jobs.models import ApiToken, Schedule
from jobs.permissions import VIEW_SCHEDULES, VIEW_TOKENS, only_with
from jobs.texts.times import here, there
from jobs.texts.translatable import message_of, translated
from jobs.texts.words import counted
from scenes import configuration
from scenes.configuration import DECLARED
from scenes.destinations.saving import described
from scenes.models import Destination, TagRule
from scenes.permissions import CHANGE_SETTINGS, VIEW_DESTINATIONS, VIEW_RULES, VIEW_SETTINGS
from scenes.probes.folders import SILENT, usable
from scenes.web.health import monitor
from scenes.web.settings.cards import group_cards
from stashhog.accounts.roles import ROLES, named, role_of
from stashhog.ops.notifications.models import Channel
from stashhog.ops.notifications.permissions import CHANGE_CHANNEL

MOST = 20  # lines of an area
UNUSABLE = gettext_noop("not a folder that can be written to")


@dataclass(frozen=True)
class AreaLine:
    """One thing of an area. ``word``: fine, bad or unset; ``test``: where a test of it is sent to."""

    name: str
    text: str
    address: str = ""
    word: str = "fine"
    test: str = ""


@dataclass(frozen=True)
class Area:
    """``address`` leads to the list of the ``count`` things of it; ``add``: to where one is made, "" for who may not.

    ``what``: the word for one of them, and for several.
    """

    key: str
    title: str
    count: int
    what: tuple[str, str]
    sentence: str
    address: str
    add: str = ""
    lines: Sequence[AreaLine] = ()

    @classmethod
    def of(
        cls,
        user: User,
        rows: QuerySet[Any],
        key: str,
        title: str,
        what: tuple[str, str],
        sentence: str,
        lines: Sequence[AreaLine] = (),
    ) -> Area:
        """Of rows that the admin lists; ``user``: who looks."""
        options = rows.model._meta
        page = f"admin:{options.app_label}_{options.model_name}"
        may_add = user.has_perm(f"{options.app_label}.add_{options.model_name}")
        add = reverse(f"{page}_add") if may_add else ""
        return cls(key, title, rows.count(), what, sentence, reverse(f"{page}_changelist"), add, lines)

    @property
    def counted(self) -> str:
        return counted(self.count, *self.what)


@require_safe
@only_with(VIEW_SETTINGS)
def settings_page(request: HttpRequest) -> HttpResponse:
    """Asks the services, within bounds."""
    user: User = request.user  # type: ignore[assignment]  # who is logged in, as the permission says
    found = [make(user) for permission, make in AREAS.items() if user.has_perm(permission)]
    context = {
        "cards": group_cards(monitor.states()),
        "areas": found,
        "may_change": user.has_perm(CHANGE_SETTINGS),
    }
    return render(request, "settings/overview.html", context)


def destinations(user: User) -> Area:
    *rows, default = described()
    all_of_them = configuration.current().destinations.all
    found = usable(destination.folder for destination in all_of_them)
    wrong = {
        destination.name: SILENT if found[destination.folder] is None else UNUSABLE
        for destination in all_of_them
        if not found[destination.folder]
    }
    lines = [
        AreaLine(
            row["name"],
            translated(row["problem"]) or folder_text(row, wrong),
            reverse("admin:scenes_destination_change", args=[row["id"]]),
            "bad" if row["problem"] or row["name"] in wrong else "fine",
        )
        for row in rows
    ]
    text = translated(default["problem"]) or folder_text(default, wrong)
    library = reverse("settings_group", args=["library"])
    is_bad = default["problem"] or default["name"] in wrong
    lines.append(AreaLine(gettext("All others"), text, library, "bad" if is_bad else "fine"))
    sentence = gettext("Which torrents go to which folder, and how. The first that fits takes a torrent.")
    what = ("destination beside the library folder", "destinations beside the library folder")
    return Area.of(user, Destination.objects.all(), "destinations", gettext("Destinations"), what, sentence, lines)


def folder_text(row: dict[str, Any], wrong: dict[str, str]) -> str:
    text = f"{row['folder']} · {mode_text(row)}"
    return f"{text}: {gettext(wrong[row['name']])}" if row["name"] in wrong else text


def mode_text(row: dict[str, Any]) -> str:
    return DECLARED["link_mode"].kind.in_words(row["effective"]["link_mode"])


def rules(user: User) -> Area:
    sentence = gettext(
        "What of the tagger’s answers becomes tags and markers, tag by tag; all others follow the default rule."
    )
    return Area.of(user, TagRule.objects.all(), "rules", gettext("Rules per tag"), ("rule", "rules"), sentence)


def schedules(user: User) -> Area:
    rows = Schedule.objects.all()
    lines = [
        AreaLine(
            row.name,
            times_of(row),
            reverse("admin:jobs_schedule_change", args=[row.pk]),
            "fine" if row.enabled else "unset",
        )
        for row in rows[:MOST]
    ]
    sentence = gettext("Nothing starts by itself: somebody starts each run.")
    if lines:
        sentence = gettext("What starts by itself, and when.")
    return Area.of(user, rows, "schedule", gettext("Schedule"), ("schedule", "schedules"), sentence, lines)


def times_of(schedule: Schedule) -> str:
    """The next five."""
    if not schedule.enabled:
        return gettext("Not enabled.")
    try:
        times = schedule.upcoming()
    except BadRequest as error:  # somebody wrote to the table
        return translated(message_of(error))
    return format_html_join(", ", "{}", ((there(at, "weekday"),) for at in times))


def channels(user: User) -> Area:
    rows, may_test = Channel.objects.all(), user.has_perm(CHANGE_CHANNEL)
    lines = [
        AreaLine(
            row.name,
            channel_text(row),
            reverse("admin:notifications_channel_change", args=[row.pk]),
            "unset" if not row.enabled else "bad" if row.error else "fine",
            reverse("admin:notifications_channel_test", args=[row.pk]) if may_test else "",
        )
        for row in rows[:MOST]
    ]
    sentence = gettext("Nobody is told when something fails: add a channel.")
    if lines:
        sentence = gettext("Who is told of what happens.")
    return Area.of(user, rows, "notifications", gettext("Notifications"), ("channel", "channels"), sentence, lines)


def channel_text(channel: Channel) -> str:
    if not channel.enabled:
        return gettext("Not enabled.")
    if channel.error:
        return channel.error
    if not channel.last_sent_at:
        return gettext("{service}, nothing sent yet").format(service=channel.service)
    text = gettext("{service}, last sent {time}")
    return format_html(text, service=channel.service, time=here(channel.last_sent_at))


def tokens(user: User) -> Area:
    sentence = gettext("For programs: made here and shown once; each may do no more than its user.")
    return Area.of(user, ApiToken.objects.all(), "tokens", gettext("API tokens"), ("token", "tokens"), sentence)


def users(user: User) -> Area:
    rows = User.objects.order_by("pk")
    lines = [
        AreaLine(
            row.get_username(),
            gettext("superuser") if row.is_superuser else named(role_of(row)) or gettext("no role"),
            reverse("admin:auth_user_change", args=[row.pk]),
            "fine" if row.is_active and (row.is_superuser or role_of(row)) else "unset",
        )
        for row in rows.prefetch_related("groups__role")[:MOST]
    ]
    sentence = gettext("Who may log in, and what each may do: the roles are {roles}.").format(
        roles=", ".join(map(named, ROLES))
    )
    return Area.of(user, rows, "users", gettext("Users and roles"), ("user", "users"), sentence, lines)


# By the permission to see it.
AREAS: dict[str, Callable[[User], Area]] = {
    VIEW_DESTINATIONS: destinations,
    VIEW_RULES: rules,
    VIEW_SCHEDULES: schedules,
    "notifications.view_channel": channels,
    VIEW_TOKENS: tokens,
    "auth.view_user": users,
}
