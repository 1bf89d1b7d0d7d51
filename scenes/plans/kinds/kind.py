"""What has to be known of a kind of change: how one is decided on, written to Stash, and noted in our copy of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from scenes.clients.stash.client import ItemResult, StashClient
from scenes.clients.stash.rows import SceneInStash
from scenes.models import Change
from scenes.plans.decisions import WriteDecision

Results = list[tuple[WriteDecision, ItemResult[Any]]]


@dataclass(frozen=True)
class Inverse:
    """What takes a change back: a change of this ``kind`` and ``value``, about Stash's tag ``tag_id`` ("" for none)."""

    kind: str
    value: dict[str, Any]
    tag_id: str = ""


class ChangeKind(ABC):
    """One kind of change."""

    tag_in: ClassVar[str] = ""  # where in a change's ``value`` the name of its tag is; "": it has none
    reads_details: ClassVar[bool] = False  # whether it has to know the scene's details, which may be long
    makes_tag: ClassVar[bool] = False  # whether its tag is made where it is missing

    @abstractmethod
    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        """``tag_id``: Stash's id of the tag that the change names, if there is such a tag."""

    @abstractmethod
    def write(self, stash: StashClient, decisions: Sequence[WriteDecision]) -> Iterator[Results]:
        """Write these to Stash; what came of them after each request, to be recorded before the next one."""

    @abstractmethod
    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        """Note in our copy of Stash what these did to it, as far as that is cheap to know. Again is harmless."""

    def inverse(self, change: Change) -> Inverse | None:
        """What takes back a change that was applied and wrote something; None: nothing does."""
        return None
