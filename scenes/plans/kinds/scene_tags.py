"""What adding tags to scenes and removing them have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from scenes.clients.stash.client import ItemResult, StashClient, TagChange
from scenes.clients.stash.rows import UpdatedAtById
from scenes.plans.decisions import Decision
from scenes.plans.kinds.kind import ChangeKind, Results

Answered = list[tuple[TagChange, ItemResult[str]]]


class ChangesTags(ChangeKind):
    tag_in = "name"

    @abstractmethod
    def send(self, stash: StashClient, orders: Sequence[TagChange]) -> list[ItemResult[UpdatedAtById]]:
        """Ask Stash for it, at most PER_REQUEST orders."""

    def write(self, stash: StashClient, decisions: Sequence[Decision]) -> Iterator[Results]:
        by_scene: dict[int, list[Decision]] = {}
        for decision in decisions:
            by_scene.setdefault(decision.change.scene_id, []).append(decision)
        orders = [TagChange((str(pk),), tags_of(found)) for pk, found in by_scene.items()]
        for part in stash.portions.of(sorted(orders, key=lambda order: order.tag_ids)):
            for answered in self.send_together(stash, part):
                pairs = [(by_scene[int(order.scene_ids[0])], result) for order, result in answered]
                yield [(decision, result) for found, result in pairs for decision in found]

    def send_together(self, stash: StashClient, orders: Sequence[TagChange]) -> Iterator[Answered]:
        """Scenes that get the same tags in one order, which is done or refused as a whole: then one order each.

        So a scene that is gone meanwhile takes no other one with it.
        """
        groups = [list(group) for _, group in groupby(orders, key=lambda order: order.tag_ids)]
        answers = zip(groups, self.send(stash, [together(group) for group in groups]), strict=True)
        whole: Answered = []
        parted: Answered = []
        for group, result in answers:
            (parted if must_part(group, result) else whole).extend((order, of_scene(order, result)) for order in group)
        yield whole
        if alone := [order for order, _ in parted]:
            yield [
                (order, of_scene(order, result)) for order, result in zip(alone, self.send(stash, alone), strict=True)
            ]


def tags_of(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """Each tag once: a name and an alias may lead to the same one."""
    return tuple(sorted({decision.tag_id for decision in decisions}))


def together(orders: Sequence[TagChange]) -> TagChange:
    return TagChange(tuple(order.scene_ids[0] for order in orders), orders[0].tag_ids)


def must_part(group: Sequence[TagChange], result: ItemResult[UpdatedAtById]) -> bool:
    """Whether one of several may be the reason why all of them were refused."""
    return len(group) > 1 and result.error is not None and result.error.code == "rejected"


def of_scene(order: TagChange, result: ItemResult[UpdatedAtById]) -> ItemResult[str]:
    """What the answer to all of them says of this one."""
    return ItemResult((result.value or {}).get(order.scene_ids[0]), result.error)
