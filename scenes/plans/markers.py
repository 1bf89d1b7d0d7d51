"""Whether a marker of Stash is the one that a change is about."""

from __future__ import annotations

from scenes.clients.stash.names import folded
from scenes.clients.stash.rows import MarkerInStash
from scenes.models import Change, Tag
from scenes.plans.values import spot_of, spot_of_marker


def is_meant(marker: MarkerInStash, change: Change, tag_id: str) -> bool:
    """Whether it has the tag, title and times of the change."""
    return marker.primary_tag_id == tag_id and spot_of_marker(marker) == spot_of(change.value)


def has_tag_of(marker: MarkerInStash, change: Change) -> bool:
    """Whether it has the tag that the change means, as far as we know: Stash's list of tags lacks its name."""
    name = Tag.objects.filter(pk=marker.primary_tag_id).values_list("name", flat=True).first()
    return name is not None and folded(name) == folded(change.value["tag"])
