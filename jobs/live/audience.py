"""Viewers who are sent the same: for them a change is read and rendered once, however many they are."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Self

from django.conf import settings

from jobs.permissions import ON_CARDS, held_on_cards

if TYPE_CHECKING:
    from jobs.permissions import AnyUser

STATE, PAGE, EVENTS = "state", "page", "events"


class Audience(NamedTuple):
    """``root_id``: of the run whose card they watch; None: the list of jobs, whose rows have no buttons.

    ``kind``: STATE for programs, which get a job's whole state; PAGE for pages, which get HTML in ``language`` with the
    buttons that the permissions ``held`` allow; EVENTS for those who read events, and only want to know when.
    """

    root_id: uuid.UUID | None
    kind: str = STATE
    held: frozenset[str] = frozenset()
    language: str = ""

    @classmethod
    def asked_for(cls, root_id: uuid.UUID | None, given: Mapping[str, str], user: AnyUser) -> Self:
        """By the query string of a connection: ``as=html`` and ``lang``."""
        if given.get("as") != "html":
            return cls(root_id)
        held = held_on_cards(user) if root_id else frozenset()
        return cls(root_id, PAGE, held, language_of(given.get("lang", "")))

    @property
    def group(self) -> str:
        """Their group in the channel layer."""
        whose = f"job.{self.root_id}" if self.root_id else "jobs"
        return ".".join([whose, self.kind, *filter(None, [self.language]), *sorted(self.held)])

    @property
    def mark(self) -> str:
        """Tells whether what a page shows was rendered for this audience: its buttons, its language."""
        return hashlib.sha256(self.group.encode()).hexdigest()[:8]

    def may_still(self, user: AnyUser) -> bool:
        """Whether what they are sent has the buttons of this user."""
        return self.kind != PAGE or self.root_id is None or held_on_cards(user) == self.held


def language_of(asked: str) -> str:
    """The one of the settings that a page names as its own; the project's where there is no such."""
    known = {code.lower() for code, _ in settings.LANGUAGES}
    wanted = (asked.lower(), settings.LANGUAGE_CODE.lower())
    return next((code for language in wanted for code in (language, language.partition("-")[0]) if code in known), "")


def group_of(root_id: uuid.UUID, held: frozenset[str] = ON_CARDS) -> str:
    """The group of the pages that show a run to holders of these permissions, in the project's language."""
    return Audience(root_id, PAGE, held, language_of("")).group
