"""What the client of the tagger makes of its answers, in the newer and both older forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.tagger.answers import TagSpan, VideoAnalysis
from scenes.clients.tagger.client import Question, TaggerClient, TaggerRefusedFile, TaggerUnclear
from tests.clients.fakes import Received, answer, http, serving
from tests.clients.taggers import before_v3

FILM = "/films/one.mp4"

NEWER: dict[str, Any] = {
    "result": {
        "json_result": None,
        "video_tag_info": {
            "video_duration": 60,
            "video_tags": {"actions": ["walking", "running"]},
            "tag_totals": {"actions": {"walking": 12.0, "running": 2}},
            "tag_timespans": {
                "actions": {
                    "walking": [
                        {"start": 0, "end": 10.0, "totalConfidence": 0.9},
                        {"start": 30.5, "end": 32.5, "totalConfidence": None},
                    ],
                    "running": [{"start": 40.0, "end": None, "totalConfidence": 0.5}],
                }
            },
        },
    }
}
OLDER = {
    "timespans": {
        "actions": {
            "walking": [
                {"start": 0.0, "end": 10.0, "confidence": 0.9},
                {"start": 30.5, "end": 32.5, "confidence": None},
            ],
            "running": [{"start": 40.0, "end": None, "confidence": 0.5}],
        }
    },
    "metadata": {"duration": 60.0, "frame_interval": 2.0, "models": {}},
}


def seen(content: Any) -> VideoAnalysis:
    with before_v3(lambda request: answer(content)) as fake:
        return TaggerClient(fake.url).process_video(Question(FILM))


def error_of(response: bytes) -> ServiceError:
    with before_v3(lambda request: response) as fake, pytest.raises(ServiceError) as caught:
        TaggerClient(fake.url).process_video(Question(FILM))
    return caught.value


def test_the_newer_and_both_older_forms_mean_the_same() -> None:
    expected = VideoAnalysis(
        duration=60.0,
        tags={"actions": ("walking", "running")},
        totals={"actions": {"walking": 12.0, "running": 2.0}},
        spans=(
            TagSpan("actions", "walking", 0.0, 10.0, 0.9),
            TagSpan("actions", "walking", 30.5, 32.5, None),
            TagSpan("actions", "running", 40.0, None, 0.5),
        ),
    )
    assert seen(NEWER) == expected
    assert seen({"result": {"json_result": OLDER}}) == expected
    assert seen({"result": {"json_result": json.dumps(OLDER)}}) == expected


def test_the_newer_form_wins_when_both_are_there() -> None:
    both = {"result": {**NEWER["result"], "json_result": json.dumps({"timespans": {}})}}
    assert seen(both) == seen(NEWER)


def test_a_film_in_which_nothing_was_seen_is_an_empty_analysis() -> None:
    info = {"video_duration": 3.0, "video_tags": {}, "tag_totals": {}, "tag_timespans": {}}
    assert seen({"result": {"json_result": None, "video_tag_info": info}}) == VideoAnalysis(3.0, {}, {}, ())
    assert seen({"result": {"json_result": {"timespans": {}}}}) == VideoAnalysis(None, {}, {}, ())


def test_a_span_that_does_not_end_after_its_start_is_a_moment() -> None:
    older = {"timespans": {"a": {"x": [{"start": 4.0, "end": 4.0}, {"start": 6.0, "end": 5.0}]}}}
    analysis = seen({"result": {"json_result": older}})
    assert [(span.start, span.end) for span in analysis.spans] == [(4.0, None), (6.0, None)]
    assert analysis.totals == {"a": {"x": 4.0}}


def test_the_question_is_the_one_that_taggers_know() -> None:
    with before_v3(lambda request: answer(NEWER)) as fake:
        TaggerClient(fake.url + "/").process_video(Question(FILM, frame_interval=0.5, threshold=0.4, vr_video=True))
    (_, request) = fake.received
    assert request.line == "POST /process_video/ HTTP/1.1"
    assert json.loads(request.body) == {
        "path": FILM,
        "frame_interval": 0.5,
        "threshold": 0.4,
        "return_confidence": True,
        "vr_video": True,
        "returnTimestamps": True,
    }


@pytest.mark.parametrize("body", [b'{"detail": "No such file."}', b"No such file", b'{"detail": ["No such file"]}'])
def test_400_is_about_this_file(body: bytes) -> None:
    error = error_of(http(400, body))
    assert isinstance(error, TaggerRefusedFile)
    assert error.code == "refused_file"
    assert "No such file" in error.message


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 413, 422, 429, 500, 502, 503, 504])
def test_every_other_status_is_about_the_server(status: int) -> None:
    error = error_of(http(status, b'{"detail": "Not Found"}'))
    assert not isinstance(error, TaggerRefusedFile)


def without(key: str) -> dict[str, Any]:
    info = {name: value for name, value in NEWER["result"]["video_tag_info"].items() if name != key}
    return {"result": {"json_result": None, "video_tag_info": info}}


@pytest.mark.parametrize(
    "content",
    [
        {"result": None},
        {"result": {"json_result": None}},
        {"result": {"json_result": "{half"}},
        {"result": {"json_result": {"timespans": {"a": {"x": [{"end": 5.0}]}}}}},
        {"result": {"json_result": {"timespans": {"a": {"x": [{"start": -5.0}]}}}}},
        {"result": {"json_result": {"timespans": {"a": {"x": {"start": 5.0}}}}}},
        {"result": {"json_result": {"timespans": {"a": ["x"]}}}},
        without("video_tags"),
        without("tag_timespans"),
    ],
)
def test_an_analysis_that_makes_no_sense_is_about_this_file(content: Any) -> None:
    error = error_of(answer(content))
    assert isinstance(error, TaggerUnclear)
    assert (error.code, error.permanent) == ("unclear_answer", False)
    assert "unexpected answer" in error.message


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"", b'"text"', b"[]", b'{"status": "ok"}', b'{"result": '])
def test_what_no_tagger_answers_is_about_the_server(body: bytes) -> None:
    error = error_of(http(200, body))
    assert (error.code, error.permanent) == ("bad_answer", False)
    assert not isinstance(error, TaggerRefusedFile | TaggerUnclear)


def spans_of(text: str) -> list[tuple[float, float | None]]:
    """Of an older answer with these spans, as JSON text."""
    body = '{"result": {"json_result": {"timespans": {"a": {"x": [SPANS]}}}}}'.replace("SPANS", text)
    with before_v3(lambda request: http(200, body.encode())) as fake:
        analysis = TaggerClient(fake.url).process_video(Question(FILM))
    return [(span.start, span.end) for span in analysis.spans]


def test_a_start_just_before_the_film_is_its_beginning() -> None:
    assert spans_of('{"start": -0.04, "end": 3.0}') == [(0.0, 3.0)]


@pytest.mark.parametrize(
    "bad",
    [
        '{"start": NaN}', '{"start": Infinity}', '{"start": 1e999}', '{"start": null}', '{"start": -5}',
        '{"start": 1, "end": "soon"}', '{"end": 4}', "null", '"x"',
    ],
)  # fmt: skip
def test_a_span_that_makes_no_sense_is_left_out(bad: str) -> None:
    assert spans_of('{"start": 1, "end": 2}, ' + bad + ', {"start": 3}') == [(1.0, 2.0), (3.0, None)]


@pytest.mark.parametrize("number", ["null", "NaN", "-1", '"long"', "1e999"])
def test_a_total_or_a_duration_that_is_no_number_counts_as_absent(number: str) -> None:
    body = json.dumps(NEWER).replace('"walking": 12.0', f'"walking": {number}')
    body = body.replace('"video_duration": 60', f'"video_duration": {number}')
    with before_v3(lambda request: http(200, body.encode())) as fake:
        analysis = TaggerClient(fake.url).process_video(Question(FILM))
    assert analysis.duration is None
    assert analysis.totals == {"actions": {"running": 2.0}}
    assert len(analysis.spans) == 3


def test_a_confidence_that_is_no_number_counts_as_absent() -> None:
    older = {"timespans": {"a": {"x": [{"start": 1.0, "confidence": "high"}]}}}
    assert seen({"result": {"json_result": older}}).spans == (TagSpan("a", "x", 1.0, None, None),)


def test_a_newer_answer_without_a_duration_is_understood() -> None:
    assert seen(without("video_duration")).duration is None


def readiness(statuses: dict[str, int]) -> str:
    def behave(request: Received) -> bytes:
        return http(statuses.get(request.line.split()[1], 404))

    with serving(behave) as fake:
        return TaggerClient(fake.url).ready()


def test_readiness_is_asked_as_well_as_the_server_can_answer_it() -> None:
    assert readiness({"/ready": 200, "/health": 200}) == "ready"
    assert readiness({"/health": 200}) == "healthy"
    assert readiness({}) == "reachable"


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ({"/ready": 503, "/health": 200}, "not_ready"),
        ({"/health": 503}, "not_ready"),
        ({"/ready": 500}, "server_error"),
        ({"/ready": 401}, "unauthorized"),
        ({"/ready": 302}, "redirected"),
    ],
)
def test_a_tagger_that_is_not_ready_says_why(statuses: dict[str, int], code: str) -> None:
    with pytest.raises(ServiceError) as caught:
        readiness(statuses)
    assert caught.value.code == code
    assert caught.value.permanent is (code in ("unauthorized", "redirected"))
