"""What a person is to decide or to set right, apart from what failed: each is asked of rows alone, never of a disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Count, QuerySet, Subquery, Value
from django.urls import reverse
from django.utils.translation import gettext as _

from jobs.models import Event, Job, RunRequest
from jobs.models.compiled import Compiled
from jobs.permissions import RETRY, VIEW_SCHEDULES
from jobs.texts.translatable import translated
from jobs.texts.words import counted
from scenes import configuration
from scenes.checks import missing_services
from scenes.first_run.deciding import page_to_ask
from scenes.models import Change, OutputKind, Place, RefusedLogin, SyncState
from scenes.models.first_run import ENDED_WELL
from scenes.permissions import (
    ACCEPT_ANOTHER_LIBRARY,
    ACCEPT_MISSING,
    CHANGE_SETTINGS,
    DECIDE_FIRST_RUN,
    DELETE_REFUSED_LOGIN,
    RELEASE,
    REVIEW,
)
from scenes.web.needing import work
from scenes.web.needing.failed_jobs import failed
from scenes.web.needing.need import Fix, Need, NeedItem

NAMED = 50  # of a need, on a page
NO_SUCH_NAME = "qBittorrent has no "  # how a run begins what it says of unknown categories and tags


def unseen() -> QuerySet[Place]:
    """Places that nobody could look into when they were needed last."""
    away = Place.objects.exclude(looked_away_at=None)
    return away.exclude(pk__in=Place.objects.trusted().values("pk"))


# Of those questions that are there while there are such rows: by the key of their need.
ROWS: dict[str, Callable[[], QuerySet[Any]]] = {
    "review": lambda: Change.objects.to_review(),
    "refused_logins": lambda: RefusedLogin.objects.in_force(),
    "outputs": lambda: OutputKind.objects.broken(),
    "places": unseen,
    "jobs": failed,
    "requests": lambda: RunRequest.objects.failing(),
}


def first_run() -> Need | None:
    page = page_to_ask()
    sentence = _(
        "What is to be done with the torrents and scenes that were there before StashHog? Until then runs fail."
    )
    fix = Fix(_("Decide"), DECIDE_FIRST_RUN, address=page)
    return Need("first_run", _("The first run is undecided"), sentence, 1, "person", fix) if page else None


def another_library(state: SyncState) -> Need | None:
    if not state.another_library:
        return None
    sentence = _(
        "Stash has other scenes under the same ids: it was reset, or the address is of another one. Nothing is written "
        "to it. Correct the address, or accept it, which forgets our copy of the old library."
    )
    fix = Fix(_("Look and decide"), ACCEPT_ANOTHER_LIBRARY, address=reverse("needs_another_library"))
    return Need("another_library", _("Stash has another library"), sentence, 1, "person", fix)


def missing(state: SyncState) -> Need | None:
    if not state.missing_question:
        return None
    count = sum(len(state.missing(kind)) for kind in state.missing_kinds)
    fix = Fix(_("Look and decide"), ACCEPT_MISSING, address=reverse("needs_missing"))
    sentence = translated(state.missing_question)
    return Need("missing", _("Much is gone from Stash"), sentence, count, "person", fix)


def to_review() -> Need | None:
    ((count, of_scenes),) = sums_to_review()
    if not count:
        return None
    changes, scenes = counted(count, "change"), counted(of_scenes, "scene")
    sentence = _("{changes} of {scenes} wait to be approved.").format(changes=changes, scenes=scenes)
    fix = Fix(_("Review"), REVIEW, address=reverse("review"))
    return Need("review", _("Changes to review"), sentence, count, "person", fix, list_address=reverse("review"))


def refused_logins(skipped: int = 0) -> Need | None:
    refused = RefusedLogin.objects.in_force()
    count = refused.count()
    rows = refused.order_by("-refused_at", "-pk")[skipped : skipped + NAMED]
    if not count:
        return None
    items = [
        NeedItem(
            "qBittorrent",
            row.reason,
            fix=Fix(_("Try it again"), DELETE_REFUSED_LOGIN, act="forget-login", value=str(row.pk)),
        )
        for row in rows
    ]
    fix = Fix(_("Settings"), CHANGE_SETTINGS, address=reverse("settings"))
    title = _("qBittorrent refuses the login")
    sentence = _("Correct user name and password in the settings; the same login isn't tried again, to not be banned.")
    if not refused.filter(banned_until=None).exists():
        title = _("qBittorrent has banned StashHog's address")
        sentence = _(
            "After too many failed logins, of StashHog or of another program at this address. It is tried again by "
            "itself at the time below, or when somebody tries it here."
        )
    return Need("refused_logins", title, sentence, count, "bad", fix, items, skipped=skipped)


def broken_outputs() -> Need | None:
    rows = rows_of_outputs()
    items = [
        NeedItem(row.name, row.reason, fix=Fix(_("Ask again"), RELEASE, act="ask-again", value=row.name))
        for row in rows
    ]
    sentence = _(
        "Stash fails to make them for all scenes, so they are not asked for. Look into its log, then ask again."
    )
    return Need("outputs", _("Previews that always fail"), sentence, len(rows), "bad", None, items) if rows else None


def unseen_places() -> Need | None:
    rows = rows_of_places()
    items = [NeedItem(str(row), row.reason) for row in rows]
    sentence = _(
        "These folders could not be seen, read or written. Mount them again; what failed there counts for nobody."
    )
    fix = Fix(_("It is right as it is now"), RELEASE, address=reverse("admin:scenes_place_changelist"))
    return Need("places", _("Folders that are not there"), sentence, len(rows), "bad", fix, items) if rows else None


def settings() -> Need | None:
    """What is not set and nothing goes without, and what is stored and can't be used."""
    config = configuration.current()
    items = [NeedItem(translated(check.msg), translated(check.hint or "")) for check in missing_services(config)]
    items += [NeedItem(translated(text)) for text in config.unusable.values()]
    fix = Fix(_("Settings"), CHANGE_SETTINGS, address=reverse("settings"))
    sentence = _("Without these StashHog can't do its work.")
    return Need("settings", _("Settings to be set"), sentence, len(items), "bad", fix, items) if items else None


def failed_jobs(skipped: int = 0) -> Need | None:
    rows = failed()
    count = rows.count()
    if not count:
        return None
    items = [
        NeedItem(
            job.name,
            job.error_message,
            reverse("job", args=[job.root_id]),
            Fix(_("Retry"), RETRY, act="retry-job", value=str(job.root_id)),
        )
        for job in rows.order_by("-finished_at", "-pk")[skipped : skipped + NAMED]
    ]
    sentence = _("Each says why. None of its kind has ended well since: fix that, then retry.")
    return Need("jobs", _("Jobs that failed"), sentence, count, "bad", None, items, skipped=skipped)


def requested_jobs() -> Need | None:
    rows = rows_of_requests()
    items = [NeedItem(str(row), row.error) for row in rows]
    sentence = _(
        "What asked for them is kept, and they are tried again each hour. Correct what each names, or delete it."
    )
    fix = Fix(_("Requested jobs"), VIEW_SCHEDULES, address=reverse("admin:jobs_runrequest_changelist"))
    title = _("Jobs that could not be started")
    return Need("requests", title, sentence, len(rows), "bad", fix, items) if rows else None


def unknown_names() -> Need | None:
    """What the last run found that the settings name and qBittorrent does not have."""
    items = [NeedItem(translated(event.message)) for event in warnings_of_names()]
    sentence = _("Its torrents are not taken, as a name in the settings or in a destination is none of qBittorrent's.")
    fix = Fix(_("Settings"), CHANGE_SETTINGS, address=reverse("settings"))
    title = _("Category or tag unknown")
    return Need("unknown_names", title, sentence, len(items), "person", fix, items) if items else None


def all_warnings_of_names() -> QuerySet[Event]:
    runs = Job.objects.filter(type="process_downloads", status__in=ENDED_WELL).order_by("-created_at")
    last = Subquery(runs.values("pk")[:1])
    return Event.objects.filter(job=last, level=Event.Level.WARNING, message__contains=NO_SUCH_NAME)[:NAMED]


warnings_of_names = Compiled(all_warnings_of_names)
rows_of_outputs, rows_of_places, rows_of_requests = (Compiled(ROWS[key]) for key in ("outputs", "places", "requests"))
sums_to_review = Compiled(
    lambda: (
        Change.objects.to_review()
        .order_by()
        .values(all=Value(0))
        .annotate(changes=Count("pk"), scenes=Count("scene", distinct=True))
        .values_list("changes", "scenes")
    )
)

OF_ROWS = (refused_logins, unseen_places, failed_jobs, requested_jobs, to_review, broken_outputs)
OTHERS = (work.no_worker, work.queue, work.pause, work.missed, first_run, settings, unknown_names)
OF_THE_SYNC = (another_library, missing)


def others() -> list[Need]:
    """What is not of such rows; each row is read once."""
    state = SyncState.peek()
    found = [*(ask() for ask in OTHERS), *(ask(state) for ask in OF_THE_SYNC)]
    return [need for need in found if need]


# What there may be many of: by the key of their need.
PAGED: dict[str, Callable[[int], Need | None]] = {"refused_logins": refused_logins, "jobs": failed_jobs}


def needs(only: str = "", page: int = 1) -> list[Need]:
    """All, or the one of this key with a page of its items."""
    if only in PAGED:
        found = PAGED[only](NAMED * (page - 1))
        return [found] if found else []
    of_rows = (found for ask in OF_ROWS if (found := ask()))
    return [found for found in (*others(), *of_rows) if only in ("", found.key)]
