"""What was rejected, edited or taken back for a scene: known again though it would be written differently by now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from scenes.models import Change, Tag
from scenes.plans.proposing import tag_key
from scenes.plans.values import change_key

STATUSES = (Change.Status.REJECTED, Change.Status.REVERTED)
NOT_AGAIN = Q(status__in=STATUSES)
# What was proposed is not wanted, whatever became of what it was edited to. The time is for the index.
EDITED = Q(~Q(proposed_key=""), edited_at__isnull=False)
SHARE = 0.5  # of a marker that one which is not wanted covers: then it is not wanted either


@dataclass(frozen=True)
class RefusedMarker:
    """``tag``: as in `Change.tag`. Times are seconds; ``end`` None: a moment."""

    tag: str
    start: float
    end: float | None

    def is_like(self, value: dict[str, Any]) -> bool:
        """Whether a marker of this value is of the same tag, and about here: another model sees other times."""
        if tag_key(value["tag"]) != self.tag:
            return False
        start, end = value["start"], value["end"]
        ours = self.start if self.end is None else self.end
        theirs = start if end is None else end
        common: float = min(ours, theirs) - max(self.start, start)
        return common >= 0 and common >= SHARE * (theirs - start)


def markers(of_these: Q) -> Iterator[tuple[int, RefusedMarker]]:
    """With the ids of their scenes; of an edited one both values."""
    for refused in (NOT_AGAIN, EDITED):
        rows = Change.objects.filter(of_these, refused, kind=Change.Kind.ADD_MARKER)
        for scene_id, *values in rows.values_list("scene_id", "value", "proposed_value"):
            for value in filter(None, values):
                yield scene_id, RefusedMarker(tag_key(value["tag"]), value["start"], value["end"])


def key_of_removal(value: dict[str, Any]) -> str:
    """Of the removal of a marker, whatever the marker's id is: one that was made again has another."""
    return change_key(Change.Kind.REMOVE_MARKER, {name: part for name, part in value.items() if name != "marker_id"})


def removals(of_these: Q) -> list[tuple[int, str]]:
    """Scene id and `key_of_removal` of markers that are to stay."""
    rows = Change.objects.filter(of_these, NOT_AGAIN, kind=Change.Kind.REMOVE_MARKER)
    return [(scene_id, key_of_removal(value)) for scene_id, value in rows.values_list("scene_id", "value")]


def tags_by_their_names_now(of_these: Q) -> list[tuple[int, str]]:
    """Scene id and key of the same change by the name that its tag has now: somebody may have renamed it since."""
    rows = Change.objects.filter(of_these, NOT_AGAIN, kind=Change.Kind.ADD_TAG, stash_tag__isnull=False)
    pairs = list(rows.values_list("scene_id", "stash_tag"))
    names = dict(Tag.objects.filter(pk__in={tag for _, tag in pairs}).values_list("pk", "name"))
    keys = {tag: change_key(Change.Kind.ADD_TAG, {"name": name}) for tag, name in names.items()}
    return [(scene, keys[tag]) for scene, tag in pairs if tag in keys]
