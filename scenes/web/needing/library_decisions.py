"""The pages on which somebody decides whether much is really gone from Stash, and whether it has another library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jobs.declare.ids import id_of
from jobs.permissions import allowed, require
from jobs.texts.translatable import message_of, translated
from jobs.texts.words import counted
from scenes import configuration
from scenes.clients.stash.transport import shown_address
from scenes.models import Scene, SyncState
from scenes.permissions import ACCEPT_ANOTHER_LIBRARY, ACCEPT_MISSING, VIEW
from scenes.sync import consequences, forgetting
from scenes.web.needing import questions
from scenes.web.needing.need import Need

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NAMED = 50  # scenes a page


@dataclass(frozen=True)
class LibraryDecision:
    """``need``: the question, None once it is settled; ``consequence``: of accepting; ``accept`` says what was done.

    ``names``: of the ids of scenes that are gone.
    """

    need: Callable[[SyncState], Need | None]
    permission: str
    say: StrOrPromise
    consequence: Callable[[], str]
    accept: Callable[[], str]
    names: bool = False


def accept_missing() -> str:
    return consequences.missing_message(SyncState.accept_missing())


def accept_another_library() -> str:
    """Raises Busy."""
    return consequences.forgotten_message(forgetting.accept_another_library())


MISSING = LibraryDecision(
    questions.missing,
    ACCEPT_MISSING,
    gettext_lazy("Accept: they are really gone"),
    consequences.of_missing,
    accept_missing,
    names=True,
)
ANOTHER_LIBRARY = LibraryDecision(
    questions.another_library,
    ACCEPT_ANOTHER_LIBRARY,
    gettext_lazy("Accept: forget our copy of the old library"),
    consequences.of_forgetting,
    accept_another_library,
)


@require_http_methods(["GET", "HEAD", "POST"])
def missing(request: HttpRequest) -> HttpResponse:
    return decide(request, MISSING)


@require_http_methods(["GET", "HEAD", "POST"])
def another_library(request: HttpRequest) -> HttpResponse:
    return decide(request, ANOTHER_LIBRARY)


def decide(request: HttpRequest, decision: LibraryDecision) -> HttpResponse:
    """The facts and two buttons; sent, it is accepted. What is settled already leads back."""
    require(request.user, decision.permission if request.method == "POST" else VIEW)
    state = SyncState.peek()
    need = decision.need(state)
    if need is None:
        messages.info(request, _("This is settled."))
        return redirect("needs_you")
    if request.method == "POST":
        try:
            messages.success(request, decision.accept())
        except forgetting.Busy as error:
            messages.warning(request, translated(message_of(error)))
        return redirect("needs_you")
    after = id_of(request.GET.get("after") or "") or 0
    gone = sorted(pk for pk in state.missing("scenes") if pk > after) if decision.names else []
    context = {
        "need": need,
        "decision": decision,
        "consequence": decision.consequence(),
        "may": allowed(request.user, decision.permission),
        "scenes": Scene.objects.filter(pk__in=gone[:NAMED]).order_by("pk"),
        "after": after,
        "next": gone[NAMED - 1] if len(gone) > NAMED else 0,
        "known": counted(Scene.objects.present().count(), "scene"),
        "state": state,
        "stash": shown_address(configuration.current().stash_url),
    }
    return render(request, "scenes/needing/decide.html", context)
