"""Stash → our tables. What each question to Stash can and can't see is written beside it in `scenes.clients`.

``pending`` asks the cheap questions alone; ``run`` makes one pass, over what differs or over everything.
"""

from scenes.sync.differences import Pending, pending
from scenes.sync.passes import run

__all__ = ["Pending", "pending", "run"]
