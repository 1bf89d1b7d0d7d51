"""Files that a dry run has only planned to place: from then on they are seen as if they were there.

A real run has none of them. Whoever looks at a path of the library looks at ``seen(path)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Planned:
    """``source``: the file that would be there; None: a path that would be empty. ``is_copy``: not another link."""

    source: Path | None
    is_copy: bool = False


NOTHING: Mapping[Path, Planned] = {}
_planned: ContextVar[Mapping[Path, Planned]] = ContextVar("planned", default=NOTHING)


@contextmanager
def planning(planned: Mapping[Path, Planned]) -> Iterator[None]:
    """In the block, these count; more may be added to them."""
    token = _planned.set(planned)
    try:
        yield
    finally:
        _planned.reset(token)


def of(path: Path) -> Planned | None:
    """What is planned for this path."""
    return _planned.get().get(path)


def seen(path: Path) -> Path:
    """Where what would be at the path is now; a path at which nothing can be if nothing would be."""
    planned = of(path)
    if planned is None:
        return path
    return planned.source or path / "nothing"  # it is a file now, so there is nothing below it
