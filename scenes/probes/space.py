"""How much room a disk has, and when that is little."""

from __future__ import annotations

from django.template.defaultfilters import filesizeformat

from jobs.texts.translatable import Translatable as _

LITTLE = 1024**3  # bytes
SMALL_SHARE = 0.02  # of a disk


def is_low(free: int, total: int) -> bool:
    """In bytes."""
    return free < min(LITTLE, total // 10) or free < SMALL_SHARE * total


def room(free: int, total: int) -> str:
    return _("{free} of {total}", free=filesizeformat(free), total=filesizeformat(total))
