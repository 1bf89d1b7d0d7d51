"""What succeeded and what failed in one attempt of a job, and what is at fault by that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from jobs.errors import JobError


class Suspect(NamedTuple):
    """What may be at fault instead of the item: a place, or the service in one of its ways to fail.

    ``place`` is a folder; "" stands for all that lies in no known one. ``service`` is an error code, and then the place
    does not matter.
    """

    place: str = ""
    service: str = ""


@dataclass(frozen=True, eq=False)
class Failure:
    """Of one item. ``reason``: a sentence for people."""

    suspect: Suspect
    reason: str


F = TypeVar("F", bound=Failure)


class Evidence(ABC, Generic[F]):
    """Tell it of each item with `succeeded` or `failed`; `item_failures` and `check` say what follows."""

    def __init__(self) -> None:
        self._cleared: set[Suspect] = set()  # of which an item succeeded
        self._pending: dict[Suspect, list[F]] = {}  # not attributed yet: those since the last success
        self._of_items: list[F] = []  # attributed, and not yet returned
        self._at_fault: dict[Suspect, JobError] = {}

    # --- what a service's own evidence says ---

    @abstractmethod
    def own_failures(self, failures: Sequence[F]) -> list[F]:
        """At the end, of a suspect's failures when none of its items succeeded: those that are the items' own."""

    @abstractmethod
    def error(self, suspect: Suspect, failures: Sequence[F]) -> JobError:
        """What a person can do about a suspect that is at fault for these."""

    def limit(self, suspect: Suspect) -> int | None:
        """The failures in a row after which the suspect is at fault, even if an item succeeded before.

        None: no number of them proves anything; one success clears the suspect for the whole attempt.
        """
        return None

    def service_error(self, failures: Sequence[F]) -> JobError | None:
        """What these failures say of the service itself, whatever else succeeded."""
        return None

    # --- what the job tells ---

    def succeeded(self, *suspects: Suspect) -> None:
        """An item came through: none of these is at fault, so the failures before are those of their items."""
        self._cleared.update(suspects)
        for suspect in suspects:
            self._of_items += self._pending.pop(suspect, [])

    def failed(self, failure: F) -> None:
        suspect, limit = failure.suspect, self.limit(failure.suspect)
        pending = self._pending.setdefault(suspect, [])
        pending.append(failure)
        if limit is not None and len(pending) >= limit:
            self._at_fault[suspect] = self.error(suspect, self._pending.pop(suspect))

    # --- what follows ---

    @property
    def is_service_at_fault(self) -> bool:
        """Whether a failure shows that, so that asking for further items is in vain."""
        return self.service_error(self._not_returned) is not None

    def is_at_fault(self, *suspects: Suspect) -> bool:
        """Whether any of them is, by the number of failures in a row."""
        return not self._at_fault.keys().isdisjoint(suspects)

    @property
    def is_near_a_limit(self) -> bool:
        """Whether a suspect has half of the failures that would put it at fault."""
        limits = ((len(failures), self.limit(suspect)) for suspect, failures in self._pending.items())
        return any(limit is not None and 2 * count >= limit - 1 for count, limit in limits)

    def item_failures(self, *, at_the_end: bool = False) -> list[F]:
        """Those that are certain by now to be their items' own, each returned once. ``at_the_end``: all is decided."""
        if self.is_service_at_fault:
            return []
        for suspect in list(self._pending):
            self._attribute(suspect, at_the_end)
        certain, self._of_items = self._of_items, []
        return certain

    def check(self) -> None:
        """After the last `item_failures`: raise what is wrong with the service or a place."""
        if error := self.service_error(self._not_returned):
            raise error
        for error in self._at_fault.values():
            raise error

    @property
    def _not_returned(self) -> list[F]:
        return [*self._of_items, *(failure for failures in self._pending.values() for failure in failures)]

    def _attribute(self, suspect: Suspect, at_the_end: bool) -> None:
        failures, is_cleared = self._pending[suspect], suspect in self._cleared
        if not at_the_end and (not is_cleared or self.limit(suspect) is not None):
            return
        own = failures if is_cleared else self.own_failures(failures)
        self._of_items += own
        if len(own) < len(failures):
            others = [failure for failure in failures if failure not in own]
            self._at_fault[suspect] = self.error(suspect, others)
        del self._pending[suspect]
