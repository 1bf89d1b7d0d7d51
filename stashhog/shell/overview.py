"""The page of the settings: how the services are, their values, and a line of whatever else can be set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
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
from scenes.models import TagRule
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


def listed(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


def to_add(user: User, model: str) -> str:
    app, name = model.split("_")
    return reverse(f"admin:{model}_add") if user.has_perm(f"{app}.add_{name}") else ""


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
    model = "scenes_destination"
    return Area(
        "destinations", gettext("Destinations"), len(rows), what, sentence, listed(model), to_add(user, model), lines
    )


def folder_text(row: dict[str, Any], wrong: dict[str, str]) -> str:
    text = f"{row['folder']} · {mode_text(row)}"
    return f"{text}: {gettext(wrong[row['name']])}" if row["name"] in wrong else text


def mode_text(row: dict[str, Any]) -> str:
    return DECLARED["link_mode"].kind.in_words(row["effective"]["link_mode"])


def rules(user: User) -> Area:
    sentence = gettext(
        "What of the tagger’s answers becomes tags and markers, tag by tag; all others follow the default rule."
    )
    count, model = TagRule.objects.count(), "scenes_tagrule"
    return Area(
        "rules", gettext("Rules per tag"), count, ("rule", "rules"), sentence, listed(model), to_add(user, model)
    )


def schedules(user: User) -> Area:
    rows, model = list(Schedule.objects.all()[:MOST]), "jobs_schedule"
    lines = [
        AreaLine(
            row.name,
            times_of(row),
            reverse("admin:jobs_schedule_change", args=[row.pk]),
            "fine" if row.enabled else "unset",
        )
        for row in rows
    ]
    some, none = (
        gettext("What starts by itself, and when."),
        gettext("Nothing starts by itself: somebody starts each run."),
    )
    sentence = some if rows else none
    count = Schedule.objects.count()
    return Area(
        "schedule",
        gettext("Schedule"),
        count,
        ("schedule", "schedules"),
        sentence,
        listed(model),
        to_add(user, model),
        lines,
    )


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
    model, may_test = "notifications_channel", user.has_perm(CHANGE_CHANNEL)
    rows = list(Channel.objects.all()[:MOST])
    lines = [
        AreaLine(
            row.name,
            channel_text(row),
            reverse("admin:notifications_channel_change", args=[row.pk]),
            "unset" if not row.enabled else "bad" if row.error else "fine",
            reverse("admin:notifications_channel_test", args=[row.pk]) if may_test else "",
        )
        for row in rows
    ]
    some, none = gettext("Who is told of what happens."), gettext("Nobody is told when something fails: add a channel.")
    sentence = some if rows else none
    count = Channel.objects.count()
    return Area(
        "notifications",
        gettext("Notifications"),
        count,
        ("channel", "channels"),
        sentence,
        listed(model),
        to_add(user, model),
        lines,
    )


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
    count, model = ApiToken.objects.count(), "jobs_apitoken"
    return Area(
        "tokens", gettext("API tokens"), count, ("token", "tokens"), sentence, listed(model), to_add(user, model)
    )


def users(user: User) -> Area:
    rows = list(User.objects.prefetch_related("groups__role").order_by("pk")[:MOST])
    lines = [
        AreaLine(
            row.get_username(),
            gettext("superuser") if row.is_superuser else named(role_of(row)) or gettext("no role"),
            reverse("admin:auth_user_change", args=[row.pk]),
            "fine" if row.is_active and (row.is_superuser or role_of(row)) else "unset",
        )
        for row in rows
    ]
    sentence = gettext("Who may log in, and what each may do: the roles are {roles}.").format(
        roles=", ".join(map(named, ROLES))
    )
    count, model = User.objects.count(), "auth_user"
    return Area(
        "users",
        gettext("Users and roles"),
        count,
        ("user", "users"),
        sentence,
        listed(model),
        to_add(user, model),
        lines,
    )


# By the permission to see it.
AREAS: dict[str, Callable[[User], Area]] = {
    VIEW_DESTINATIONS: destinations,
    VIEW_RULES: rules,
    VIEW_SCHEDULES: schedules,
    "notifications.view_channel": channels,
    VIEW_TOKENS: tokens,
    "auth.view_user": users,
}
