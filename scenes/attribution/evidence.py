"""What succeeded and what failed in one attempt of a job, and what is at fault by that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from jobs.errors import JobError
from scenes.attribution.clues import Clue


class Suspect(NamedTuple):
    """What may be at fault instead of the item: a place, or the service in one of its ways to fail.

    ``place`` is a folder, found by the entry ``mapping`` of the path mapping; "" stands for all that lies in no known
    one. ``service`` is an error code, and then the place does not matter.
    """

    place: str = ""
    mapping: str = ""
    service: str = ""


@dataclass(frozen=True, eq=False)
class Failure:
    """Of one item. ``reason``: a sentence for people. ``failed_before``: an earlier failure was attributed to it."""

    suspect: Suspect
    reason: str
    clue: Clue = Clue.UNCLEAR
    failed_before: bool = False


class Memory(Protocol):
    """What earlier jobs learnt of suspects. `scenes.attribution.places` keeps it in rows."""

    def is_trusted(self, suspect: Suspect) -> bool:
        """Whether something succeeded there since it last looked away."""

    def succeeded(self, suspect: Suspect) -> None: ...

    def looked_away(self, suspect: Suspect, reason: str) -> None: ...

    def why_away(self, suspect: Suspect) -> str:
        """What a look by StashHog itself shows to be wrong there now; "" if nothing does."""


F = TypeVar("F", bound=Failure)


class FailureEvidence(ABC, Generic[F]):
    """Tell it of each item with `succeeded` or `failed`; `item_failures` and `check` say what follows."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self._cleared: set[Suspect] = set()  # of which an item succeeded
        self._pending: dict[Suspect, list[F]] = {}  # not attributed yet: those since the last success
        self._of_items: list[F] = []  # attributed, and not yet returned
        self._of_service: list[F] = []
        self._at_fault: dict[Suspect, JobError] = {}
        self.in_doubt: list[F] = []  # that are attributed to a suspect, and so count as not attempted

    # --- what a service's own evidence says ---

    @abstractmethod
    def error(self, suspect: Suspect, failures: Sequence[F]) -> JobError:
        """What a person can do about a suspect that is at fault, or in doubt, for these."""

    def limit(self, suspect: Suspect) -> int | None:
        """The failures in a row after which the suspect is at fault, even if an item succeeded before.

        None: no number of them proves anything.
        """
        return None

    def service_error(self, failures: Sequence[F]) -> JobError:
        """What is wrong with the service when these say what no item can cause."""
        return JobError("service_at_fault", failures[0].reason)

    # --- what the job tells ---

    def succeeded(self, *suspects: Suspect) -> None:
        """An item came through: none of these is at fault, so the failures before are those of their items."""
        for suspect in suspects:
            if suspect not in self._cleared:
                self.memory.succeeded(suspect)
            self._cleared.add(suspect)
            if self._pending.get(suspect) and not self.memory.why_away(suspect):
                self._of_items += self._pending.pop(suspect)

    def failed(self, failure: F) -> None:
        """Told in the order in which the service came to the items."""
        if failure.clue is Clue.ITEM:
            self._of_items.append(failure)
            return
        if failure.clue is Clue.SERVICE:
            self._of_service.append(failure)
            return
        suspect, limit = failure.suspect, self.limit(failure.suspect)
        pending = self._pending.setdefault(suspect, [])
        pending.append(failure)
        if limit is not None and len(pending) >= limit:
            self._suspect(suspect, self._pending.pop(suspect))

    # --- what follows ---

    @property
    def is_service_at_fault(self) -> bool:
        """Whether a failure shows that, so that asking for further items is in vain."""
        return bool(self._of_service)

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
            if at_the_end:
                failures = self._pending.pop(suspect)
                own = self.own_failures(suspect, failures)
                self._of_items += own
                if others := [failure for failure in failures if failure not in own]:
                    self._suspect(suspect, others)
            elif suspect in self._cleared and self.limit(suspect) is None and not self.memory.why_away(suspect):
                failures = self._pending[suspect]
                self._pending[suspect] = [failure for failure in failures if failure.clue is Clue.AWAY]
                self._of_items += [failure for failure in failures if failure.clue is not Clue.AWAY]
        certain, self._of_items = self._of_items, []
        return certain

    def check(self) -> None:
        """After the last `item_failures`: raise what is wrong with the service or a place."""
        if self._of_service:
            raise self.service_error(self._of_service)
        for error in self._at_fault.values():
            raise error

    def own_failures(self, suspect: Suspect, failures: list[F]) -> list[F]:
        """Of those since the suspect's last success, if any: those that are their items' own after all."""
        was_trusted = self.memory.is_trusted(suspect)
        if self.memory.why_away(suspect):
            return []
        is_cleared = suspect in self._cleared
        away = [failure for failure in failures if failure.clue is Clue.AWAY]
        if is_cleared and len(away) < 2:  # a bad sector, say, among good films
            return failures
        if not away and was_trusted:
            return [failure for failure in failures if failure.failed_before or failure.clue is Clue.UNCLEAR]
        return [failure for failure in failures if failure.failed_before and was_trusted]

    def _suspect(self, suspect: Suspect, failures: list[F]) -> None:
        reason = self.memory.why_away(suspect) or failures[-1].reason
        if any(failure.clue is not Clue.UNCLEAR for failure in failures) or reason != failures[-1].reason:
            self.memory.looked_away(suspect, reason)
        self._at_fault[suspect] = self.error(suspect, failures)
        self.in_doubt += failures
