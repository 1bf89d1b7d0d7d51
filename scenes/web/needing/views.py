"""The page of what needs a person, and what its buttons do."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from jobs.declare.ids import id_of
from jobs.errors import AlreadyRunning, BadRequest, NotPossible
from jobs.models import Job
from jobs.permissions import RETRY, allowed, only_with, require
from jobs.texts.translatable import message_of, translated
from jobs.texts.words import counted
from jobs.web.retrying import retry_for
from jobs.web.returning import page_before
from scenes.models import OutputKind, RefusedLogin
from scenes.permissions import DELETE_REFUSED_LOGIN, RELEASE, VIEW
from scenes.web import health
from scenes.web.needing import failures, project, questions, services
from scenes.web.needing.counting import recent_count
from scenes.web.needing.failures import NAMED
from scenes.web.needing.need import Fix, Need
from scenes.web.service_states import ServiceState

if TYPE_CHECKING:
    from jobs.permissions import AnyUser

MOST_PAGES = 100_000
NOTHING = gettext_lazy("There is nothing of it any more: somebody was faster.")


@require_safe
@only_with(VIEW)
def needs_you(request: HttpRequest) -> HttpResponse:
    """All needs; with ``need`` the one of that key, with more of what it is about, a ``page`` of it.

    Waits for the services, within bounds: also without JavaScript it says how they are now.
    """
    only, page = request.GET.get("need", ""), page_of(request.GET.get("page", ""))
    states = health.monitor.states()
    needs = all_needs(only, page=page, states=states)
    if not only:
        recent_count.learn(len(needs))
    context = {
        "needs": [with_fixes(request, need) for need in needs],
        "awaited": [state for state in states if state.is_awaited and not state.needs_person],
        "is_awaited": any(state.is_awaited for state in states),
        "only": only,
        "page": page,
        "next_page": page + 1,
    }
    return render(request, "scenes/needing/page.html", context)


def page_of(text: str) -> int:
    """1 for what is no number of a page."""
    return min(max(int(text), 1), MOST_PAGES) if text.isdecimal() and len(text) < 10 else 1


def all_needs(
    only: str = "", most: int = NAMED, page: int = 1, states: Sequence[ServiceState] | None = None
) -> list[Need]:
    """What went wrong before what is to be decided; or the one need of this key. ``most``: items of each failure.

    ``states``: how the services are, where that is known already.
    """
    found = [*failures.needs(only, most, page), *questions.needs(only, page)]
    found += [need for need in (*services.needs(states), *project.needs()) if only in ("", need.key)]
    return sorted(found, key=lambda need: need.kind == "person")


def with_fixes(request: HttpRequest, need: Need) -> tuple[Need, Fix | None, list[tuple[object, Fix | None]]]:
    """The need, its fix and its items with theirs, as far as this user may."""
    return need, offered(request, need.fix), [(item, offered(request, item.fix)) for item in need.items]


def offered(request: HttpRequest, fix: Fix | None) -> Fix | None:
    return fix if fix and allowed(request.user, fix.permission) else None


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do what the pressed button says; each act asks for a permission of its own."""
    name = next((name for name in ACTS if name in request.POST), "")
    try:
        done = ACTS.get(name, nothing)(request.user, without_nul(request.POST.get(name, "")))
    except (BadRequest, NotPossible) as error:
        messages.error(request, translated(message_of(error)))
    except AlreadyRunning:
        messages.warning(request, _("One is running already: wait for its end, then retry."))
    else:
        messages.success(request, done) if done else messages.warning(request, NOTHING)
    return redirect(page_before(request) or "needs_you")


def without_nul(value: str) -> str:
    """Itself; PostgreSQL takes no other. Raises BadRequest."""
    if "\0" in value:
        raise BadRequest(_("There is no such need."))
    return value


def nothing(user: AnyUser, value: str) -> str:
    require(user, RELEASE)
    raise BadRequest(_("Nothing was chosen. Use one of the buttons."))


def release(user: AnyUser, value: str) -> str:
    require(user, RELEASE)
    return released(failures.FailureGroup.of(value).release())


def release_one(user: AnyUser, value: str) -> str:
    require(user, RELEASE)
    return released(failures.release_one(value))


def released(count: int) -> str:
    text = _("{items} released: the next run tries again, as if nothing had failed.")
    return text.format(items=counted(count, "item")) if count else ""


def forget_login(user: AnyUser, value: str) -> str:
    require(user, DELETE_REFUSED_LOGIN)
    login_id = id_of(value)
    count = RefusedLogin.objects.filter(pk=login_id).delete()[0] if login_id else 0
    return _("The next run tries this login once more.") if count else ""


def ask_again(user: AnyUser, value: str) -> str:
    require(user, RELEASE)
    count = OutputKind.objects.filter(name=value).ask_again()
    return _("The next generation asks for {what} again, first with one scene.").format(what=value) if count else ""


def retry_job(user: AnyUser, value: str) -> str:
    require(user, RETRY)
    try:
        job = retry_for(user, uuid.UUID(value))
    except ValueError:
        raise BadRequest(_("There is no such job.")) from None
    except Job.DoesNotExist:
        return ""
    return _("{job}: what failed is done again.").format(job=job.name)


# Each does its work for a user and says what was done; "" when there was nothing left to do. Raises Forbidden.
ACTS: dict[str, Callable[[AnyUser, str], str]] = {
    "release": release,
    "release-one": release_one,
    "forget-login": forget_login,
    "ask-again": ask_again,
    "retry-job": retry_job,
}
