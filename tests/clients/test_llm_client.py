"""What the client of a language model makes of its answers, whatever they are."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator

import pytest
from django.utils.http import http_date

from jobs.waiting import Abandoned, Waiter
from scenes.clients.base import ServiceError
from scenes.clients.llm.answers import Mentioned, TokenUsage
from scenes.clients.llm.client import LlmClient, Reply, Texts
from scenes.simulators.llm import Llm, running_llm
from scenes.simulators.llm.moods import Mood
from tests.clients.fakes import http, serving

TEXTS = Texts(title="JaneDoe at the sea", path="Alps/JaneDoe.mp4", details="")
JANE = Mentioned(performers=["Jane Doe"], studios=[], tags=["Sea"])


@pytest.fixture
def llm() -> Iterator[Llm]:
    with running_llm() as simulator:
        simulator.knows("JaneDoe", performers=["Jane Doe"], tags=["Sea"])
        yield simulator


def client_of(llm: Llm, waiter: Waiter | None = None, timeout: float = 5.0) -> LlmClient:
    return LlmClient(llm.url, llm.model, "sk-a-secret-key", waiter, timeout=timeout)


def reply(llm: Llm, mood: Mood = "good") -> Reply:
    llm.mood = mood
    return client_of(llm).mentioned(TEXTS)


@pytest.mark.parametrize("mood", ["good", "fenced"])
def test_the_names_and_the_tokens_are_told(llm: Llm, mood: Mood) -> None:
    found = reply(llm, mood)
    assert found.mentioned == JANE and not found.problem
    assert found.spent.prompt_tokens > 100 and found.spent.completion_tokens == 20


@pytest.mark.parametrize("mood", ["no_usage", "odd_usage"])
def test_an_answer_without_counts_of_tokens_is_an_answer(llm: Llm, mood: Mood) -> None:
    assert reply(llm, mood) == Reply(JANE, TokenUsage())


PROBLEMS = {
    "partial": "was cut off",
    "nonsense": "is not the document",
    "empty": "is empty",
    "refusal": "is a refusal",
    "endless": "is not the document",
    "other_document": "is not the document",
    "deep": "is not the document",
}


@pytest.mark.parametrize("mood", PROBLEMS)
def test_an_answer_that_is_of_no_use_says_why_and_what_it_cost(llm: Llm, mood: Mood) -> None:
    found = reply(llm, mood)
    assert found.mentioned is None and found.spent.prompt_tokens > 0
    assert found.problem.startswith("Language model: the answer of small-model")
    assert PROBLEMS[mood] in found.problem and len(found.problem) < 400


def test_nothing_but_title_path_and_details_leaves_the_machine(llm: Llm) -> None:
    reply(llm)
    (body,) = llm.questions()
    asked = json.loads(body)
    (system, user) = asked.pop("messages")
    assert json.loads(user["content"]) == {"title": TEXTS.title, "path": TEXTS.path, "details": ""}
    assert "JaneDoe at" not in system["content"]
    assert asked.pop("response_format")["json_schema"]["strict"] is True
    assert asked == {"model": "small-model", "max_tokens": 500, "temperature": 0}


def test_options_that_a_server_refuses_are_left_out_from_then_on(llm: Llm) -> None:
    llm.knows_not = {"response_format", "max_tokens", "temperature"}
    client = client_of(llm)
    assert [client.mentioned(TEXTS).mentioned for _ in range(2)] == [JANE, JANE]
    assert [len(json.loads(body)) for body in llm.questions()] == [5, 4, 3, 2, 2]


def test_the_limit_of_the_answer_goes_by_its_newer_name_where_the_older_is_refused() -> None:
    refusal = b'{"error": {"message": "Unsupported parameter: \'max_tokens\'. Use \'max_completion_tokens\' instead."}}'
    with serving(lambda request: http(400, refusal) if b'"max_tokens"' in request.body else http(418, b"{}")) as fake:
        error_of(LlmClient(fake.url, "m"))
        asked = json.loads(fake.received[-1].body)
    assert asked["max_completion_tokens"] == 500 and "max_tokens" not in asked


def test_a_busy_server_is_asked_again_when_it_says(llm: Llm) -> None:
    llm.busy.extend(["0.2", "0"])
    began = time.monotonic()
    assert client_of(llm).mentioned(TEXTS).mentioned == JANE
    assert time.monotonic() - began >= 0.2 and len(llm.questions()) == 3


def test_it_may_say_so_as_a_date(llm: Llm) -> None:
    llm.busy.extend([http_date(time.time() + 2)])
    began = time.time()
    assert client_of(llm).mentioned(TEXTS).mentioned == JANE
    assert time.time() >= began + 0.9 and len(llm.questions()) == 2


FAR = "Fri, 31 Dec 2100 23:59:59 GMT"
PAST = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize("retry_after", [None, "3600", "-1", "nan", "inf", "soon", "Wed, 99 Oct", FAR, PAST, "0"])
def test_a_server_that_stays_busy_is_left_to_the_next_run(llm: Llm, retry_after: str | None) -> None:
    llm.busy.extend([retry_after] * 5)
    with pytest.raises(ServiceError, match="too much to do") as caught:
        client_of(llm).mentioned(TEXTS)
    assert (caught.value.code, caught.value.permanent) == ("busy", False)


def test_a_cancel_ends_the_wait_for_a_busy_server(llm: Llm) -> None:
    waiter = Waiter()
    llm.busy.append("60")
    threading.Timer(0.3, waiter.wake.set).start()
    began = time.monotonic()
    with contextlib.suppress(Abandoned):  # unless the answer is there at once
        client_of(llm, waiter).mentioned(TEXTS)
    assert time.monotonic() - began < 30


def error_of(client: LlmClient) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        client.mentioned(TEXTS)
    return caught.value


def test_a_wrong_key_and_an_unknown_model_are_told_apart_from_a_wrong_address(llm: Llm) -> None:
    llm.key = "another"
    assert (error_of(client_of(llm)).code, "“Language model API key”" in str(error_of(client_of(llm)))) == (
        "unauthorized",
        True,
    )
    llm.key = ""
    unknown = error_of(LlmClient(llm.url, "large-model"))
    assert unknown.code == "unknown_model" and unknown.permanent and "“Language model”" in str(unknown)
    assert error_of(LlmClient(llm.url.removesuffix("/v1"), llm.model)).code == "wrong_address"


def test_a_slow_server_has_its_time(llm: Llm) -> None:
    llm.seconds = 5
    assert error_of(client_of(llm, timeout=0.3)).code == "timeout"


def test_a_key_in_an_error_is_struck_out(llm: Llm) -> None:
    error = b'{"error": {"message": "bad request with sk-a-secret-key"}}'
    with serving(lambda request: http(418, error)) as fake:
        message = str(error_of(LlmClient(fake.url, "m", "sk-a-secret-key")))
    assert "sk-a-secret-key" not in message and "***" in message


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"choices": []}', b"[" * 100_000, b"null", b"\xff"])
def test_what_is_no_chat_completion_is_not_taken_for_an_empty_answer(body: bytes) -> None:
    with serving(lambda request: http(200, body)) as fake:
        assert error_of(LlmClient(fake.url, "m")).code == "bad_answer"


def test_the_models_are_listed(llm: Llm) -> None:
    assert client_of(llm).models() == ["small-model"]
