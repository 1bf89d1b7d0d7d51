"""The events of a job as they happen: server-sent events, bounded in number and time, which go on where they ended."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from django.test import Client

from jobs import events
from jobs.live import event_stream
from jobs.models import Event, Job, Status
from stashhog.asgi import application
from tests.web.factories import change, make_job, make_run, make_sub_job, make_token, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_lasting_connections")]
WITHIN = 30.0  # seconds: a machine may be busy
in_database = database_sync_to_async


@pytest.fixture(autouse=True)
def _fresh_layer() -> None:
    channel_layers.backends.clear()


class Stream:
    """An answer as it comes: status, headers, and the events one by one."""

    def __init__(self, communicator: ApplicationCommunicator):
        self.communicator, self.rest, self.is_over = communicator, "", False

    async def start(self) -> None:
        started = await self.communicator.receive_output(WITHIN)
        self.status = started["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in started["headers"]}

    async def body(self) -> str:
        message = await self.communicator.receive_output(WITHIN)
        self.is_over = not message.get("more_body")
        return str(message.get("body", b"").decode())

    async def next(self, kind: str) -> dict[str, str]:
        """The next message of this kind ("" for a sign of life)."""
        async with asyncio.timeout(WITHIN):
            while True:
                while "\n\n" not in self.rest:
                    assert not self.is_over, "the stream has ended"
                    self.rest += await self.body()
                text, _, self.rest = self.rest.partition("\n\n")
                fields = dict(line.split(": ", 1) for line in text.split("\n") if not line.startswith(":"))
                if fields.get("event", "") == kind and "retry" not in fields:
                    return fields


@asynccontextmanager
async def following(job_id: Any, token: str, after: str = "") -> AsyncIterator[Stream]:
    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {token}".encode())]
    path = f"/api/jobs/{job_id}/events/stream"
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": headers + ([(b"last-event-id", after.encode())] if after else []),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": b""})
    stream = Stream(communicator)
    await stream.start()
    try:
        yield stream
    finally:
        await communicator.send_input({"type": "http.disconnect"})
        await communicator.wait(WITHIN)


@pytest.fixture
def token(transactional_db: None) -> str:
    return make_token(make_user())


@in_database
def happen(job: Job, message: str, **columns: Any) -> Event:
    event = Event.objects.create(job=job, kind="log", message=message)
    change(job, **columns)
    events.publish(job.root_id)
    return event


async def test_what_happens_comes_at_once_and_the_end_is_told(token: str) -> None:
    run = await in_database(make_run)()
    async with following(run.pk, token) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
        assert "x-follow-events" not in stream.headers and stream.headers["x-accel-buffering"] == "no"
        assert json.loads((await stream.next("event"))["data"])["kind"] == "started"
        later = await happen(run, "A line with\nanother")
        streamed = await stream.next("event")
        assert streamed["id"] == str(later.pk)
        assert json.loads(streamed["data"])["message"] == "A line with\nanother"
        await happen(run, "The last", status=Status.COMPLETED)
        assert json.loads((await stream.next("event"))["data"])["message"] == "The last"
        assert (await stream.next("end"))["data"] == "{}"
        assert await stream.body() == "" and stream.is_over


async def test_the_events_of_a_sub_job_are_those_of_its_run_too(token: str) -> None:
    run = await in_database(make_run)()
    sub_job = await in_database(make_sub_job)(run, "analysis_batches", "analysis")
    async with following(run.pk, token) as of_run, following(sub_job.pk, token) as of_job:
        event = await happen(sub_job, "Here")
        for stream in (of_run, of_job):
            while (streamed := await stream.next("event"))["id"] != str(event.pk):
                pass
            assert json.loads(streamed["data"])["job_id"] == str(sub_job.pk)


async def test_it_goes_on_after_the_last_event_that_came(token: str) -> None:
    run = await in_database(make_run)()
    first, second = await happen(run, "First"), await happen(run, "Second")
    async with following(run.pk, token, after=str(first.pk)) as stream:
        assert (await stream.next("event"))["id"] == str(second.pk)


async def test_a_client_that_comes_again_after_the_end_is_told_to_stay_away(token: str) -> None:
    job = await in_database(make_job)(status=Status.FAILED)
    last = await in_database(Event.objects.filter(job=job).latest)("pk")
    async with following(job.pk, token, after=str(last.pk)) as stream:
        assert stream.status == 204


async def test_it_ends_after_a_while_and_says_that_it_lives_until_then(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "LONGEST", 1.0)
    monkeypatch.setattr(event_stream, "LOOK_AGAIN", 0.1)
    run = await in_database(make_run)()
    async with following(run.pk, token) as stream:
        await stream.next("")
        async with asyncio.timeout(WITHIN):
            while not stream.is_over:
                await stream.body()


async def test_a_stream_that_nobody_reads_any_more_gives_its_place_back(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream.seats, "of_a_user", 1)
    run = await in_database(make_run)()
    for _ in range(3):
        async with following(run.pk, token) as stream:
            await stream.next("event")
            async with following(run.pk, token) as another:
                assert another.status == 429 and another.headers["retry-after"] == "60"
                assert json.loads(await another.body())["error"]["code"] == "too_many"
    assert not event_stream.seats.taken


@pytest.fixture
def in_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(event_stream.seats, "in_all", 1)
    yield


@pytest.mark.usefixtures("in_all")
async def test_all_streams_together_are_bounded(token: str) -> None:
    other = await in_database(make_token)(await in_database(make_user)("bob"))
    run = await in_database(make_run)()
    async with following(run.pk, token) as first:
        await first.next("event")
        async with following(run.pk, other) as second:
            assert second.status == 429


async def test_what_is_not_there_or_not_allowed_is_an_answer_like_any_other(token: str) -> None:
    job = await in_database(make_job)()
    for where, who, after, status in (
        (uuid.uuid4(), token, "", 404), (job.pk, "wrong", "", 401), (job.pk, token, "x", 400)
    ):  # fmt: skip
        async with following(where, who, after) as stream:
            assert stream.status == status
            assert json.loads(await stream.body())["error"]["message"]


def test_where_nothing_streams_the_answer_is_an_empty_stream(token: str) -> None:
    answer = Client(headers={"authorization": f"Bearer {token}"}).get(f"/api/jobs/{make_job().pk}/events/stream")
    assert (answer.status_code, answer.content) == (200, b"")
