"""A service that takes notifications, and channels to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from stashhog.ops.notifications import channels
from stashhog.ops.notifications.models import Cause, Channel
from tests.clients.fakes import Fake, serving

SECRET = "planted-in-an-address"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Receiver:
    """Takes what apprise sends as JSON. ``status``: what it answers with."""

    status: int = 200
    fake: Fake = field(default_factory=lambda: Fake(""))

    @property
    def address(self) -> str:
        """With a secret in each part that can have one."""
        return self.fake.url.replace("http://", f"json://me:{SECRET}@") + f"/{SECRET}/?-key={SECRET}"

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(one.body) for one in self.fake.received]

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.messages]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with serving(lambda request: f"HTTP/1.1 {made.status} x\r\nContent-Length: 0\r\n\r\n".encode()) as fake:
        made.fake = fake
        yield made


MakeChannel = Callable[..., Channel]


@pytest.fixture
def make_channel(receiver: Receiver) -> MakeChannel:
    def make(name: str = "phone", **values: Any) -> Channel:
        return channels.save(Channel(), {"name": name, "url": receiver.address, "causes": Cause.values, **values})

    return make


@pytest.fixture
def clock() -> Iterator[Any]:
    """`clock.shift(timedelta(…))` lets time pass; it begins at NOON."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller
