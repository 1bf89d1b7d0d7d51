"""The counts in the menu: of what needs a person, each as many as the page that it stands beside lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from scenes.web.needing.counting import recent_count
from scenes.web.needing.questions import sums_to_review

if TYPE_CHECKING:
    from jobs.permissions import AnyUser


def to_review(user: AnyUser, *, fresh: bool) -> int:
    ((count, _scenes),) = sums_to_review()
    return int(count)


# By key: asked for a user who may open the page; ``fresh`` on that page itself.
BADGES: Mapping[str, Callable[..., int]] = {"review": to_review, "needs_you": recent_count.of}


def counts(keys: list[str], user: AnyUser, here: str) -> dict[str, int]:
    """``here``: the key of the badge whose page is shown."""
    return {key: BADGES[key](user, fresh=key == here) for key in keys}
