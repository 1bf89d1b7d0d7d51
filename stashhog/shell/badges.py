"""The counts in the menu: of what needs a person, each as many as the page that it stands beside lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from scenes.web.needing.counting import recent_count
from scenes.web.needing.questions import sums_to_review

if TYPE_CHECKING:
    from jobs.permissions import AnyUser


def to_review(user: AnyUser) -> int:
    ((count, _scenes),) = sums_to_review()
    return int(count)


# By key: asked for a user who may open the page.
BADGES: Mapping[str, Callable[[AnyUser], int]] = {"review": to_review, "needs_you": recent_count.of}


def counts(keys: list[str], user: AnyUser) -> dict[str, int]:
    return {key: BADGES[key](user) for key in keys}
