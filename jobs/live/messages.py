"""What is sent: JSON texts. Programs get states, pages HTML; both a version, of which the lower one is the older one.

``{"type": "snapshot", "job": …}`` or, of a list, ``"jobs": [{"job": …}, …]``; ``{"type": "job", "job": …}`` for one
that changed. For programs ``job`` is its whole state, with params and result of a bounded size. For pages it is id,
type, status and version, with ``html`` beside it; and of a card that changed, in place of ``html``, ``base``: the
version that it builds on, and ``parts``: the HTML of what changed since then, by id (see `jobs.web.cards.parts`).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from pydantic_core import to_json

from jobs.live.audience import PAGE, Audience
from jobs.permissions import as_perms
from jobs.web.cards.card import Card
from jobs.web.cards.parts import Parts
from jobs.web.cards.snapshot import Snapshot
from jobs.web.schemas import ListedJob


@dataclass(frozen=True)
class Rendered:
    """A card as it is shown to an audience."""

    job: dict[str, Any]
    parts: Parts

    @property
    def version(self) -> int:
        return int(self.job["version"])

    def whole(self, pause: str) -> str:
        return message("snapshot", job=self.job, html=self.parts.html(), pause=pause)

    def since(self, before: Rendered) -> str:
        return message("job", job=self.job, base=before.version, parts=self.parts.since(before.parts))


def rendered(card: Card, audience: Audience, before: Rendered | None = None) -> Rendered:
    """The card for holders of these permissions, without buttons for what they may not do.

    ``before``: an older state of it, of the same audience, of which what would become the same again is taken.
    """
    context = {"card": card, "perms": as_perms(audience.held), "is_live": True}
    with in_language(audience):
        parts = Parts.rendered("jobs/_card.html", context, before.parts if before else None)
    return Rendered(brief(card.snapshot), parts)


def row_message(snapshot: Snapshot, audience: Audience, kind: str = "job") -> str:
    """A job as a list shows it, or as a program gets it."""
    return message(kind, **entry(snapshot, audience))


def list_message(jobs: Iterable[Snapshot], audience: Audience, pause: str = "") -> str:
    """A page of a list."""
    return message("snapshot", jobs=[entry(snapshot, audience) for snapshot in jobs], pause=pause)


def entry(snapshot: Snapshot, audience: Audience) -> dict[str, Any]:
    if audience.kind != PAGE:
        return {"job": ListedJob.of(snapshot)}
    with in_language(audience):
        return {"job": brief(snapshot), "html": render_to_string("jobs/_row.html", {"snapshot": snapshot})}


def brief(snapshot: Snapshot) -> dict[str, Any]:
    job = snapshot.job
    return {"id": str(job.pk), "type": job.type, "status": str(job.status), "version": snapshot.version}


def in_language(audience: Audience) -> AbstractContextManager[None]:
    return translation.override(audience.language or None)


def message(kind: str, **content: Any) -> str:
    return to_json({"type": kind, **content}).decode()
