"""Names of the library that are found in a path, as Stash's auto tag looks for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from ..library.records import Performer, Scene, Studio, Tag
from ..library.state import LibraryState

Record = TypeVar("Record", Performer, Studio, Tag)
SEPARATORS = r"[\s._-]*"


def named_in(path: str, records: Iterable[Record]) -> list[Record]:
    """Those whose name, or one of whose aliases, is in it as whole words; never one that is to be left alone."""
    taken: list[Record] = []
    for record in records:
        aliases: list[str] = record.alias_list if isinstance(record, Performer) else record.aliases
        if not record.ignore_auto_tag and any(has_name(path, name) for name in [record.name, *aliases]):
            taken.append(record)
    return taken


def has_name(path: str, name: str) -> bool:
    words = SEPARATORS.join(map(re.escape, name.split()))
    return bool(words) and re.search(rf"(?<![^\W_]){words}(?![^\W_])", path, re.IGNORECASE) is not None


def tag_by_path(state: LibraryState, scene: Scene, kinds: Iterable[str]) -> bool:
    """Add what the scene's path names, of the kinds given; nothing is removed. Returns whether it changed."""
    file = state.primary_file(scene)
    if file is None:
        return False
    before = (list(scene.tag_ids), list(scene.performer_ids), scene.studio_id)
    if "tags" in kinds:
        merge(scene.tag_ids, [tag.id for tag in named_in(file.path, state.tags.values())])
    if "performers" in kinds:
        merge(scene.performer_ids, [performer.id for performer in named_in(file.path, state.performers.values())])
    if "studios" in kinds and scene.studio_id is None:
        scene.studio_id = next((studio.id for studio in named_in(file.path, state.studios.values())), None)
    if before == (scene.tag_ids, scene.performer_ids, scene.studio_id):
        return False
    state.touch(scene)
    return True


def merge(ids: list[int], others: Iterable[int]) -> None:
    ids.extend(other for other in others if other not in ids)
