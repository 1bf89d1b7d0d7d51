"""What adding performers to scenes and removing them have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

from scenes.clients.stash.client import ItemResult, PerformerChange, StashClient
from scenes.clients.stash.rows import UpdatedAtById
from scenes.plans.decisions import WriteDecision
from scenes.plans.kinds.kind import ChangeKind, Results


class ChangesPerformers(ChangeKind):
    """A performer is known by the id, and stays the same one under another name."""

    @abstractmethod
    def send(self, stash: StashClient, orders: Sequence[PerformerChange]) -> list[ItemResult[UpdatedAtById]]:
        """Ask Stash for it, at most PER_REQUEST scenes."""

    def write(self, stash: StashClient, decisions: Sequence[WriteDecision]) -> Iterator[Results]:
        """One order each, so that a performer who was destroyed takes no other one of the scene along."""
        for part in stash.portions.of(decisions):
            orders = [PerformerChange(str(d.change.scene_id), (str(d.change.value["id"]),)) for d in part]
            yield list(zip(part, self.send(stash, orders), strict=True))
