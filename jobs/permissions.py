"""Who may act: the one place that decides, for pages, API, admin and live updates alike.

Whatever acts names one of these permissions and asks here, at the time of each request. Looking at jobs needs a login
and no permission; the admin's lists ask for Django's own (``view_job`` and so on). A token may do what its user may.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    AnyUser: TypeAlias = User | AnonymousUser

START = "jobs.start_job"
CANCEL = "jobs.cancel_job"
RETRY = "jobs.retry_job"
ON_CARDS = frozenset({CANCEL, RETRY})  # of the buttons on a job's card


class Forbidden(PermissionDenied):
    """You need the permission … for this. Somebody who manages the users gives it to you or to one of your groups."""

    def __init__(self, permission: str):
        self.permission = permission
        super().__init__(
            f"You need the permission “{_in_words(permission)}” ({permission}) for this. "
            "Somebody who manages the users can give it to you, or to one of your groups."
        )


def _in_words(permission: str) -> str:
    label, _, codename = permission.partition(".")
    known = Permission.objects.filter(content_type__app_label=label, codename=codename)
    return known.values_list("name", flat=True).first() or permission


def require(user: AnyUser, permission: str) -> None:
    """Raise Forbidden unless the user is active and has this permission, given directly or by a group."""
    if not user.has_perm(permission):
        raise Forbidden(permission)


def only_with(permission: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A decorator for views: only who has this permission gets in, others get 403."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request.user, permission)
            return view(request, *args, **kwargs)

        return checked

    return decorate


def held_on_cards(user: AnyUser) -> frozenset[str]:
    """Those permissions of the user that decide which buttons a card has."""
    return frozenset(permission for permission in ON_CARDS if user.has_perm(permission))


def as_perms(held: frozenset[str]) -> dict[str, dict[str, bool]]:
    """What templates know as ``perms``, for a page that is rendered without a request: ``perms.jobs.cancel_job``."""
    perms: dict[str, dict[str, bool]] = {}
    for label, _, codename in (permission.partition(".") for permission in held):
        perms.setdefault(label, {})[codename] = True
    return perms
