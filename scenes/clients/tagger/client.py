"""The video tagger: an HTTP server that looks at the frames of a film and names what it sees.

Its every error is 400, be it a missing file or a bug in a model, so 400 is about this one file, and so is an
answer about it that makes no sense. Everything else is about the server. Callers treat these differently, so
they are classes of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from jobs.waiting import Waiter
from scenes.clients.base import MAX_TEXT, READ, Limits, ServiceError
from scenes.clients.http_service import Answer, HttpService
from scenes.clients.tagger import answers as tagger_answers
from scenes.clients.tagger.answers import VideoAnalysis

TOTAL = 3700.0  # seconds for one film; what the tagger's other clients wait
MAX_ANSWER = 64 * 1024 * 1024  # bytes


class TaggerRefusedFile(ServiceError):
    """The tagger could not handle this one file (code ``refused_file``); the next one may go well."""


class TaggerUnclear(ServiceError):
    """The tagger's answer about this one file can't be understood (code ``unclear_answer``)."""


@dataclass(frozen=True)
class Model:
    """One of the models that a tagger has loaded; ``categories``: of the tags that it gives."""

    name: str
    version: str
    categories: tuple[str, ...]


class _ModelRow(TypedDict):
    name: str
    version: NotRequired[str | float | None]
    categories: NotRequired[list[str] | None]


_MODELS = TypeAdapter(list[_ModelRow])


class _Detail(TypedDict):
    detail: Any


_DETAIL = TypeAdapter(_Detail)


class TaggerClient(HttpService):
    """One tagger server. Further codes: ``refused_file``, ``unclear_answer`` (classes above), ``not_ready``."""

    service = "Video tagger"
    unauthorized_hint = "StashHog knows of no login for it; look at the proxy before it."

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
        if answer.status in (404, 405):
            return None
        self.check_status(answer)
        try:
            rows = _MODELS.validate_json(answer.body)
        except ValidationError as problem:
            raise self.not_understood(answer, problem) from None
        return [
            Model(str(row["name"]), str(row.get("version") or ""), tuple(row.get("categories") or ())) for row in rows
        ]

    def _is_good(self, path: str) -> bool:
        answer = self.request("GET", path)
        if answer.status == 404:
            return False
        if answer.status == 503:
            raise self.error("not_ready", "is still loading its models.", "It is tried again later.")
        self.check_status(answer)
        return True

    def process_video(
        self, path: str, *, frame_interval: float = 2.0, threshold: float = 0.3, vr_video: bool = False
    ) -> VideoAnalysis:
        """What it sees in the film at ``path``, a path on the tagger's own machine. Takes minutes.

        ``frame_interval``: seconds between the frames it looks at; ``threshold``: least confidence, 0…1.
        Raises TaggerRefusedFile or TaggerUnclear (about this file) or another ServiceError (about the server).
        """
        question = {
            "path": path,
            "frame_interval": frame_interval,
            "threshold": threshold,
            "return_confidence": True,
            "vr_video": vr_video,
            "returnTimestamps": True,
        }
        answer = self.request("POST", "/process_video/", json=question, limits=self._film_limits)
        if answer.status == 400:
            raise self.refused_file(answer)
        self.check_status(answer)
        try:
            return tagger_answers.analysis(answer.body, frame_interval)
        except ValidationError as problem:
            raise self.not_understood(answer, problem) from None

    def refused_file(self, answer: Answer) -> TaggerRefusedFile:
        """What its 400 means."""
        try:
            detail = str(_DETAIL.validate_json(answer.body)["detail"]).rstrip(".")
        except ValidationError:
            detail = answer.text
        reason = self.clean(detail, MAX_TEXT) or "it did not say why"
        hint = "Is the file whole, and is its path mapped to where the tagger sees it?"
        return TaggerRefusedFile(self.service, "refused_file", f"cannot handle this file: {reason}.", hint)

    def not_understood(self, answer: Answer, problem: ValidationError) -> ServiceError:
        """The answer makes no sense: it is about this film if at least its frame is a tagger's."""
        first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        reason = self.clean(f"unexpected answer: {place}: {first['msg']}", MAX_TEXT)
        if tagger_answers.is_about_a_film(answer.body):
            hint = "Look into the log of the tagger for this film; is it a version that StashHog knows?"
            return TaggerUnclear(self.service, "unclear_answer", reason, hint)
        hint = "Is it a video tagger that answers at this address, and in a version that StashHog knows?"
        return self.error("bad_answer", reason, hint)
