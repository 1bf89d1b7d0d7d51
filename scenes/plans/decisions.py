"""What is to become of a change, seeing what its scene is like in Stash right now."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from scenes.models import Change


class WriteAction(Enum):
    """WRITE: Stash has to be changed. ALREADY_THERE: it is as wanted. LEAVE: not to be touched. FAIL: can't be.

    UNSEEN: Stash's answer lacks what we know to be there; the sync decides whether it was destroyed.
    """

    WRITE = "write"
    ALREADY_THERE = "there"
    LEAVE = "leave"
    FAIL = "fail"
    UNSEEN = "unseen"

    @classmethod
    def write_unless(cls, present: bool) -> WriteAction:
        return cls.ALREADY_THERE if present else cls.WRITE


@dataclass
class WriteDecision:
    """About one change. ``before`` and ``after`` are what `Change` keeps: see the modules in `scenes.plans.kinds`.

    ``again``: it was intended before, and what came of that is not known.
    """

    change: Change
    action: WriteAction
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    tag_id: str = ""
    reason: str = ""
    again: bool = False
