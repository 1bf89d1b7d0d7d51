"""detect_names_by_llm: performers, studio and tags whose names only a language model reads out of a scene's texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobs.context import JobContext
from jobs.models import Event
from jobs.texts.translatable import message_of
from scenes import configuration
from scenes.analysis import scene_inputs
from scenes.analysis.detectors import NAMES_BY_LLM, Postponed, Proposal
from scenes.analysis.language_model import budget, resolving
from scenes.analysis.language_model.budget import LimitReached, Prices
from scenes.analysis.names import NameDetector
from scenes.analysis.scene_inputs import SceneInput
from scenes.attribution.language_model import ModelEvidence, Question, Unanswered
from scenes.clients.base import ServiceError
from scenes.clients.llm.answers import Mentioned
from scenes.clients.llm.client import LlmClient, Texts
from scenes.models import LanguageModelQuestion, Scene
from scenes.models.language_model import limit_code
from scenes.plans.evidence import DetectorModel, Evidence
from scenes.plans.reasons import READ

# Codes of errors that a question may cause itself: too long, of unwelcome content, or such that its server fails.
OF_A_QUESTION = ("rejected", "forbidden", "timeout", "server_error", "broken_off", "bad_answer")
LONGEST_TITLE, LONGEST_PATH, LONGEST_DETAILS = 500, 1000, 3000  # characters that are told


class NamesByLlm:
    """Asks once a scene; where it fails, `ModelEvidence` says at whose fault.

    ``kinds``: performers, studios, tags → the detector by whose rules what was found is proposed.
    """

    name = NAMES_BY_LLM

    def __init__(self, job: JobContext, llm: LlmClient, prices: Prices, kinds: Mapping[str, NameDetector]):
        self.job, self.llm, self.prices, self.kinds = job, llm, prices, kinds
        self.is_near_the_limit = False
        self.evidence = ModelEvidence(self.put, self.answered_once)

    def applies(self, scene_input: SceneInput) -> bool:
        return not scene_input.scene.organized

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        texts = self.texts(scene_input)
        if not any(vars(texts).values()):
            return []
        return list(self.proposals(scene_input, self.evidence.answer(scene_input.scene, texts), texts))

    def texts(self, scene_input: SceneInput) -> Texts:
        """What is told of the scene."""
        found = next(iter(self.kinds.values())).texts(scene_input)
        path = "/".join(found.path)
        return Texts(found.title[:LONGEST_TITLE], path[-LONGEST_PATH:], found.details[:LONGEST_DETAILS])

    def put(self, scene: Scene, texts: Texts) -> Mentioned:
        """The answer to one question, paid for. Raises Postponed, Unanswered."""
        question = self.begun(scene, texts)
        try:
            reply = self.llm.mentioned(texts)
        except ServiceError as error:
            budget.fail(self.job, question, error)
            raise Unanswered(error.message, may_be_its_own=error.code in OF_A_QUESTION) from error
        budget.end(self.job, question, self.prices, reply.spent, reply.problem)
        if reply.mentioned is None:
            raise Unanswered(reply.problem, may_be_its_own=True)
        return reply.mentioned

    def answered_once(self, scene: Scene) -> Question | None:
        """The last question about another scene that the model answered; with its scene's texts of now."""
        answered = LanguageModelQuestion.objects.filter(model=self.llm.model, problem="", answered_at__isnull=False)
        others = answered.filter(scene__in=Scene.objects.present().filter(organized=False)).exclude(scene=scene)
        last = others.values_list("scene", flat=True).first()
        found = scene_inputs.load_library([last] if last else [])
        texts = [(scene_input.scene, self.texts(scene_input)) for scene_input in found.values()]
        return next((question for question in texts if any(vars(question[1]).values())), None)

    def begun(self, scene: Scene, texts: Texts) -> LanguageModelQuestion:
        """The question, written down. Raises Postponed, and says so once: a shorter one may still be paid for."""
        try:
            return budget.begin(self.job, scene, self.llm.model, self.prices, texts)
        except LimitReached as limit:
            if not self.is_near_the_limit:
                self.job.log(message_of(limit), Event.Level.WARNING)
            self.is_near_the_limit = True
            raise Postponed(message_of(limit), limit_code(configuration.current())) from limit

    def proposals(self, scene_input: SceneInput, mentioned: Mentioned, texts: Texts) -> Iterator[Proposal]:
        """A change for each name that the library has and the scene lacks."""
        model = DetectorModel(name=self.llm.model)
        for kind, detector in self.kinds.items():
            ids = resolving.ids_of(detector.matcher, getattr(mentioned, kind), vars(texts).values())
            found = {pk: Evidence(model, found=READ.format(name=detector.known_as(pk))) for pk in ids}
            yield from detector.proposals(scene_input, found)
