"""What is in the menu. A page of the admin that no entry leads to is listed among the internals by itself."""

from __future__ import annotations

from dataclasses import dataclass

from jobs import permissions as jobs_permissions
from scenes import permissions


@dataclass(frozen=True)
class Entry:
    """Where a line of the menu leads. One whose route there is not, or that the user may not open, is left out.

    ``query``: of the address; ``badge``: the key of the count beside it.
    """

    label: str
    route: str
    permission: str = ""
    query: str = ""
    badge: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the menu. It leads to its first entry; the others show while one is in it."""

    label: str
    icon: str
    entries: tuple[Entry, ...]


def rows_of(label: str, model: str, *, query: str = "", badge: str = "") -> Entry:
    """The admin's list of the rows of a model, such as "scenes.scene"; who may view rows may open it."""
    app, name = model.split(".")
    return Entry(label, f"admin:{app}_{name}_changelist", f"{app}.view_{name}", query, badge)


MENU = (
    Section("Home", "home", (Entry("Home", "home"),)),
    Section(
        "Activity",
        "activity",
        (
            Entry("Now", "jobs", jobs_permissions.VIEW, query="status=active"),
            Entry("History", "jobs", jobs_permissions.VIEW),
            rows_of("Schedule", "jobs.schedule"),
            rows_of("Quiet hours", "jobs.quiethours"),
            rows_of("Pause", "jobs.pause"),
        ),
    ),
    Section("Review", "review", (Entry("Review", "review", permissions.VIEW_CHANGES, badge="review"),)),
    Section("Needs you", "needs", (Entry("Needs you", "needs_you", permissions.VIEW, badge="needs_you"),)),
    Section(
        "Library",
        "library",
        (
            Entry("Scenes", "scenes", permissions.VIEW),
            rows_of("Performers", "scenes.performer"),
            rows_of("Tags", "scenes.tag"),
            rows_of("Studios", "scenes.studio"),
        ),
    ),
    Section("Downloads", "downloads", (Entry("Downloads", "downloads", permissions.VIEW_DOWNLOADS),)),
    Section(
        "Settings",
        "settings",
        (
            Entry("Overview", "settings", permissions.VIEW_SETTINGS),
            rows_of("Destinations", "scenes.destination"),
            rows_of("Rules per tag", "scenes.tagrule"),
            rows_of("Notifications", "notifications.channel"),
            rows_of("API tokens", "jobs.apitoken"),
            rows_of("Users", "auth.user"),
            rows_of("Groups", "auth.group"),
            Entry("First-run guide", "guide", permissions.VIEW_SETTINGS),
        ),
    ),
    Section(
        "System",
        "system",
        (
            Entry("Health", "health", permissions.VIEW_SETTINGS),
            Entry("Workers, versions, backups", "system", permissions.VIEW_SETTINGS),
        ),
    ),
)
# Tables that explain what happened, and that nobody needs from day to day; below "Internals" of the last section.
# Whatever else the admin lists follows them, but what has pages of its own instead.
INTERNALS = (
    rows_of("Jobs", "jobs.job"),
    rows_of("Steps", "jobs.step"),
    rows_of("Events", "jobs.event"),
    rows_of("Stash jobs", "scenes.stashjob"),
    rows_of("Sync state", "scenes.syncstate"),
    rows_of("Requested jobs", "jobs.runrequest"),
    rows_of("Pauses", "jobs.pause"),
    rows_of("Messages sent", "notifications.message"),
    rows_of("Refused logins", "scenes.refusedlogin"),
    rows_of("Failed logins", "axes.accessattempt"),
    rows_of("django-q2: queued tasks", "django_q.ormq"),
)
HAVE_PAGES = {"admin:scenes_setting_changelist", "admin:scenes_firstrundecision_changelist"}
