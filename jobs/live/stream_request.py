"""How a route asks for a stream of events instead of its answer; apart from what sends it, which pages don't need."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Self

from jobs.live.seats import Seats

FOLLOW = b"x-follow-events"
seats = Seats(of_a_user=10, in_all=100)


@dataclass(frozen=True)
class Following:
    """Whose events somebody follows, after which one."""

    user_id: int
    job_id: uuid.UUID
    root_id: uuid.UUID
    after: int

    def as_header(self) -> str:
        return f"{self.user_id} {self.job_id} {self.root_id} {self.after}"

    @classmethod
    def of(cls, header: bytes) -> Self:
        user_id, job_id, root_id, after = header.decode().split()
        return cls(int(user_id), uuid.UUID(job_id), uuid.UUID(root_id), int(after))
