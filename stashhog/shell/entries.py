"""What is in the menu. A page of the admin that no entry leads to is listed among the internals by itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from jobs import permissions as jobs_permissions
from scenes import permissions


@dataclass(frozen=True)
class MenuEntry:
    """Where a line of the menu leads. One whose route there is not, or that the user may not open, is left out.

    ``query``: of the address; ``badge``: the key of the count beside it.
    """

    label: str
    route: str
    permission: str = ""
    query: str = ""
    badge: str = ""


@dataclass(frozen=True)
class MenuSection:
    """A part of the menu. It leads to its first entry; the others show while one is in it."""

    label: str
    icon: str
    entries: tuple[MenuEntry, ...]


def rows_of(label: str, model: str, *, query: str = "", badge: str = "") -> MenuEntry:
    """The admin's list of the rows of a model, such as "scenes.scene"; who may view rows may open it."""
    app, name = model.split(".")
    return MenuEntry(label, f"admin:{app}_{name}_changelist", f"{app}.view_{name}", query, badge)


MENU = (
    MenuSection(_("Home"), "home", (MenuEntry(_("Home"), "home"),)),
    MenuSection(
        _("Activity"),
        "activity",
        (
            MenuEntry(_("Now"), "jobs", jobs_permissions.VIEW, query="status=active"),
            MenuEntry(_("History"), "jobs", jobs_permissions.VIEW),
            rows_of(_("Schedule"), "jobs.schedule"),
            rows_of(_("Quiet hours"), "jobs.quiethours"),
            rows_of(_("Pause"), "jobs.pause"),
        ),
    ),
    MenuSection(_("Review"), "review", (MenuEntry(_("Review"), "review", permissions.VIEW_CHANGES, badge="review"),)),
    MenuSection(
        _("Needs you"), "needs", (MenuEntry(_("Needs you"), "needs_you", permissions.VIEW, badge="needs_you"),)
    ),
    MenuSection(
        _("Library"),
        "library",
        (
            MenuEntry(_("Scenes"), "scenes", permissions.VIEW),
            rows_of(_("Performers"), "scenes.performer"),
            rows_of(_("Tags"), "scenes.tag"),
            rows_of(_("Studios"), "scenes.studio"),
        ),
    ),
    MenuSection(_("Downloads"), "downloads", (MenuEntry(_("Downloads"), "downloads", permissions.VIEW_DOWNLOADS),)),
    MenuSection(
        _("Settings"),
        "settings",
        (
            MenuEntry(_("Overview"), "settings", permissions.VIEW_SETTINGS),
            rows_of(_("Destinations"), "scenes.destination"),
            rows_of(_("Rules per tag"), "scenes.tagrule"),
            rows_of(_("Notifications"), "notifications.channel"),
            rows_of(_("API tokens"), "jobs.apitoken"),
            rows_of(_("Users"), "auth.user"),
            rows_of(_("Groups"), "auth.group"),
            MenuEntry(_("First-run guide"), "guide", permissions.VIEW_SETTINGS),
        ),
    ),
    MenuSection(
        _("System"),
        "system",
        (
            MenuEntry(_("Health"), "health", permissions.VIEW_SETTINGS),
            MenuEntry(_("Workers, versions, backups"), "system", permissions.VIEW_SETTINGS),
        ),
    ),
)
# Tables that explain what happened, and that nobody needs from day to day; below "Internals" of the last section.
# Whatever else the admin lists follows them, but what has pages of its own instead.
INTERNALS = (
    rows_of(_("Jobs"), "jobs.job"),
    rows_of(_("Steps"), "jobs.step"),
    rows_of(_("Events"), "jobs.event"),
    rows_of(_("Stash jobs"), "scenes.stashjob"),
    rows_of(_("Sync state"), "scenes.syncstate"),
    rows_of(_("Requested jobs"), "jobs.runrequest"),
    rows_of(_("Messages sent"), "notifications.message"),
    rows_of(_("Refused logins"), "scenes.refusedlogin"),
    rows_of(_("Failed logins"), "axes.accessattempt"),
    rows_of(_("django-q2: queued tasks"), "django_q.ormq"),
)
HAVE_PAGES = {"admin:scenes_setting_changelist", "admin:scenes_firstrundecision_changelist"}
