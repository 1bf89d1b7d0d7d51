"""Whatever is asked for, by whichever way, is checked, bounded, and refused with a sentence."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jobs import engine, testing
from jobs.declare.ids import BIGGEST_ID, MAX_IDS
from jobs.errors import BadRequest
from jobs.models import Job, Status
from scenes.admin import library
from scenes.models import Detection, Scene
from stashhog.asgi import application
from tests.web.factories import make_job

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

IDS = [
    "[1180591620717411303424]", "[9223372036854775808]", "[-1]", "[0]", "[true]", "[1.0]", '["1"]', "[null]", "[[1]]",
    "[{}]", "[NaN]", "[1e400]", "1", '"1"', "{}", "null", str(list(range(1, 300_001))), "[1" + "0" * 5000 + "]",
]  # fmt: skip


def start(client: Client, job_type: str, params: str) -> Any:
    body = f'{{"job_type": "{job_type}", "params": {params}}}'
    return client.post("/api/jobs", body, content_type="application/json")


def assert_refused(answer: Any, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "detail"}
    assert len(answer.content) < 2000
    assert not Job.objects.exists()
    return error


@pytest.mark.parametrize("ids", IDS, ids=lambda text: text[:30])
def test_ids_that_are_none_are_refused(program: Client, ids: str) -> None:
    assert_refused(start(program, "analysis", f'{{"scene_ids": {ids}}}'))


@pytest.mark.parametrize("plan", ["1180591620717411303424", "true", '"1"', "1.5", "0", "NaN", "[1]"])
def test_an_id_that_is_none_is_refused(program: Client, plan: str) -> None:
    assert "plan_id" in assert_refused(start(program, "apply_plan", f'{{"plan_id": {plan}}}'))["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in ("batch_size", "max_parallel_batches", "max_attempts", "retry_delay", "max_scenes")
        for value in ("NaN", "Infinity", "1e400", "-1", "true", '"5"', "[5]", "1180591620717411303424")
    ]
    + [("skip", value) for value in ("[[]]", "[{}]", '["nothing"]', '"completion"', "7", "null")]
    + [("dry_run", '"no"'), ("auto_approve", "[]")],
)
def test_numbers_and_lists_of_a_run_are_bounded_and_typed(program: Client, name: str, value: str) -> None:
    error = assert_refused(start(program, "process_new_scenes", f'{{"{name}": {value}}}'))
    assert error["message"].startswith(f"{name} must be ")
    assert "unhashable" not in error["message"]


def test_a_step_that_is_named_twice_is_left_out_once(program: Client) -> None:
    answer = start(program, "process_new_scenes", json.dumps({"skip": ["completion"] * 1000}))
    assert answer.json()["params"]["skip"] == ["completion"]


def test_the_most_ids_are_taken_and_one_more_is_refused_with_how_many_may_be_given(program: Client) -> None:
    most = list(range(BIGGEST_ID - MAX_IDS + 1, BIGGEST_ID + 1))
    error = assert_refused(start(program, "analysis", json.dumps({"scene_ids": [1, *most]})))
    assert "at most 50,000 ids, not of 50,001" in error["message"]
    answer = start(program, "analysis", json.dumps({"scene_ids": most}))
    assert answer.status_code == 201
    assert program.get(f"/api/jobs/{answer.json()['id']}").json()["params"]["scene_ids"] == most


@pytest.mark.parametrize(
    "params",
    [{"scene_ids": [2**70]}, {"scene_ids": list(range(1, 300_001))}, {"x" * 100_000: 1}],
    ids=["big", "many", "x"],
)
def test_code_is_held_to_the_same_bounds(params: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as refused:
        engine.start("analysis", params, source="test")
    assert len(str(refused.value)) < 1000
    with pytest.raises(BadRequest):
        engine.start("x" * 100_000, {}, source="test")


@pytest.mark.parametrize("text", [str(2**70), "-1", "1.5", "one", "9" * 5000, "nan"])
def test_a_command_takes_ids_only(text: str) -> None:
    with pytest.raises(CommandError):
        call_command("analysis", "--scene-ids", text)
    assert not Job.objects.exists()


def test_a_command_takes_ids_one_by_one() -> None:
    call_command("analysis", "--scene-ids", "5", "--scene-ids", "7")
    assert Job.objects.get().params["scene_ids"] == [5, 7]


@pytest.mark.parametrize("text", ["nan", "inf", "1e400", "9" * 5000, "-5", "1.5", "0x10", "1" * 20])
def test_a_number_in_the_form_that_is_none_is_refused_with_a_sentence(browser: Client, text: str) -> None:
    answer = browser.post("/jobs/start", {"job_type": "process_new_scenes", "batch_size": text}, follow=True)
    assert answer.status_code == 200
    assert "Scenes in a batch must be" in answer.text
    assert not Job.objects.exists()


# --- Bodies ---


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"job_type": "sync", "params": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
        b'{"job_type": "analysis", "params": {"scene_ids": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"job_type": "analysis", "params": {"scene_ids": ' + b"[" * 90_000 + b"]" * 90_000 + b"}}",
        b'{"job_type": "\xff\xfe"}',
        b'{"job_type": "\\ud800"}',
        b'{"job_type": "' + b"x" * 1_000_000 + b'"}',
        b'{"job_type": "sync", "params": {' + b",".join(b'"a%d": 1' % n for n in range(100_000)) + b"}}",
        b'{"job_type": "sync", "job_type": "nothing"}',
        b"\x00",
    ],
    ids=lambda body: str(body[:30]) + str(len(body)),
)
def test_a_body_that_makes_no_sense_is_refused_in_few_words(program: Client, body: bytes) -> None:
    assert_refused(program.post("/api/jobs", body, content_type="application/json"))


@pytest.mark.parametrize("path", ["/api/jobs", "/api/release"])
@pytest.mark.parametrize(
    "body",
    [
        b"{" + b",".join(b'"a%d": 1' % n for n in range(20_000)) + b"}",
        b'{"' + b"k" * 1_000_000 + b'": 1}',
        b'{"scenes": [' + b",".join([b'"x"'] * 9_999) + b"]}",
    ],
    ids=["many fields", "a long name", "many ids"],
)
def test_what_is_wrong_with_a_body_is_said_in_few_words_however_much_it_is(
    program: Client, path: str, body: bytes
) -> None:
    error = assert_refused(program.post(path, body, content_type="application/json"))
    assert 0 < len(error["detail"]["errors"]) <= 5


@pytest.mark.parametrize("path", ["/api/jobs", "/api/release"])
def test_a_body_of_megabytes_is_refused(program: Client, path: str) -> None:
    assert_refused(program.post(path, b"[" + b" " * 4_000_000 + b"]", content_type="application/json"), 413)


def asgi(headers: list[tuple[bytes, bytes]], chunks: int) -> tuple[list[dict[str, Any]], int]:
    """What is answered to a body of so many megabytes, and how many of them were read."""
    sent: list[dict[str, Any]] = []
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 2**20, "more_body": read < chunks}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/api/jobs", "raw_path": b"/api/jobs", "query_string": b"",
        "headers": [(b"host", b"localhost"), *headers], "http_version": "1.1", "scheme": "http", "root_path": "",
    }  # fmt: skip
    asyncio.run(application(scope, receive, send))
    return sent, read


@pytest.mark.parametrize("headers", [[(b"content-length", b"300000000")], [], [(b"content-length", b"9" * 5000)]])
def test_a_body_of_hundreds_of_megabytes_is_not_read_to_its_end(headers: list[tuple[bytes, bytes]]) -> None:
    sent, read = asgi(headers, 300)
    assert (sent[0]["status"], json.loads(sent[1]["body"])["error"]["code"]) == (413, "too_large")
    assert read < 10


# --- Addresses ---


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", f"limit={2**70}", "limit=x", "limit=nan", "status=x", "cursor=%FF",
        "cursor=" + "A" * 8001,
        "cursor=" + cursor("0001-01-01T00:00:00+23:59|00000000-0000-0000-0000-000000000000"),
        "sub_jobs=perhaps",
    ],
    ids=lambda query: query[:30],
)  # fmt: skip
def test_a_query_that_is_out_of_bounds_is_refused(program: Client, query: str) -> None:
    assert_refused(program.get(f"/api/jobs?{query}"))


@pytest.mark.parametrize("text", ["0" * 20 + "9" * 30, "0" * 20 + "9" * 5000, "9" * 19, "-1", "1.0", "١"])
def test_a_cursor_of_events_that_is_no_id_is_refused(program: Client, text: str) -> None:
    answer = program.get(f"/api/jobs/{make_job().pk}/events", {"cursor": text})
    assert answer.status_code == 400 and "cursor" in answer.json()["error"]["message"]


@pytest.mark.parametrize("query", ["cursor=" + "A" * 5000, "status=" + "x" * 5000, "type=" + "x" * 5000])
def test_the_page_of_jobs_refuses_it_with_a_sentence(browser: Client, query: str) -> None:
    answer = browser.get(f"/jobs/?{query}", follow=True)
    assert answer.status_code == 200
    assert "x" * 100 not in answer.text


@pytest.mark.parametrize(
    "ids",
    [[2**70], list(range(1, 300_001)), [True], ["1"], [1.5], [0], [None], ["0" * 30 + "9" * 30]],
    ids=lambda x: str(x)[:20],
)
@pytest.mark.parametrize("kind", ["downloads", "scenes"])
def test_ids_to_release_are_bounded_and_typed(program: Client, kind: str, ids: list[Any]) -> None:
    assert_refused(program.post("/api/release", {kind: ids}, content_type="application/json"))


def test_ids_to_release_on_the_page_are_checked(browser: Client) -> None:
    answer = browser.post("/needs/act", {"release-one": "download::" + "0" * 20 + "9" * 30}, follow=True)
    assert answer.status_code == 200
    assert "nothing of this id" in answer.text


def test_the_documentation_says_the_bounds(browser: Client) -> None:
    schemas = browser.get("/api/openapi.json").json()["components"]["schemas"]
    ids = schemas["ItemsToRelease"]["properties"]["scenes"]
    assert (ids["maxItems"], ids["items"]["minimum"], ids["items"]["maximum"]) == (10_000, 1, BIGGEST_ID)
    assert "shortened" in schemas["ListedJob"]["properties"]


# --- The admin ---


def scenes(count: int) -> None:
    now = timezone.now()
    Scene.objects.bulk_create(Scene(id=number, created_at=now, remote_updated_at="x") for number in range(1, count + 1))


def act_on_all(client: Client, action: str) -> str:
    address = reverse("admin:scenes_scene_changelist")
    answer = client.post(address, {"action": action, "select_across": "1", "_selected_action": ["1"]}, follow=True)
    assert answer.status_code == 200
    return answer.text


def test_all_scenes_chosen_in_the_admin_are_refused_with_a_sentence_when_they_are_too_many(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "MAX_IDS", 3)
    scenes(4)
    assert "Nothing was started: one job takes at most" in act_on_all(browser, "analyse")
    assert not Job.objects.exists()
    act_on_all(browser, "sync")
    assert Job.objects.get().type == "sync"


@pytest.mark.big
def test_all_of_a_huge_library_can_be_released(browser: Client) -> None:
    scenes(12_000)
    Detection.objects.bulk_create(
        Detection(scene_id=number, detector="detect_tags", outcome="failed", attempts=1, message="x")
        for number in range(1, 12_001)
    )
    assert "12000 released" in act_on_all(browser, "release")


# --- Rows that are there already ---


def test_a_row_with_absurd_parameters_fails_with_a_sentence_and_harms_no_other_job() -> None:
    job = engine.start("analysis", {}, source="test")
    for ids in ([2**70], ["x"], [None, [1]], "all"):
        Job.objects.filter(pk=job.pk).update(params=job.params | {"scene_ids": ids})
        list(Scene.objects.due(("detect_tags",)))
    testing.work()
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.FAILED, "bad_parameters")
    assert "scene_ids must be" in job.error_message


def test_a_run_with_absurd_parameters_fails_with_a_sentence() -> None:
    run = engine.start("process_new_scenes", {"skip": ["completion"]}, source="test")
    Job.objects.filter(pk=run.pk).update(params=run.params | {"batch_size": -5})
    testing.work()
    run.refresh_from_db()
    assert run.status == Status.FAILED
    assert "batch_size must be" in run.steps.get(key="process_downloads").error_message
