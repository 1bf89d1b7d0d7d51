"""detect_names_by_llm: performers, studio and tags whose names only a language model reads out of a scene's texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from django.utils import timezone

from jobs.context import JobContext
from jobs.models import Event
from scenes import configuration
from scenes.analysis.detectors import NAMES_BY_LLM, CannotHandle, Postponed, Proposal
from scenes.analysis.language_model import budget, resolving
from scenes.analysis.language_model.budget import LimitReached, Prices
from scenes.analysis.names import NameDetector
from scenes.analysis.scene_inputs import SceneInput
from scenes.clients.base import ServiceError
from scenes.clients.llm.answers import Mentioned
from scenes.clients.llm.client import LlmClient, Reply, Texts
from scenes.models import LanguageModelQuestion
from scenes.models.language_model import limit_code
from scenes.plans.evidence import Evidence, Model

# Codes of errors that may be about this one question: too long, of unwelcome content, or such that its server fails.
OF_A_QUESTION = ("rejected", "timeout", "server_error", "broken_off", "bad_answer")
MOST_IN_VAIN = 3  # one after the other: the server fails for all
LATELY = timedelta(days=1)
LONGEST_TITLE, LONGEST_PATH, LONGEST_DETAILS = 500, 1000, 3000  # characters that are told


class NamesByLlm:
    """Asks once a scene. In a job in which the server can't be reached it asks for nothing more.

    A question that is refused, or at which the server fails, may be at fault itself, so the next one is put all the
    same. It costs its scene an attempt where the model answered another one lately, else the server may be at fault.

    ``kinds``: performers, studios, tags → the detector by whose rules what was found is proposed.
    """

    name = NAMES_BY_LLM

    def __init__(self, job: JobContext, llm: LlmClient, prices: Prices, kinds: Mapping[str, NameDetector]):
        self.job, self.llm, self.prices, self.kinds = job, llm, prices, kinds
        self.away: ServiceError | None = None
        self.is_near_the_limit = False
        self.in_vain = 0  # questions, one after the other

    def applies(self, scene_input: SceneInput) -> bool:
        return not scene_input.scene.organized

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        texts = self.texts(scene_input)
        if not any(vars(texts).values()):
            return []
        reply = self.asked(scene_input, texts)
        if reply.mentioned is None:
            raise CannotHandle(reply.problem)
        return list(self.proposals(scene_input, reply.mentioned, texts))

    def texts(self, scene_input: SceneInput) -> Texts:
        """What is told of the scene."""
        found = next(iter(self.kinds.values())).texts(scene_input)
        path = "/".join(found.path)
        return Texts(found.title[:LONGEST_TITLE], path[-LONGEST_PATH:], found.details[:LONGEST_DETAILS])

    def asked(self, scene_input: SceneInput, texts: Texts) -> Reply:
        """The answer, paid for. Raises Postponed at the month's limit, CannotHandle when the server does not answer."""
        if self.away:
            raise CannotHandle(self.away.message, is_counted=False)
        question = self.begun(scene_input, texts)
        try:
            reply = self.llm.mentioned(texts)
        except ServiceError as error:
            budget.fail(self.job, question, error)
            raise self.failure(error) from error
        self.in_vain = 0
        budget.end(self.job, question, self.prices, reply.spent, reply.problem)
        return reply

    def failure(self, error: ServiceError) -> CannotHandle:
        """What it means for the scene, and for those that follow."""
        may_be_its_own = error.code in OF_A_QUESTION
        self.in_vain += may_be_its_own
        if not may_be_its_own or self.in_vain >= MOST_IN_VAIN:
            self.away = error
        answered = LanguageModelQuestion.objects.filter(model=self.llm.model, answered_at__gte=timezone.now() - LATELY)
        return CannotHandle(error.message, is_counted=may_be_its_own and answered.exists())

    def begun(self, scene_input: SceneInput, texts: Texts) -> LanguageModelQuestion:
        """The question, written down. Raises Postponed, and says so once: a shorter one may still be paid for."""
        try:
            return budget.begin(self.job, scene_input.scene, self.llm.model, self.prices, texts)
        except LimitReached as limit:
            if not self.is_near_the_limit:
                self.job.log(str(limit), Event.Level.WARNING)
            self.is_near_the_limit = True
            raise Postponed(str(limit), limit_code(configuration.current())) from limit

    def proposals(self, scene_input: SceneInput, mentioned: Mentioned, texts: Texts) -> Iterator[Proposal]:
        """A change for each name that the library has and the scene lacks."""
        model = Model(name=self.llm.model)
        for kind, detector in self.kinds.items():
            ids = resolving.owners(detector.matcher, getattr(mentioned, kind), vars(texts).values())
            found = {one: Evidence(model, found=f"read as “{detector.known_as(one)}” in its texts") for one in ids}
            yield from detector.proposals(scene_input, found)
