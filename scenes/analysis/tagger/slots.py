"""Slots: who holds one may ask one question, so that all jobs together ask no more at once than the taggers bear.

Rows with leases. A slot of a process that is gone is free at once where that can be known, else when its lease ends.
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

RENEW_EVERY = 10.0  # seconds
LEASE = 90.0  # seconds, of which a job may spend some on waiting to ask once more


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
        self._renewed = time.monotonic()

    def take(self, avoid: Collection[str] = ()) -> Slot | None:
        """A free one, for the tagger that is asked least; None if there is none. ``avoid``: taggers that are away."""
        rows = list(TaggerSlot.objects.all())
        if len(rows) < self.limit:
            TaggerSlot.objects.bulk_create(
                [TaggerSlot(number=number) for number in range(1, self.limit + 1)], ignore_conflicts=True
            )
            rows = list(TaggerSlot.objects.all())
        now = clock.now()
        free = [row for row in rows if _is_free(row, now)]
        busy = Counter(row.address for row in rows if row not in free)
        addresses = [address for address in self.addresses if address not in avoid]
        if busy.total() >= self.limit or not addresses:
            return None
        address = min(addresses, key=lambda one: busy[one])
        return next(filter(None, (self._claim(row, address) for row in free if row.number <= self.limit)), None)

    def _claim(self, row: TaggerSlot, address: str) -> Slot | None:
        slot = Slot(row.number, uuid.uuid4(), address)
        claimed = TaggerSlot.objects.filter(number=row.number, token=row.token).update(
            token=slot.token,
            address=address,
            process=process_id.current(),
            lease_until=clock.now() + clock.lease(LEASE),
            job_id=self.job.id,
        )
        if not claimed:
            return None
        self.held[slot.token] = slot
        return slot

    def renew(self) -> None:
        """Keep those that are held; to be called often.

        One whose lease ended meanwhile may be somebody else's by now: it is held no longer.
        """
        if not self.held or time.monotonic() - self._renewed < RENEW_EVERY:
            return
        self._renewed = time.monotonic()
        ours = TaggerSlot.objects.filter(token__in=list(self.held))
        if ours.update(lease_until=clock.now() + clock.lease(LEASE)) < len(self.held):
            tokens = set(ours.values_list("token", flat=True))
            self.held = {token: slot for token, slot in self.held.items() if token in tokens}

    def give_back(self, *slots: Slot) -> None:
        tokens = [slot.token for slot in slots]
        if tokens:
            TaggerSlot.objects.filter(token__in=tokens).update(token=None, lease_until=None)
        for token in tokens:
            self.held.pop(token, None)


def _is_free(row: TaggerSlot, now: datetime) -> bool:
    if row.token is None or row.lease_until is None or clock.is_over(row.lease_until, now):
        return True
    return bool(row.process) and process_id.is_gone(row.process)
