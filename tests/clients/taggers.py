"""Servers that answer as a tagger of some age does, but for what a test has them say of a film."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tests.clients.fakes import Behaviour, Fake, Received, answer, http, serving

MODEL: dict[str, Any] = {
    "name": "actions_model",
    "identifier": 1200,
    "version": 2.0,
    "categories": ["actions"],
    "type": "video",
}


@contextlib.contextmanager
def before_v3(behaviour: Behaviour) -> Iterator[Fake]:
    """A server that knows nothing of v3."""

    def behave(request: Received) -> Any:
        return http(404) if "/v3/" in request.line else behaviour(request)

    with serving(behave) as fake:
        yield fake


@contextlib.contextmanager
def of_today(behaviour: Behaviour, models: Any = (MODEL,)) -> Iterator[Fake]:
    """A server that lists these models; ``behaviour``: what it answers about films."""

    def behave(request: Received) -> Any:
        return answer(list(models)) if "current_ai_models" in request.line else behaviour(request)

    with serving(behave) as fake:
        yield fake
