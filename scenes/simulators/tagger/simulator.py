"""The simulated tagger: its HTTP answers, and what a test can do to it."""

import asyncio
import contextlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import av
from aiohttp import web

from scenes.simulators.serving import Server, in_thread
from scenes.simulators.tagger.answers import CURRENT_MODELS, V3, Answers, Spoiled, answer, spoiled, v3_answer
from scenes.simulators.tagger.control import TaggerControl
from scenes.simulators.tagger.vision import Film, Seen, Span, look_at

AT_ONCE = 10  # films
INTERVAL, THRESHOLD = 2.0, 0.3  # seconds, confidence: what it takes if it is not told
OLDER: tuple[Answers, ...] = ("older", "older_text")
TagsInFilm = Mapping[str, Mapping[str, Sequence[tuple[float, float | None, float]]]]


class Refused(Exception):
    """{the detail of the 400}"""


@dataclass
class Count:
    """How many films are being worked on, were at most at one time, and were in all."""

    now: int = 0
    most: int = 0
    total: int = 0


class Tagger:
    """One simulated tagger server; what a test sets counts from the next request on.

    `seconds`: how long each film takes. `answers`: v3 (today's), between (v3 whose answers are the inner object
    alone), newer, older, or older_text (an older one whose result is a JSON string); those before v3 know none of
    its questions, older ones have neither /ready nor /health. `models`: that it lists, see `upgrade`.
    `loaded`: whether they are. `hold()`: from now on each film waits until one more `may_end()`.
    `mounts`: its own paths, {"/media": the folder that it is here}; without any, its paths are ours.
    """

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        answers: Answers = "newer",
        loaded: bool = True,
        mounts: Mapping[str, Path] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.seconds, self.answers, self.loaded = seconds, answers, loaded
        self.models: list[dict[str, Any]] = [dict(model) for model in CURRENT_MODELS]
        self.mounts = dict(mounts or {})
        self.heeds_skips = True  # or it looks for all categories whatever it was asked
        self.count = Count()
        self.refusals: dict[str, str] = {}
        self.spoils: dict[str, Spoiled] = {}
        self.given: dict[str, Seen] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._ending: int | None = None  # films that may end, of those that are held
        app = web.Application()
        TaggerControl(self).install(app)
        self.server = Server(app, name="Tagger", host=host, port=port)
        self.url = self.server.url
        app.router.add_post("/process_video/", self.process_video)
        app.router.add_post("/v3/process_video/", self.process_video)
        app.router.add_get("/v3/current_ai_models/", self.current_ai_models)
        app.router.add_get("/ready", self.ready)
        app.router.add_get("/health", self.health)

    def refuse(self, path: str, detail: str = "a bug in a model") -> None:
        """400 with that text for every path in which this regular expression is found.

        The text may begin with another status, as in "504: Video processing timed out".
        """
        self.refusals[path] = detail

    def upgrade(self, name: str, **changed: Any) -> None:
        """The model of that name is another from now on, such as of ``version=2.0``; or there is a further one."""
        kept = [model for model in self.models if model["name"] != name]
        own = next((model for model in self.models if model["name"] == name), {"name": name, "identifier": name})
        self.models = [*kept, own | changed]

    def spoil(self, path: str, how: Spoiled) -> None:
        """An odd answer for every path in which this regular expression is found."""
        self.spoils[path] = how

    def see(self, path: str | Path, tags: TagsInFilm) -> None:
        """What it is to see in that film: {category: {tag: [(start, end or None, confidence), …]}}."""
        self.given[str(path)] = {
            category: {tag: [Span(*span) for span in spans] for tag, spans in names.items()}
            for category, names in tags.items()
        }

    async def process_video(self, request: web.Request) -> web.Response:
        """The tags of one film, ten films at once. 422 without a path, 400 for whatever goes wrong."""
        if "/v3/" in request.path and self.answers not in V3:
            return _not_found()
        asked = await request.json()
        if not isinstance(asked.get("path"), str):
            missing = {"type": "missing", "loc": ["body", "path"], "msg": "Field required", "input": asked}
            return web.json_response({"detail": [missing]}, status=422)
        self.count.total += 1
        async with self._places:
            self.count.now += 1
            self.count.most = max(self.count.most, self.count.now)
            try:
                return await self.look(asked, is_v3="/v3/" in request.path)
            except Refused as refusal:
                return web.json_response({"detail": str(refusal)}, status=400)
            except (OSError, av.FFmpegError, ValueError) as error:
                # The number is part of the text: it wraps its own error once more.
                return web.json_response({"detail": f"400: {error}"}, status=400)
            finally:
                self.count.now -= 1

    def hold(self) -> None:
        self._ending = 0

    def may_end(self, films: int = 1) -> None:
        self._ending = (self._ending or 0) + films

    async def _held(self) -> None:
        while self._ending is not None and self._ending < 1:
            await asyncio.sleep(0.005)
        if self._ending is not None:
            self._ending -= 1

    async def look(self, asked: dict[str, Any], *, is_v3: bool) -> web.Response:
        """The answer once the film was looked at. Refused, ValueError, OSError or av.FFmpegError if that fails."""
        path, interval = asked["path"], asked.get("frame_interval") or INTERVAL
        await asyncio.sleep(self.seconds)
        await self._held()
        if not self.loaded:
            raise ValueError("No pipelines loaded")
        for pattern, detail in self.refusals.items():
            if re.search(pattern, path):
                raise Refused(detail if re.match(r"\d{3}:", detail) else f"400: {detail}")
        film = await asyncio.to_thread(look_at, self.here(path), interval)
        if path in self.given:
            film = Film(film.duration, self.given[path])
        threshold = THRESHOLD if asked.get("threshold") is None else asked["threshold"]
        content = self.content(film, asked, interval, threshold, is_v3)
        for pattern, how in self.spoils.items():
            if re.search(pattern, path):
                return web.json_response(spoiled(content, how))
        return web.json_response(content)

    def content(self, film: Film, asked: dict[str, Any], interval: float, threshold: float, is_v3: bool) -> Any:
        """Of the answer. A server of v3 gives the newer form to the old question."""
        if not is_v3:
            form: Answers = "newer" if self.answers in V3 else self.answers
            return answer(film, form, interval, threshold, asked.get("return_confidence") is not False)
        skipped = set(asked.get("categories_to_skip") or ()) if self.heeds_skips else set()
        left = [{**model, "categories": [c for c in model["categories"] if c not in skipped]} for model in self.models]
        return v3_answer(film, self.answers, interval, threshold, [model for model in left if model["categories"]])

    async def current_ai_models(self, request: web.Request) -> web.Response:
        """What it sees with; none before they are loaded."""
        if self.answers not in V3:
            return _not_found()
        return web.json_response([{**model, "type": "tagging"} for model in self.models] if self.loaded else [])

    def here(self, path: str) -> Path:
        """Where a path of its own lies on our disk. FileNotFoundError outside of its mounts."""
        for mount, folder in self.mounts.items():
            if PurePosixPath(path).is_relative_to(mount):
                return folder / PurePosixPath(path).relative_to(mount)
        if self.mounts:
            raise FileNotFoundError(2, "No such file or directory", path)
        return Path(path)

    async def ready(self, request: web.Request) -> web.Response:
        """503 until its models are loaded; older ones have no such page."""
        if self.answers in OLDER:
            return _not_found()
        if not self.loaded:
            return web.json_response({"detail": "503: No pipelines loaded"}, status=503)
        return web.json_response({"ready": True, "loaded_pipelines": ["video_pipeline_dynamic"]})

    async def health(self, request: web.Request) -> web.Response:
        """Its models and how many films it is at; older ones have no such page."""
        if self.answers in OLDER:
            return _not_found()
        pipelines = {"video_pipeline_dynamic": {"ai_models_count": 1}} if self.loaded else {}
        health = {"status": "ok", "time": time.time(), "pipelines": pipelines}
        return web.json_response({**health, "outstanding_requests": self.count.now})


@contextlib.contextmanager
def running_tagger(**options: Any) -> Iterator[Tagger]:
    """A simulator that listens, in a thread of its own; `options` are Tagger's."""
    tagger = Tagger(**options)
    with in_thread(tagger.server):
        yield tagger


def _not_found() -> web.Response:
    return web.json_response({"detail": "Not Found"}, status=404)
