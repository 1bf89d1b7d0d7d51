"""Today's tagger: the question of v3, both forms of its answer, and the old question where v3 is not there."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.tagger import answers
from scenes.clients.tagger.answers import TagSpan, VideoAnalysis
from scenes.clients.tagger.client import Question, TaggerClient, TaggerUnclear
from scenes.clients.tagger.models import Model, by_category
from scenes.clients.tagger.recent import recent
from tests.clients.fakes import Received, answer, http, serving
from tests.clients.taggers import MODEL, before_v3, of_today

FILM = "/films/one.mp4"
ACTIONS = Model("actions_model", "2.0", ("actions",), "1200")
INNER: dict[str, Any] = {
    "schema_version": 3,
    "duration": 60.0,
    "models": [MODEL],
    "frame_interval": 2.0,
    "timespans": {
        "actions": {
            "walking": [
                {"start": 0.0, "end": 10.0, "confidence": 0.9},
                {"start": 30.5, "end": 32.5, "confidence": None},
            ],
            "running": [{"start": 40.0, "end": None, "confidence": 0.5}],
        },
        "scenery": {},
    },
}
WHOLE = {"result": INNER, "metrics": {"total_runtime_seconds": 3.2, "ai_model_count": 1}}


def seen(content: Any, **options: Any) -> VideoAnalysis:
    with of_today(lambda request: answer(content)) as fake:
        return TaggerClient(fake.url).process_video(Question(FILM, **options))


def changed(**values: Any) -> dict[str, Any]:
    return {"result": {**INNER, **values}}


def test_both_forms_mean_the_same_and_totals_and_tags_are_made_from_the_spans() -> None:
    expected = VideoAnalysis(
        duration=60.0,
        tags={"actions": ("walking", "running"), "scenery": ()},
        totals={"actions": {"walking": 12.0, "running": 2.0}},
        spans=(
            TagSpan("actions", "walking", 0.0, 10.0, 0.9),
            TagSpan("actions", "walking", 30.5, 32.5, None),
            TagSpan("actions", "running", 40.0, None, 0.5),
        ),
        frame_interval=2.0,
        models=(ACTIONS,),
    )
    assert seen(WHOLE) == expected
    assert seen(INNER) == expected


def test_a_server_of_today_is_asked_the_question_of_today() -> None:
    with of_today(lambda request: answer(WHOLE)) as fake:
        TaggerClient(fake.url).process_video(Question(FILM, 0.5, 0.4, vr_video=True, categories_to_skip=("b", "a")))
    assert [request.line for request in fake.received] == [
        "GET /v3/current_ai_models/ HTTP/1.1",
        "POST /v3/process_video/ HTTP/1.1",
    ]
    assert json.loads(fake.received[1].body) == {
        "path": FILM,
        "frame_interval": 0.5,
        "threshold": 0.4,
        "vr_video": True,
        "categories_to_skip": ["b", "a"],
    }


def lines(fake: Any) -> list[str]:
    return [" ".join(request.line.split()[:2]) for request in fake.received]


def test_which_one_it_is_is_asked_once_by_all_clients_of_a_process() -> None:
    with of_today(lambda request: answer(WHOLE)) as fake:
        for _ in range(3):
            TaggerClient(fake.url).process_video(Question(FILM))
    assert lines(fake) == ["GET /v3/current_ai_models/", *["POST /v3/process_video/"] * 3]


def test_and_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenes.clients.tagger.recent.FRESH", 0.0)
    with of_today(lambda request: answer(WHOLE)) as fake:
        for _ in range(2):
            TaggerClient(fake.url).process_video(Question(FILM))
    assert lines(fake) == ["GET /v3/current_ai_models/", "POST /v3/process_video/"] * 2


def test_and_again_after_a_trouble_which_may_have_been_an_upgrade() -> None:
    """An old server goes away, and a new one is there."""
    with before_v3(lambda request: http(502)) as fake:
        client = TaggerClient(fake.url)
        with pytest.raises(ServiceError):
            client.process_video(Question(FILM))
        assert recent.get(client.base) is None


def test_and_not_after_a_film_that_it_refused() -> None:
    with of_today(lambda request: http(400, b'{"detail": "400: no such file"}')) as fake:
        client = TaggerClient(fake.url)
        for _ in range(2):
            with pytest.raises(ServiceError):
                client.process_video(Question(FILM))
    assert lines(fake) == ["GET /v3/current_ai_models/", *["POST /v3/process_video/"] * 2]


def test_models_that_are_still_being_loaded_are_asked_for_again() -> None:
    with of_today(lambda request: answer(WHOLE), models=()) as fake:
        for _ in range(2):
            TaggerClient(fake.url).process_video(Question(FILM))
    assert lines(fake).count("GET /v3/current_ai_models/") == 2


def test_an_answer_of_models_that_it_did_not_list_has_them_listed_again() -> None:
    with of_today(lambda request: answer(changed(models=[MODEL | {"version": 3}]))) as fake:
        client = TaggerClient(fake.url)
        assert client.process_video(Question(FILM)).models[0].version == "3"
        assert recent.get(client.base) is None


def test_a_server_that_was_replaced_by_an_old_one_is_asked_the_old_question() -> None:
    older = {"result": {"json_result": {"timespans": INNER["timespans"], "metadata": {"duration": 60.0}}}}
    is_old = False

    def behave(request: Received) -> bytes:
        if "/v3/" in request.line:
            return http(404) if is_old else answer([MODEL] if "models" in request.line else WHOLE)
        return answer(older)

    with serving(behave) as fake:
        client = TaggerClient(fake.url)
        assert client.process_video(Question(FILM)).models == (ACTIONS,)
        is_old = True
        assert client.process_video(Question(FILM)).models == ()
        assert client.known_models() is None


# What its answers may hold


@pytest.mark.parametrize(
    "content",
    [
        {"result": None},
        {"result": {}},
        {"timespans": None},
        {"timespans": []},
        {"timespans": {"a": ["x"]}},
        changed(timespans={"a": {"x": {"start": 5.0}}}),
        changed(timespans={"a": {"x": [{"end": 5.0}]}}),
        changed(timespans={"a": {"x": [{"start": -5.0, "end": 1.0}]}}),
        changed(timespans={"a": {"x" * 256: [{"start": 5.0}]}}),
        changed(timespans={"a": {"x\x00": [{"start": 5.0}]}}),
    ],
)
def test_an_answer_that_makes_no_sense_is_about_this_film(content: Any) -> None:
    with pytest.raises(TaggerUnclear) as caught:
        seen(content)
    assert "unexpected answer" in caught.value.message


@pytest.mark.parametrize("content", [[], "text", 7, None, {"status": "ok"}, {"result": []}])
def test_what_no_tagger_answers_is_about_the_server(content: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        seen(content)
    assert (caught.value.code, type(caught.value)) == ("bad_answer", ServiceError)


def spans_of(*spans: Any) -> list[tuple[float, float | None, float | None]]:
    text = json.dumps(changed(timespans={"a": {"x": "SPANS"}}))
    body = text.replace(
        '"SPANS"', "[" + ", ".join(span if isinstance(span, str) else json.dumps(span) for span in spans) + "]"
    )
    with of_today(lambda request: http(200, body.encode())) as fake:
        analysis = TaggerClient(fake.url).process_video(Question(FILM))
    return [(span.start, span.end, span.confidence) for span in analysis.spans]


@pytest.mark.parametrize(
    "bad",
    [
        '{"start": NaN}', '{"start": 1e999}', '{"start": null}', '{"start": -5, "end": 2}', '{"start": "soon"}',
        '{"start": 1, "end": {"a": 1}}', '{"start": [[[1]]]}', '{"end": 4}', "null", "[]", '"x"', '{"start": 1e300}',
        '{"start": 1, "end": 1e300}', '{"start": true, "end": 1e8}',
    ],
)  # fmt: skip
def test_a_span_that_makes_no_sense_is_left_out(bad: str) -> None:
    assert spans_of('{"start": 1, "end": 2}', bad, '{"start": 3}') == [(1.0, 2.0, None), (3.0, None, None)]


def test_a_span_that_ends_before_it_starts_is_a_moment() -> None:
    assert spans_of({"start": 6.0, "end": 5.0, "confidence": 0.5}) == [(6.0, None, 0.5)]


@pytest.mark.parametrize("confidence", ["-0.5", "17.3", "NaN", '"high"', "1e300", "null", "[0.5]"])
def test_a_confidence_that_is_none_counts_as_not_told(confidence: str) -> None:
    assert spans_of(f'{{"start": 1, "end": 2, "confidence": {confidence}}}') == [(1.0, 2.0, None)]


@pytest.mark.parametrize("value", [None, "long", -1, {"a": 1}, 1e300])
def test_what_else_makes_no_sense_counts_as_not_told(value: Any) -> None:
    analysis = seen(changed(duration=value, frame_interval=value, models=value), frame_interval=4.0)
    assert (analysis.duration, analysis.frame_interval, analysis.models) == (None, 4.0, ())
    assert len(analysis.spans) == 3


def test_what_is_missing_beside_the_spans_is_not_needed() -> None:
    analysis = seen({"timespans": INNER["timespans"]}, frame_interval=4.0)
    assert (analysis.duration, analysis.frame_interval, analysis.models) == (None, 4.0, ())
    assert analysis.totals["actions"]["running"] == 4.0


def test_more_spans_than_a_film_can_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [{"start": float(at), "end": at + 0.5} for at in range(answers.MAX_SPANS // 2 + 1)]
    with pytest.raises(TaggerUnclear, match="more than 100,000 time spans"):
        seen(changed(timespans={"a": {"x": many}, "b": {"x": many}}))
    with pytest.raises(TaggerUnclear, match="at most 100000 items"):
        seen(changed(timespans={"a": {"x": many * 2}}))


def test_more_tags_than_a_model_can_have_are_refused() -> None:
    with pytest.raises(TaggerUnclear, match="at most 2000 items"):
        seen(changed(timespans={"a": {f"tag {number}": [] for number in range(2001)}}))


def test_junk_that_is_nested_deeply_is_refused() -> None:
    body = b'{"result": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with of_today(lambda request: http(200, body)) as fake, pytest.raises(ServiceError):
        TaggerClient(fake.url).process_video(Question(FILM))


# The models


def models(rows: Any) -> list[Model] | None:
    with serving(lambda request: answer(rows)) as fake:
        return TaggerClient(fake.url).models()


def test_a_model_is_told_with_identifier_version_and_categories() -> None:
    assert models([MODEL, {"name": " other ", "version": None}]) == [ACTIONS, Model("other", "", (), "")]


@pytest.mark.parametrize(
    "odd",
    [
        None, "x", 7, [], {}, {"name": None}, {"name": ""}, {"version": "1"}, {"name": {"a": 1}},
    ],
)  # fmt: skip
def test_a_model_that_makes_no_sense_is_left_out(odd: Any) -> None:
    assert models([odd, MODEL]) == [ACTIONS]


def test_what_makes_no_sense_in_a_model_counts_as_not_told() -> None:
    odd = {"name": "m", "identifier": ["x"], "version": {"a": 1}, "categories": "actions", "type": 3}
    assert models([odd]) == [Model("m", "", (), "")]
    odd = {"name": "m" * 300, "identifier": "a\x00b", "version": 1.5, "categories": ["a", None, "", 3]}
    assert models([odd]) == [Model("m" * 255, "1.5", ("a", "3"), "ab")]


@pytest.mark.parametrize("rows", [{"models": []}, "x", None, [{}], ["x"], [MODEL] * 1001])
def test_a_list_without_sense_is_an_error(rows: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        models(rows)
    assert caught.value.code == "bad_answer"


def test_a_category_of_several_models_has_the_words_of_all_whatever_their_order() -> None:
    one, two = Model("b", "1", ("x", "y"), "7"), Model("a", "2", ("y",), "8")
    assert by_category([one, two])["x"].key == ("b", "7", "1")
    assert by_category([one, two])["y"].key == by_category([two, one])["y"].key == ("a + b", "8 + 7", "2 + 1")


def test_the_forms_are_told_apart_by_what_is_in_them() -> None:
    """An older answer to the question of v3 would have no spans where they are looked for."""
    older = {"result": {"json_result": copy.deepcopy(INNER)}}
    with pytest.raises(TaggerUnclear):
        seen(older)
