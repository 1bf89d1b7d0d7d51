"""The last decisions of somebody's session, so that each can be undone, the last one first."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.http import HttpRequest

KEY = "review_decisions"
MOST = 30  # decisions


@dataclass(frozen=True)
class Done:
    """``at``: its time, by which its changes are found; ``text``: what was said of it; ``before``: their status."""

    at: str
    text: str
    before: str = ""
    made_rules: bool = False


def remember(request: HttpRequest, done: Done) -> None:
    kept = request.session.get(KEY, [])
    request.session[KEY] = [*kept, asdict(done)][-MOST:]


def last(request: HttpRequest) -> Done | None:
    kept = request.session.get(KEY)
    return Done(**kept[-1]) if kept else None


def forget_last(request: HttpRequest) -> None:
    request.session[KEY] = request.session.get(KEY, [])[:-1]
