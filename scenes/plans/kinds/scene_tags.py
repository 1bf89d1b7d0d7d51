"""What adding tags to scenes and removing them have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from scenes.clients.stash.client import ItemResult, StashClient, TagChange
from scenes.clients.stash.rows import UpdatedAtById
from scenes.plans.decisions import WriteDecision
from scenes.plans.kinds.kind import ChangeKind, Results

Answered = list[tuple[TagChange, ItemResult[UpdatedAtById]]]


class ChangesTags(ChangeKind):
    tag_in = "name"

    @abstractmethod
    def send(self, stash: StashClient, orders: Sequence[TagChange]) -> list[ItemResult[UpdatedAtById]]:
        """Ask Stash for it, at most PER_REQUEST orders."""

    def write(self, stash: StashClient, decisions: Sequence[WriteDecision]) -> Iterator[Results]:
        """Scenes that get the same tags in one order."""
        by_scene: dict[str, list[WriteDecision]] = {}
        for decision in decisions:
            by_scene.setdefault(str(decision.change.scene_id), []).append(decision)
        orders = [TagChange((pk,), tags_of(found)) for pk, found in by_scene.items()]
        for part in stash.portions.of(sorted(orders, key=lambda order: order.tag_ids)):
            for answered in self.answers(stash, together(part)):
                yield [
                    (decision, of_scene(pk, result))
                    for order, result in answered
                    for pk in order.scene_ids
                    for decision in by_scene[pk]
                    if decision.tag_id in order.tag_ids
                ]

    def answers(self, stash: StashClient, orders: Sequence[TagChange]) -> Iterator[Answered]:
        """What came of each, request by request.

        An order is done or refused as a whole: one that is refused is split by its scenes, then by its tags. So a
        scene or a tag that is gone meanwhile takes no other one with it.
        """
        results = list(zip(orders, self.send(stash, orders), strict=True))
        parts = {
            order: parts_of(order) for order, result in results if result.error and result.error.code == "rejected"
        }
        yield [(order, result) for order, result in results if not parts.get(order)]
        for part in stash.portions.of([smaller for order in parts for smaller in parts[order]]):
            yield from self.answers(stash, part)


def tags_of(decisions: Iterable[WriteDecision]) -> tuple[str, ...]:
    """Each tag once: a name and an alias may lead to the same one."""
    return tuple(sorted({decision.tag_id for decision in decisions}))


def together(orders: Sequence[TagChange]) -> list[TagChange]:
    """The same in fewer orders, for scenes one after the other that get the same tags."""
    groups = groupby(orders, key=lambda order: order.tag_ids)
    return [TagChange(tuple(pk for order in group for pk in order.scene_ids), tag_ids) for tag_ids, group in groups]


def parts_of(order: TagChange) -> list[TagChange]:
    """For each scene by itself; of one scene for each tag; none where it can't be divided."""
    if len(order.scene_ids) > 1:
        return [TagChange((pk,), order.tag_ids) for pk in order.scene_ids]
    return [TagChange(order.scene_ids, (pk,)) for pk in order.tag_ids] if len(order.tag_ids) > 1 else []


def of_scene(pk: str, result: ItemResult[UpdatedAtById]) -> ItemResult[str]:
    """What the answer to an order says of this scene."""
    return ItemResult((result.value or {}).get(pk), result.error)
