"""Failure attribution for questions to a language model.

A question that is refused, or at which the server fails, may be at fault itself, and a server that is out of order
looks just the same. So what the server answered once is put to it again: only one that answers that, and then fails at
the question as before, shows that its scene is at fault.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from jobs.texts.translatable import message_of
from scenes.analysis.detectors import CannotHandle
from scenes.clients.llm.answers import Mentioned
from scenes.clients.llm.client import Texts
from scenes.models import Scene

MOST_IN_VAIN = 3  # questions to a model that never answered any: what it fails at may be all there is
Question = tuple[Scene, Texts]


class Unanswered(Exception):
    """{reason}. ``may_be_its_own``: of the question, and not of the server."""

    def __init__(self, reason: str, *, may_be_its_own: bool):
        super().__init__(reason)
        self.may_be_its_own = may_be_its_own


class ModelEvidence:
    """What succeeded and what failed in one job. Once the server fails for all, nothing more is asked in it.

    ``put`` asks one question, and raises Unanswered or Postponed. ``answered_once``: the last question about another
    scene than this one that the model ever answered.
    """

    def __init__(self, put: Callable[[Scene, Texts], Mentioned], answered_once: Callable[[Scene], Question | None]):
        self.put, self.answered_once = put, answered_once
        self.away = ""  # why nothing more is asked
        self._in_vain = 0  # questions, one after the other
        self._answered: Question | None = None  # the last one of this job

    def answer(self, scene: Scene, texts: Texts) -> Mentioned:
        """Raises CannotHandle, which counts if the scene is at fault; Postponed at the month's limit."""
        if self.away:
            raise CannotHandle(self.away, is_counted=False)
        try:
            found = self.put(scene, texts)
        except Unanswered as failure:
            if not self._may_be_its_own(scene, failure):
                raise CannotHandle(message_of(failure), is_counted=False) from failure
            found = self._put_again(scene, texts)
        self._in_vain, self._answered = 0, (scene, texts)
        return found

    def _may_be_its_own(self, scene: Scene, failure: Unanswered) -> bool:
        """Whether the server answers about another scene now."""
        other = (self._answered or self.answered_once(scene)) if failure.may_be_its_own else None
        if other is None:
            self._in_vain += 1
            if not failure.may_be_its_own or self._in_vain >= MOST_IN_VAIN:
                self.away = message_of(failure)
            return False
        try:
            self.put(*other)
        except Unanswered:
            self.away = message_of(failure)
        return not self.away

    def _put_again(self, scene: Scene, texts: Texts) -> Mentioned:
        """Twice at most: of some servers every other process fails."""
        with suppress(Unanswered):
            return self.put(scene, texts)
        try:
            return self.put(scene, texts)
        except Unanswered as failure:
            self.away = "" if failure.may_be_its_own else message_of(failure)
            raise CannotHandle(message_of(failure), is_counted=failure.may_be_its_own) from failure
