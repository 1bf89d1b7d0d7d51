"""The video tagger: an HTTP server that looks at the frames of a film and names what it sees.

Its every error is 400, be it a missing file or a bug in a model, so 400 is about this one file, unless the words begin
with a status that is not (see `refusals`), and so is an answer about it that makes no sense. Everything else is about
the server. Callers treat these differently, so they are classes of their own.

Servers of today take a question that those before v3 don't know. Which one is there shows its list of models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from scenes.clients.base import MAX_TEXT, READ, Limits, ServiceError
from scenes.clients.http_service import Answer, HttpService
from scenes.clients.tagger import answers, refusals
from scenes.clients.tagger.answers import VideoAnalysis
from scenes.clients.tagger.models import Model, parse_models
from scenes.clients.tagger.recent import recent
from scenes.clients.tagger.refusals import GATEWAY_TIMEOUT, NO_MODEL, NOT_READY

TOTAL = 3700.0  # seconds for one film; what the tagger's other clients wait
MAX_ANSWER = 64 * 1024 * 1024  # bytes
NOT_HERE = (404, 405)
Reader = Callable[[bytes, float], VideoAnalysis]


class TaggerRefusedFile(ServiceError):
    """The tagger could not handle this one file (code ``refused_file``); the next one may go well."""


class TaggerUnclear(ServiceError):
    """The tagger's answer about this one file can't be understood (code ``unclear_answer``)."""


class TaggerGaveUp(ServiceError):
    """The tagger, or a proxy before it, gave up on this film (code ``server_error``); the next one may go well.

    It is about the server all the same, such as about its time limit: no film is at fault.
    """


@dataclass(frozen=True)
class Question:
    """What to look for in a film. ``path``: on the tagger's own machine. ``frame_interval``: seconds between frames.

    ``threshold``: least confidence, 0…1. ``categories_to_skip``: that servers before v3 look for all the same.
    """

    path: str
    frame_interval: float = 2.0
    threshold: float = 0.3
    vr_video: bool = False
    categories_to_skip: tuple[str, ...] = ()

    def today(self) -> dict[str, Any]:
        """As a server of v3 takes it."""
        return vars(self) | {"categories_to_skip": list(self.categories_to_skip)}

    def before_v3(self) -> dict[str, Any]:
        known = {name: value for name, value in vars(self).items() if name != "categories_to_skip"}
        return known | {"return_confidence": True, "returnTimestamps": True}


class TaggerClient(HttpService):
    """One tagger server. Further codes: ``refused_file``, ``unclear_answer`` (classes above), ``not_ready``."""

    service = _("Video tagger")
    unauthorized_hint = _("StashHog knows of no login for it; look at the proxy before it.")

    def __init__(self, url: str, waiter: Waiter | None = None, *, read: Limits = READ, timeout: float = TOTAL):
        """``timeout``: seconds in all for one film."""
        super().__init__(url, waiter, read=read)
        self._film_limits = Limits(read.connect, timeout, timeout, MAX_ANSWER)

    def ready(self) -> Literal["ready", "healthy", "reachable"]:
        """How it is known to work: ``/ready``, ``/health``, or its answering at all (old ones know neither).

        Raises ServiceError: ``not_ready`` while its models are being loaded, or what else is wrong.
        """
        if self._is_good("/ready"):
            return "ready"
        return "healthy" if self._is_good("/health") else "reachable"

    def _is_good(self, path: str) -> bool:
        answer = self.request("GET", path)
        if answer.status == 404:
            return False
        if answer.status == 503:
            raise self.error("not_ready", _("is still loading its models."), _("It is tried again later."))
        self.check_status(answer)
        return True

    def check_there(self) -> None:
        """Raise ServiceError unless a tagger answers, ready or not.

        Others may have a page for every address, or for none, but only a tagger has one for films. It takes POST alone
        there, and says so (405) to a question that starts no work.
        """
        answer = self.request("GET", "/process_video/")
        if answer.status < 300:
            raise self.status_error(Answer(404))
        if answer.status != 405:
            self.check_status(answer)

    def models(self) -> list[Model] | None:
        """What it sees with; None when it is too old to tell (before v3)."""
        answer = self.request("GET", "/v3/current_ai_models/")
        if answer.status in NOT_HERE:
            return None
        self.check_status(answer)
        try:
            return parse_models(answer.body)
        except ValidationError as problem:
            raise self.not_understood(answer, problem) from None

    def known_models(self) -> list[Model] | None:
        """As `models`, but not asked again for a while by this process, unless there was any trouble with it since."""
        known = recent.get(self.base) or recent.keep(self.base, self.models())
        return known.models

    def process_video(self, question: Question) -> VideoAnalysis:
        """What it sees in the film; takes minutes.

        Raises TaggerRefusedFile or TaggerUnclear (about this file), TaggerGaveUp or another ServiceError (about the
        server).
        """
        try:
            return self._asked(question)
        except (TaggerRefusedFile, TaggerUnclear):
            raise
        except ServiceError:
            recent.forget(self.base)  # it may come back as another version, or with other models
            raise

    def _post(self, path: str, question: dict[str, Any]) -> Answer:
        return self.request("POST", path, json=question, limits=self._film_limits)

    def _asked(self, question: Question) -> VideoAnalysis:
        models = self.known_models()
        if models is not None:
            answer = self._post("/v3/process_video/", question.today())
            if answer.status not in NOT_HERE:
                analysis = self._understood(answer, answers.v3_analysis, question)
                if not {model.spoken for model in analysis.models} <= {model.spoken for model in models}:
                    recent.forget(self.base)  # it has others since
                return analysis
            recent.forget(self.base)  # it was replaced by an older one
        answer = self._post("/process_video/", question.before_v3())
        return self._understood(answer, answers.analysis, question)

    def _understood(self, answer: Answer, read: Reader, question: Question) -> VideoAnalysis:
        """Raises a ServiceError unless the film was handled: what a status means, also one in the words of a 400."""
        if answer.status == GATEWAY_TIMEOUT:  # of a proxy, which gives a page of its own
            raise self.gave_up(answer.status, "")
        if answer.status == 400:
            status, words = refusals.words_of(answer)
            if refusals.is_about_the_film(status):
                raise self.refused_file(words)
            raise (
                self.error_for_all_films(status, words)
                if refusals.is_about_all_films(status)
                else self.gave_up(status, words)
            )
        self.check_status(answer)
        try:
            return read(answer.body, question.frame_interval)
        except ValidationError as problem:
            raise self.not_understood(answer, problem) from None

    def refused_file(self, words: str) -> TaggerRefusedFile:
        """What its 400 means, if it is about the film."""
        hint = _("Is the file whole, and is its path mapped to where the tagger sees it?")
        return TaggerRefusedFile(
            self.service, "refused_file", _("cannot handle this file: {reason}.", reason=self._cleaned(words)), hint
        )

    def gave_up(self, status: int, words: str) -> TaggerGaveUp:
        """What a status of its own trouble means that came for one film."""
        reason, hint = (
            self._failed_with(status, words),
            _("Look into the log of {service} for this film.", service=self.service),
        )
        if status == GATEWAY_TIMEOUT:
            hint = _(
                "This film takes longer than a time limit of the tagger (its REQUEST_TIMEOUT_SECONDS) or of "
                "a proxy before it: raise that."
            )
        return TaggerGaveUp(self.service, "server_error", reason, hint)

    def error_for_all_films(self, status: int, words: str) -> ServiceError:
        """What a status means that every film would get."""
        if status == NOT_READY:
            return self.error(
                "not_ready", _("is not ready: {reason}.", reason=self._cleaned(words)), _("It is tried again later.")
            )
        if status == NO_MODEL:
            hint = _("Choose and load models in the tagger's settings.")
            return self.error("server_error", self._failed_with(status, words), hint)
        return self.status_error(Answer(status, words.encode()))

    def _failed_with(self, status: int, words: str) -> str:
        if not words:
            return _("failed with status {status}.", status=status)
        return _("failed with status {status}: {reason}.", status=status, reason=self._cleaned(words))

    def _cleaned(self, words: str) -> str:
        return self.clean(words, MAX_TEXT) or _("it did not say why")

    def not_understood(self, answer: Answer, problem: ValidationError) -> ServiceError:
        """The answer makes no sense: it is about this film if at least its frame is a tagger's."""
        first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or _("the answer")
        reason = self.clean(_("unexpected answer: {place}: {msg}", place=place, msg=first["msg"]), MAX_TEXT)
        if answers.is_about_a_film(answer.body):
            hint = _("Look into the log of the tagger for this film; is it a version that StashHog knows?")
            return TaggerUnclear(self.service, "unclear_answer", reason, hint)
        hint = _("Is it a video tagger that answers at this address, and in a version that StashHog knows?")
        return self.error("bad_answer", reason, hint)
