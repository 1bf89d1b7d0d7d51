"""Which changes the page is asked for: of one status, and if wanted of a scene, a plan, a tag; from where on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from jobs.declare.ids import id_of
from jobs.errors import BadRequest
from jobs.web.paging import id_after
from scenes.models import Change
from scenes.models.plans import OF_PRESENT_SCENE, ChangeQuerySet
from scenes.plans.review.selection import Selection, about_tag

Status = Change.Status
LONGEST_TAG = 255  # characters
ROWS: dict[str, Callable[[], ChangeQuerySet]] = {
    Status.PROPOSED: lambda: Change.objects.to_review(),
    Status.APPROVED: lambda: Change.objects.to_write().filter(OF_PRESENT_SCENE),
    Status.REJECTED: lambda: Change.objects.filter(OF_PRESENT_SCENE, status=Status.REJECTED),
    Status.APPLIED: lambda: Change.objects.filter(OF_PRESENT_SCENE, status=Status.APPLIED),
}
TITLES = {
    Status.PROPOSED: _("To review"),
    Status.APPROVED: _("Approved, not yet written"),
    Status.REJECTED: _("Rejected"),
    Status.APPLIED: _("Written"),
}


@dataclass(frozen=True)
class Button:
    """Of a change: what it does, what it says, and its key."""

    act: str
    label: str
    key: str = ""
    tone: str = ""


REJECT, APPROVE = Button("reject", _("Reject"), "r", "no"), Button("approve", _("Approve"), "a", "yes")
BUTTONS = {
    Status.PROPOSED: (APPROVE, REJECT),
    Status.APPROVED: (REJECT, Button("reopen", _("Back to the review"))),
    Status.REJECTED: (Button("approve", _("Approve after all"), "a", "yes"), Button("reopen", _("Back to the review"))),
    Status.APPLIED: (Button("revert", _("Undo in Stash"), "r", "no"),),
}


@dataclass(frozen=True)
class ReviewQuery:
    """``after``: the last scene of the page before or, where one scene is asked for, its last change; 0: none.

    ``all_tags``: names all of them, and not the usual few.
    """

    status: str = Status.PROPOSED
    scene_id: int | None = None
    plan_id: int | None = None
    tag: str = ""
    after: int = 0
    all_tags: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ReviewQuery:
        """From an address or a form. Raises BadRequest for what names nothing."""
        status = given.get("status") or Status.PROPOSED
        tag = str(given.get("tag") or "").strip()
        if status not in ROWS or len(tag) > LONGEST_TAG or "\0" in tag:
            raise BadRequest(gettext("There is no such list of changes."))
        ids = {name: id_of(given[name]) for name in ("scene", "plan") if given.get(name)}
        for name, number in ids.items():
            if number is None:
                raise BadRequest(gettext("{text!r} is no id.").format(text=given[name][:50]))
        return cls(
            status,
            ids.get("scene"),
            ids.get("plan"),
            tag,
            id_after(given.get("after") or ""),
            given.get("tags") == "all",
        )

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Of each change, in the reader's language."""
        return tuple(replace(button, label=gettext(button.label)) for button in BUTTONS[Status(self.status)])

    @property
    def is_filtered(self) -> bool:
        return bool(self.scene_id or self.plan_id or self.tag)

    @property
    def is_open(self) -> bool:
        """Whether these are few: what still waits, and not all that ever was."""
        return self.status in Change.OPEN

    def rows(self) -> ChangeQuerySet:
        """All of them, whatever the page."""
        rows = ROWS[self.status]()
        if self.scene_id:
            rows = rows.filter(scene=self.scene_id)
        if self.plan_id:
            rows = rows.filter(plan=self.plan_id)
        return rows.filter(about_tag(self.tag)) if self.tag else rows

    def selection(self) -> Selection:
        """What it is narrowed to; everything where it is not."""
        return Selection(self.plan_id, self.scene_id, self.tag)

    def but(self, **fields: Any) -> ReviewQuery:
        """Likewise, from its first page on, with these fields."""
        return replace(self, **{"after": 0, **fields})

    def values(self) -> dict[str, str]:
        """As in an address or a form: without what is as it is by itself."""
        status = "" if self.status == Status.PROPOSED else str(self.status)
        values = {
            "status": status,
            "scene": self.scene_id,
            "plan": self.plan_id,
            "tag": self.tag,
            "after": self.after,
            "tags": "all" if self.all_tags else "",
        }
        return {name: str(value) for name, value in values.items() if value}

    @property
    def query(self) -> str:
        return urlencode(self.values())

    @property
    def address(self) -> str:
        return f"{reverse('review')}?{self.query}" if self.query else reverse("review")
