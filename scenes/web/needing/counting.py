"""How much needs a person: as many as the page has causes, so that the badge is what it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.permissions import allowed
from scenes.permissions import VIEW
from scenes.web.needing import failures, questions

if TYPE_CHECKING:
    from jobs.permissions import AnyUser


def count_for(user: AnyUser) -> int:
    """Causes that the page shows this user; 0 for who may not see it."""
    if not allowed(user, VIEW):
        return 0
    return len(failures.groups()) + len(questions.causes())
