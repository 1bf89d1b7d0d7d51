"""The ids of a whole library, of which there may be a million."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from scenes.pieces import pieces

AT_ONCE = 2000  # compared as sets


class Ids:
    """Ids in ascending order, each once, in 8 bytes each: a set takes ten times as much.

    To be filled in about that order: an id that comes late moves all that are above it.
    """

    def __init__(self, ids: Iterable[int] = ()):
        self._ids = array("q")
        self.update(ids)

    def update(self, ids: Iterable[int]) -> None:
        """Add those that are not there yet."""
        kept = self._ids
        for number in ids:
            if not kept or number > kept[-1]:
                kept.append(number)
            elif number not in self:
                kept.insert(bisect_left(kept, number), number)

    def lacking(self, ids: Iterable[int]) -> set[int]:
        """Those of ``ids``, which come in ascending order, that are not here: few, as a rule."""
        found: set[int] = set()
        for part in pieces(ids, AT_ONCE):
            first, end = bisect_left(self._ids, part[0]), bisect_right(self._ids, part[-1])
            found |= set(part).difference(self._ids[first:end])
        return found

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        place = bisect_left(self._ids, number)
        return place < len(self._ids) and self._ids[place] == number

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and self._ids == other._ids

    __hash__ = None  # type: ignore[assignment]  # since it may get more
