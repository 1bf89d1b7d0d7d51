"""The roles viewer, operator and admin: Django groups, made after each migration."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as global_apps
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from jobs.models import Scope
from jobs.permissions import scope_of
from scenes import permissions  # noqa: F401 - declares how far those of scenes go
from stashhog.accounts.models import Role

NAMES = {"viewer": _("Viewer"), "operator": _("Operator"), "admin": _("Admin")}  # for people
ROLES = {"viewer": Scope.READ, "operator": Scope.RUN, "admin": Scope.ADMIN}
APPS = {"jobs", "scenes", "notifications"}  # whose permissions the roles have, each as far as it goes
# What admins have beside them. Groups and superusers are for superusers alone: with them one could become one.
ADMINS = {
    "auth.view_user",
    "auth.add_user",
    "auth.change_user",
    "auth.delete_user",
    "auth.view_group",
    "axes.view_accessattempt",
}


def permissions_of(role: str) -> list[Permission]:
    """Those that a role has unless a person changed it."""
    rows = Permission.objects.select_related("content_type")
    return [row for row in rows if role_has(role, f"{row.content_type.app_label}.{row.codename}")]


def role_has(role: str, permission: str) -> bool:
    """Whether a role has ``app.codename`` unless a person changed it."""
    scope = ROLES[role]
    if permission.partition(".")[0] in APPS:
        return scope.covers(scope_of(permission))
    return scope == Scope.ADMIN and permission in ADMINS


@transaction.atomic
def make_roles(apps: Apps = global_apps, **kwargs: Any) -> None:
    """After each migration, when all permissions exist: make what is missing, and give what was never given.

    ``apps``: what the database has tables for, which after a migration back to an older version may not be this app.
    """
    if not any(model._meta.label == Role._meta.label for model in apps.get_models()):
        return
    for name in ROLES:
        role = Role.objects.filter(name=name).first()
        if role is None:
            role = Role.objects.create(name=name, group=Group.objects.get_or_create(name=name)[0])
        given = set(role.given.values_list("pk", flat=True))
        new = [row for row in permissions_of(name) if row.pk not in given]
        role.group.permissions.add(*new)
        role.given.add(*new)


def role_of(user: User) -> str:
    """The farthest of the user's roles; empty without any."""
    held = {group.role.name for group in user.groups.all() if hasattr(group, "role")} if user.pk else set()
    return next((name for name in reversed(ROLES) if name in held), "")


def named(group: str) -> str:
    """What people read for the name of a role or of its group; other groups are called as they are."""
    return gettext(NAMES[group]) if group in NAMES else group


def set_role(user: User, name: str) -> None:
    """Give the user this role and no other; empty: none. Groups that are no roles stay."""
    user.groups.remove(*Group.objects.filter(role__isnull=False).exclude(role__name=name))
    if name:
        user.groups.add(Role.objects.get(name=name).group)


def make_staff(action: str, instance: Any, reverse: bool, pk_set: set[int] | None, **kwargs: Any) -> None:
    """When somebody gets a role: all roles are staff, since the admin is open to staff only."""
    if action != "post_add" or not pk_set:
        return
    groups, users = ({instance.pk}, pk_set) if reverse else (pk_set, {instance.pk})
    if Role.objects.filter(group__in=groups).exists():
        User.objects.filter(pk__in=users).update(is_staff=True)
        if not reverse:
            instance.is_staff = True
