"""Slots: who holds one may ask one question, so that all jobs together ask no more at once than the taggers bear.

A slot is held as long as the claim of its job, which the heartbeat renews, so that neither a slow language model nor a
long write between two films loses it. One of a process that is gone is free at once where that can be known.
Holding one longer than a question saves a write for each film: whoever has more films keeps it.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs import clock
from jobs.context import JobContext
from jobs.engine import process_id
from scenes.models import TaggerSlot

CHECK_EVERY = 10.0  # seconds between two looks whether those that are held are still ours
TAIL_EVERY = 0.2  # seconds between two looks whether one is free, of a job that has nothing left to ask


@dataclass(frozen=True)
class Slot:
    """One that is held. ``address``: the key of the tagger that it is for."""

    number: int
    token: uuid.UUID
    address: str


class Slots:
    """Those that a job holds. ``limit``: how many there are in all; ``addresses``: keys of the taggers."""

    def __init__(self, job: JobContext, limit: int, addresses: Sequence[str]):
        self.job, self.limit, self.addresses = job, limit, addresses
        self.held: dict[uuid.UUID, Slot] = {}
        self._looked = time.monotonic()
        self._counted = -TAIL_EVERY

    def take(self, avoid: Collection[str] = ()) -> Slot | None:
        """A free one, for the tagger that is asked least; None if there is none. ``avoid``: taggers that are away.

        Raises ClaimLost or Cancelled.
        """
        addresses = [address for address in self.addresses if address not in avoid]
        if not addresses:
            return None
        while not self.are_all_held:
            free, busy = self._free_and_busy()
            if busy.total() >= self.limit or not free:
                return None
            address = min(addresses, key=busy.__getitem__)
            # Others that choose this tagger now want the same row, so that one alone gets it, and they look again.
            usual = (row for row in free if self.addresses[(row.number - 1) % len(self.addresses)] == address)
            row = next(usual, free[0])
            if slot := self._claim(row, address):
                return slot
        return None

    def _free_and_busy(self) -> tuple[list[TaggerSlot], Counter[str]]:
        """Those that may be taken, and how many are held by whomever, by the tagger that they are for."""
        rows = list(TaggerSlot.objects.select_related("job"))
        if len(rows) < self.limit:
            made = [TaggerSlot(number=number) for number in range(1, self.limit + 1)]
            TaggerSlot.objects.bulk_create(made, ignore_conflicts=True)
            rows = list(TaggerSlot.objects.select_related("job"))
        now = clock.now()
        free = [row for row in rows if is_free(row, now)]
        return [row for row in free if row.number <= self.limit], Counter(
            row.address for row in rows if row not in free
        )

    @property
    def are_all_held(self) -> bool:
        """By this job."""
        return len(self.held) >= self.limit

    def is_one_free(self) -> bool:
        """Asked of the database at most every TAIL_EVERY seconds."""
        if time.monotonic() - self._counted < TAIL_EVERY:
            return False
        self._counted = time.monotonic()
        return self._free_and_busy()[1].total() < self.limit

    def _claim(self, row: TaggerSlot, address: str) -> Slot | None:
        slot = Slot(row.number, uuid.uuid4(), address)
        # Of two jobs of a cancelled run the one that hears of it first sets its slots free: the other takes none.
        with self.job.transaction():
            claimed = TaggerSlot.objects.filter(number=row.number, token=row.token).update(
                token=slot.token,
                address=address,
                process=process_id.current(),
                claim=self.job.token,
                job_id=self.job.id,
            )
        if not claimed:
            return None
        self.held[slot.token] = slot
        return slot

    def look(self) -> None:
        """Whether those that are held are still ours; to be called often.

        While the lease of the job was over, as after a long freeze, somebody else may have taken one.
        """
        if not self.held or time.monotonic() - self._looked < CHECK_EVERY:
            return
        self._looked = time.monotonic()
        tokens = set(TaggerSlot.objects.filter(token__in=list(self.held)).values_list("token", flat=True))
        self.held = {token: slot for token, slot in self.held.items() if token in tokens}

    def release(self, *slots: Slot) -> None:
        tokens = [slot.token for slot in slots]
        if tokens:
            TaggerSlot.objects.filter(token__in=tokens).update(token=None, claim=None)
        for token in tokens:
            self.held.pop(token, None)


def is_free(row: TaggerSlot, now: datetime) -> bool:
    """Nobody holds it, or whoever did has lost the claim of its job, or is gone."""
    job = row.job
    return (
        row.token is None
        or job is None
        or job.claim_token != row.claim
        or job.lease_until is None
        or clock.is_over(job.lease_until, now)
        or (bool(row.process) and process_id.is_gone(row.process))
    )
