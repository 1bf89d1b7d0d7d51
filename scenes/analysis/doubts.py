"""Whose fault it is that the tagger failed with a film: the film's, or that of the paths or the server.

A wrong path mapping, a disk that is away and a hung model look, film by film, like broken films, and would in
time quarantine a whole library. So nothing is written of such a scene until the tagger handles another film of
the same place: then it was the film. When it handles none of several, nothing counts as tried, and the batch
fails, with what a person can do.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from jobs.errors import JobError
from scenes.analysis.detectors import VIDEO_TAGS, CannotHandle, Findings
from scenes.analysis.places import Places
from scenes.analysis.subjects import Subject
from scenes.clients.base import ServiceError

FEW = 5  # films in doubt: more in one batch are hardly all broken
MOST = 10  # films in a row that are asked for in vain
MOST_OUTAGES = 3  # in a row: a timeout costs an hour, a crash the time to load models
MISSING = re.compile(r"no such file|file not found|does ?n[o']t exist|filenotfound|errno 2\b", re.IGNORECASE)
BROKEN_OFF = "broken_off"  # an error code: the connection to a tagger that was there
OUTAGES = ("timeout", BROKEN_OFF)
ANYWHERE = (*OUTAGES, "unclear_answer")  # error codes that have nothing to do with where a film is


class Doubtful(CannotHandle):
    """{message}: the film's fault, unless the tagger fails with the others too: then ``error`` says it."""

    def __init__(self, message: str, error: ServiceError):
        super().__init__(message)
        self.error = error


@dataclass(frozen=True, eq=False)
class Looked:
    """A scene and what its detectors found."""

    subject: Subject
    findings: Findings

    @property
    def doubt(self) -> Doubtful | None:
        found = self.findings.get(VIDEO_TAGS)
        return found if isinstance(found, Doubtful) else None

    @property
    def code(self) -> str:
        return self.doubt.error.code if self.doubt else ""


@dataclass
class Doubts:
    """Of one batch. Held are, for each place or code of ANYWHERE, those since the tagger last handled a film."""

    places: Places
    held: dict[str, list[Looked]] = field(default_factory=dict)
    proven: set[str] = field(default_factory=set)
    hopeless: dict[str, JobError] = field(default_factory=dict)
    shuffled: bool = False  # a film that ended the attempt before must not come first again

    def ordered(self, subjects: Sequence[Subject]) -> Iterator[Subject]:
        """As given; in doubt any of them may come next, so that bad films, however many, hide no good ones for ever."""
        left = list(reversed(subjects))
        while left:
            if self.shuffled or any(2 * len(held) >= _most(key) - 1 for key, held in self.held.items()):
                random.shuffle(left)
            yield left.pop()

    def passed_over(self, subject: Subject) -> bool:
        """Whether there is no use in asking the tagger for this film now."""
        return bool(self.hopeless.keys() & {self.places.of(subject), *ANYWHERE})

    def weigh(self, looked: Looked) -> list[Looked]:
        """What is certain by now, and so to be written: this one unless it is in doubt, and those that it frees."""
        if looked.doubt:
            self._hold(looked)
            return []
        if VIDEO_TAGS not in looked.findings:
            return [looked]
        keys = (self.places.of(looked.subject), *ANYWHERE)
        self.proven.update(keys)
        return [*(one for key in keys for one in self.held.pop(key, [])), looked]

    def _hold(self, looked: Looked) -> None:
        key = looked.code if looked.code in ANYWHERE else self.places.of(looked.subject)
        held = self.held.setdefault(key, [])
        held.append(looked)
        if len(held) >= _most(key):
            self.hopeless[key] = self._trouble(key, self.held.pop(key))

    def at_the_end(self) -> list[Looked]:
        """Those that are their own fault after all; of the others `check` tells."""
        own = []
        for key, held in self.held.items():
            faulty = [one for one in held if key in self.proven or (len(held) < FEW and self._own_fault(one))]
            own += faulty
            if len(faulty) < len(held):
                self.hopeless[key] = self._trouble(key, [one for one in held if one not in faulty])
        return own

    def check(self) -> None:
        """Raise what is wrong with the tagger or its paths."""
        for error in self.hopeless.values():
            raise error

    def _own_fault(self, looked: Looked) -> bool:
        """With no other film in the batch that tells: by the tagger's words, and what it handled there before."""
        if looked.code in OUTAGES:
            return False
        if looked.code == "unclear_answer":
            return self.places.handled_any()
        place, path = self.places.of(looked.subject), self.places.path(looked.subject)
        if not os.path.exists(path) and self.places.has_others(place, path):  # noqa: PTH110 - no PermissionError
            return True
        return not MISSING.search(str(looked.doubt)) and self.places.handled_before(place)

    def _trouble(self, key: str, held: list[Looked]) -> JobError:
        last = held[-1]
        assert last.doubt is not None
        if key in ANYWHERE:
            return last.doubt.error
        return self.places.refused(key, last.subject, len(held), last.doubt.error)


def _most(key: str) -> int:
    return MOST_OUTAGES if key in OUTAGES else MOST
