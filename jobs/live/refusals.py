"""Whether who watches still may: asked every few seconds for all open pages, once for each session or token."""

from __future__ import annotations

import asyncio
from typing import Any

from channels.db import database_sync_to_async

from jobs.live.audience import Audience
from jobs.live.auth import proof_of, user_of
from jobs.permissions import VIEW, allowed

# Close codes. A page asks for a new login after the first; after the second it connects again, and gets what its user
# may have now.
LOG_IN_AGAIN, PERMISSIONS_CHANGED = 4401, 4403


class Refusals:
    """What was found in the sweep that is under way."""

    def __init__(self) -> None:
        self._begin("")

    def _begin(self, sweep: str) -> None:
        self._sweep = sweep
        self._found: dict[tuple[Any, ...], int] = {}
        # One after the other, or an update that is read meanwhile would wait for all of them.
        self._turn = asyncio.Lock()

    async def of(self, scope: dict[str, Any], audience: Audience, sweep: str) -> int:
        """The code to close with when the user is no longer allowed, or has other permissions than before; else 0."""
        if sweep != self._sweep:
            self._begin(sweep)
        found, key = self._found, (proof_of(scope), audience)
        async with self._turn:
            if key not in found:
                found[key] = await database_sync_to_async(refusal)(scope, audience)
        return found[key]


def refusal(scope: dict[str, Any], audience: Audience) -> int:
    user = user_of(scope)
    if user is None:
        return LOG_IN_AGAIN
    if not allowed(user, VIEW):
        return PERMISSIONS_CHANGED
    return 0 if audience.may_still(user) else PERMISSIONS_CHANGED


refusals = Refusals()
