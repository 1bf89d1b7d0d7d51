"""Who may do what: the one place that decides, for pages, API, admin and live updates alike.

Whatever shows or changes something names one of the permissions declared here (or in an app's own `permissions`), and
asks `allowed` at the time of each request. A token may do what its user may, within its scope.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, gettext_noop

from jobs.declare.registry import permission_for
from jobs.models import Job, Scope

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    AnyUser: TypeAlias = User | AnonymousUser

OF_MODELS = {  # as Django names them
    "add": gettext_noop("Can add {what}"), "change": gettext_noop("Can change {what}"),
    "delete": gettext_noop("Can delete {what}"), "view": gettext_noop("Can view {what}"),
}  # fmt: skip
_declared: dict[str, Scope] = {}


def declare(permission: str, scope: Scope) -> str:
    """Which roles and tokens have this permission: those that go as far as ``scope``, or farther."""
    _declared[permission] = scope
    return permission


def scope_of(permission: str) -> Scope:
    """What is not declared is read if it only looks (``view_…``), and for admins otherwise."""
    looks = permission.partition(".")[2].startswith("view_")
    return _declared.get(permission, Scope.READ if looks else Scope.ADMIN)


VIEW = declare("jobs.view_job", Scope.READ)
START = declare("jobs.start_job", Scope.RUN)
CANCEL = declare("jobs.cancel_job", Scope.RUN)
RETRY = declare("jobs.retry_job", Scope.RUN)
VIEW_TOKENS = declare("jobs.view_apitoken", Scope.ADMIN)
PAUSE = declare("jobs.pause_jobs", Scope.RUN)
VIEW_SCHEDULES = declare("jobs.view_schedule", Scope.READ)
ADD_SCHEDULE = declare("jobs.add_schedule", Scope.ADMIN)
CHANGE_SCHEDULE = declare("jobs.change_schedule", Scope.ADMIN)
DELETE_SCHEDULE = declare("jobs.delete_schedule", Scope.ADMIN)
ADD_QUIET_HOURS = declare("jobs.add_quiethours", Scope.ADMIN)
CHANGE_QUIET_HOURS = declare("jobs.change_quiethours", Scope.ADMIN)
DELETE_QUIET_HOURS = declare("jobs.delete_quiethours", Scope.ADMIN)
ON_CARDS = frozenset({START, CANCEL, RETRY})  # of the buttons on a job's card


class Forbidden(PermissionDenied):
    """You need the permission … for this, or a token that goes farther."""

    def __init__(self, permission: str, message: str = ""):
        self.permission = permission
        text = gettext(
            "You need the permission “{name}” ({permission}) for this. "
            "Somebody who manages the users can give it to you, or to one of your groups."
        )
        super().__init__(message or text.format(name=in_words(permission), permission=permission))


def in_words(permission: str) -> str:
    """ "Can start jobs" for ``jobs.start_job``, in the active language."""
    label, _, codename = permission.partition(".")
    known = Permission.objects.filter(content_type__app_label=label, codename=codename).select_related("content_type")
    return words_of(known[0]) if known else permission


def words_of(permission: Permission) -> str:
    """Its name in the active language, of those that Django makes for each model, too."""
    action, _, name = permission.codename.partition("_")
    model = permission.content_type.model_class()
    if model and name == model._meta.model_name and action in OF_MODELS:
        return gettext(OF_MODELS[action]).format(what=model._meta.verbose_name)
    return gettext(permission.name)


def allowed(user: AnyUser, permission: str) -> bool:
    """Whether the user is active and has this permission, and the token that came with the request covers it."""
    token = getattr(user, "api_token", None)
    return user.has_perm(permission) and (token is None or Scope(token.scope).covers(scope_of(permission)))


def require(user: AnyUser, permission: str) -> None:
    """Raise Forbidden unless it is allowed."""
    if allowed(user, permission):
        return
    if user.has_perm(permission):
        scope = scope_of(permission).value
        text = gettext("The scope of this API token is too small: this needs one of scope “{scope}”.")
        raise Forbidden(permission, text.format(scope=scope))
    raise Forbidden(permission)


def require_start(user: AnyUser, type: str) -> None:
    """Raise Forbidden unless the user may start jobs of this type."""
    require(user, START)
    if permission := permission_for(type):
        require(user, permission)


def require_retry(user: AnyUser, job: Job) -> None:
    """Raise Forbidden unless the user may retry this job."""
    require(user, RETRY)
    require_type(user, job)


def require_type(user: AnyUser, job: Job) -> None:
    """Raise Forbidden for a job that the user may not start; what the sub-jobs of a run do is the run's."""
    if job.parent_id is None and (permission := permission_for(job.type)):
        require(user, permission)


def only_with(permission: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A decorator for views: only who has this permission gets in, others get 403."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require(request.user, permission)
            return view(request, *args, **kwargs)

        return checked

    return decorate


def held_on_cards(user: AnyUser) -> frozenset[str]:
    """Those permissions of the user that decide which buttons a card has."""
    return frozenset(permission for permission in ON_CARDS if allowed(user, permission))


def as_perms(held: frozenset[str]) -> dict[str, dict[str, bool]]:
    """What templates know as ``perms``, for a page that is rendered without a request: ``perms.jobs.cancel_job``."""
    perms: dict[str, dict[str, bool]] = {}
    for label, _, codename in (permission.partition(".") for permission in held):
        perms.setdefault(label, {})[codename] = True
    return perms
