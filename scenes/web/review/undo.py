"""The last decisions of somebody's session, so that each can be undone, the last one first."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest

from scenes.models import Change
from scenes.models.reviewed import Via
from scenes.plans.review.deciding import NOT_WRITTEN
from scenes.web.review.acts import DecisionMade

KEY = "review_decided"
MOST = 30  # decisions


def remember(request: HttpRequest, decision: DecisionMade) -> None:
    kept = request.session.get(KEY, [])
    request.session[KEY] = [*kept, asdict(decision)][-MOST:]


def decisions(request: HttpRequest) -> list[DecisionMade]:
    """The last one first."""
    return [DecisionMade(**stored) for stored in reversed(request.session.get(KEY, []))]


def offered(request: HttpRequest) -> DecisionMade | None:
    """The last one that is not wholly written by now, or decided otherwise by somebody else."""
    known = decisions(request)
    mine = Change.objects.filter(NOT_WRITTEN, decided_via=Via.PAGE, decided_by=request.user.pk)
    left = set(mine.filter(decided_at__in=[made.at for made in known]).values_list("decided_at", flat=True).distinct())
    times = {at.isoformat() for at in left if at}
    return next((made for made in known if made.at in times), None)


def meant(request: HttpRequest, at: str) -> DecisionMade | None:
    """The one of this time, which the button named; the last one, if it named none."""
    known = decisions(request)
    return next((made for made in known if made.at == at), known[0] if known else None)


def forget(request: HttpRequest, decision: DecisionMade) -> None:
    request.session[KEY] = [stored for stored in request.session.get(KEY, []) if stored["at"] != decision.at]
