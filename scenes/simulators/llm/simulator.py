"""The simulated language model: its HTTP answers, and what a test can do to it."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from scenes.simulators.llm.moods import KINDS, Mood, Names, completion
from scenes.simulators.serving import Server, in_thread


class Llm:
    """One simulated server; what a test sets counts from the next request on.

    `seconds`: how long an answer takes. `key`: 401 for any other; none asked for when empty. `knows_not`: options of a
    question that it refuses (older local servers know no `response_format`). `busy`: Retry-After headers of the next
    answers, each a 429; None among them: a 429 without. `filtered`: it refuses texts in which one of these is, as
    services that filter contents do; `breaks_at`: it fails with 500 at those; `at`: its mood at texts in which this is.
    """

    def __init__(self, *, model: str = "small-model", key: str = "", host: str = "127.0.0.1", port: int = 0) -> None:
        self.model, self.key, self.seconds = model, key, 0.0
        self.knows_not: set[str] = set()
        self.filtered: set[str] = set()
        self.breaks_at: set[str] = set()
        self.mood: Mood = "good"
        self.at: dict[str, Mood] = {}
        self.busy: deque[str | None] = deque()
        self._known: dict[str, Names] = {}
        app = web.Application()
        self.server = Server(app, name="Language model", host=host, port=port)
        self.url = f"{self.server.url}/v1"
        app.router.add_post("/v1/chat/completions", self.complete)
        app.router.add_get("/v1/models", self.models)

    def knows(self, text: str, **names: list[str]) -> None:
        """What it says (performers, studios, tags) of texts in which this is."""
        self._known[text] = names

    def questions(self) -> list[str]:
        """The bodies that it was sent, in order."""
        return [record.body for record in self.server.control.asked("chat/completions")]

    async def complete(self, request: web.Request) -> web.Response:
        """One chat completion, or the error that its settings ask for."""
        if error := self._refused(request):
            return error
        asked = await request.json()
        if asked.get("model") != self.model:
            return _error(404, f"The model `{asked.get('model')}` does not exist", "model_not_found")
        if refused := sorted(self.knows_not & asked.keys()):
            return _error(400, f"Unsupported parameter: '{refused[0]}'", "unsupported_parameter")
        prompt = next(message["content"] for message in asked["messages"] if message["role"] == "user")
        if any(text in prompt for text in self.filtered):
            return _error(400, "The prompt triggered the content management policy", "content_filter")
        if any(text in prompt for text in self.breaks_at):
            return _error(500, "CUDA error: an illegal memory access was encountered", "server_error")
        await asyncio.sleep(self.seconds)
        mood = next((mood for text, mood in self.at.items() if text in prompt), self.mood)
        known = [names for text, names in self._known.items() if text in prompt]
        names = {kind: [name for some in known for name in some.get(kind, [])] for kind in KINDS}
        return web.json_response(completion(mood, names, prompt, self.model))

    async def models(self, request: web.Request) -> web.Response:
        """The only one it has."""
        return self._refused(request) or web.json_response(
            {"object": "list", "data": [{"id": self.model, "object": "model"}]}
        )

    def _refused(self, request: web.Request) -> web.Response | None:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return _error(401, "Incorrect API key provided", "invalid_api_key")
        if not self.busy:
            return None
        seconds = self.busy.popleft()
        answer = _error(429, "Rate limit reached", "rate_limit_exceeded")
        if seconds is not None:
            answer.headers["Retry-After"] = seconds
        return answer


@contextlib.contextmanager
def running_llm(**options: Any) -> Iterator[Llm]:
    """A simulator that listens, in a thread of its own; `options` are Llm's."""
    llm = Llm(**options)
    with in_thread(llm.server):
        yield llm


def _error(status: int, message: str, code: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": code, "param": None, "code": code}}, status=status)
