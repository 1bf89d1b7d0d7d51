"""The simulated tagger answers as the real one does, as far as its source and its clients say."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from scenes.simulators.tagger import Tagger, running_tagger
from scenes.simulators.tagger.answers import Answers
from scenes.simulators.videos import broken_video, make_video

ASKED = {
    "frame_interval": 2.0,
    "threshold": 0.3,
    "return_confidence": True,
    "vr_video": False,
    "returnTimestamps": True,
}


@pytest.fixture
def tagger() -> Iterator[Tagger]:
    with running_tagger() as running:
        yield running


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("films") / "Dune Walk.mp4", seconds=4, size=(160, 90), seed=1)


def ask(tagger: Tagger, path: Path | str, **options: Any) -> requests.Response:
    url = f"{tagger.url}/process_video/"
    return requests.post(url, json={"path": str(path), **ASKED, **options}, timeout=30)


def info(tagger: Tagger, path: Path | str, **options: Any) -> dict[str, Any]:
    answer = ask(tagger, path, **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["result"]["video_tag_info"]
    return found


def spans(timespans: dict[str, dict[str, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    return [span for tags in timespans.values() for found in tags.values() for span in found]


# What it sees


def test_a_film_gets_tags_totals_and_time_spans_by_category(tagger: Tagger, film: Path) -> None:
    seen = info(tagger, film)
    assert seen["video_duration"] == pytest.approx(4.0, abs=0.1)
    assert set(seen["video_tags"]) == set(seen["tag_totals"]) == set(seen["tag_timespans"])
    assert len(seen["video_tags"]) >= 3
    for category, tags in seen["video_tags"].items():
        assert set(tags) == set(seen["tag_totals"][category]) == set(seen["tag_timespans"][category])
    assert {key for span in spans(seen["tag_timespans"]) for key in span} == {"start", "end", "totalConfidence"}


def test_spans_lie_inside_the_film(tagger: Tagger, film: Path) -> None:
    seen = info(tagger, film)
    for span in spans(seen["tag_timespans"]):
        assert 0 <= span["start"] <= (span["end"] or span["start"]) <= seen["video_duration"] + 0.01
        assert 0.3 <= span["totalConfidence"] <= 1


def test_a_span_may_have_no_end_and_another_be_very_short(tagger: Tagger, film: Path) -> None:
    found = spans(info(tagger, film)["tag_timespans"])
    assert any(span["end"] is None for span in found)
    assert any(span["end"] is not None and span["end"] - span["start"] < 0.2 for span in found)


def test_the_same_film_gets_the_same_and_another_gets_another(tagger: Tagger, film: Path) -> None:
    other = make_video(film.parent / "Other.mp4", seconds=4, size=(160, 90), seed=2)
    copy = film.parent / "copy.mp4"
    copy.write_bytes(film.read_bytes())
    assert info(tagger, film) == info(tagger, copy)
    assert info(tagger, film) != info(tagger, other)


def test_the_light_is_seen_in_the_frames_themselves(tagger: Tagger, film: Path) -> None:
    light = info(tagger, film)["tag_timespans"]["light"]
    assert list(light) == ["Daylight", "Golden Hour", "Night"]
    starts = [found[0]["start"] for found in light.values()]
    assert starts == sorted(starts)


def test_nothing_below_the_threshold_is_answered(tagger: Tagger, film: Path) -> None:
    all_of_it, sure = info(tagger, film, threshold=0.0), info(tagger, film, threshold=0.8)
    assert len(spans(sure["tag_timespans"])) < len(spans(all_of_it["tag_timespans"]))
    assert all(span["totalConfidence"] >= 0.8 for span in spans(sure["tag_timespans"]))


def test_without_return_confidence_there_is_none(tagger: Tagger, film: Path) -> None:
    found = spans(info(tagger, film, return_confidence=False)["tag_timespans"])
    assert {span["totalConfidence"] for span in found} == {None}


def test_a_test_can_say_what_is_seen(tagger: Tagger, film: Path) -> None:
    tagger.see(film, {"people": {"Walker": [(0.0, 3.5, 0.9), (3.8, None, 0.5)]}})
    seen = info(tagger, film)
    assert seen["video_tags"] == {"people": ["Walker"]}
    assert seen["tag_totals"] == {"people": {"Walker": 3.5}}
    assert seen["tag_timespans"]["people"]["Walker"][1] == {"start": 3.8, "end": None, "totalConfidence": 0.5}


# The forms of the answer


def test_a_newer_one_also_sends_its_own_record_as_text(tagger: Tagger, film: Path) -> None:
    record = json.loads(ask(tagger, film).json()["result"]["json_result"])
    assert {"schema_version", "metadata", "timespans"} == set(record)


def test_an_older_one_sends_only_the_record(tagger: Tagger, film: Path) -> None:
    tagger.answers = "older"
    result = ask(tagger, film).json()["result"]
    assert set(result) == {"json_result"}
    assert {key for span in spans(result["json_result"]["timespans"]) for key in span} == {
        "start",
        "end",
        "confidence",
    }
    assert result["json_result"]["metadata"]["duration"] == pytest.approx(4.0, abs=0.1)


def test_an_older_one_may_send_the_record_as_text(tagger: Tagger, film: Path) -> None:
    tagger.answers = "older"
    record = ask(tagger, film).json()["result"]["json_result"]
    tagger.answers = "older_text"
    assert json.loads(ask(tagger, film).json()["result"]["json_result"]) == record


# Today's: v3


def ask_v3(tagger: Tagger, path: Path | str, **options: Any) -> requests.Response:
    asked = {"path": str(path), "frame_interval": 2.0, "threshold": 0.3, "vr_video": False, "categories_to_skip": []}
    return requests.post(f"{tagger.url}/v3/process_video/", json=asked | options, timeout=30)


def models(tagger: Tagger) -> requests.Response:
    return requests.get(f"{tagger.url}/v3/current_ai_models/", timeout=10)


def test_one_of_today_gives_spans_duration_and_models_and_no_totals(tagger: Tagger, film: Path) -> None:
    tagger.answers = "v3"
    answer = ask_v3(tagger, film).json()
    assert set(answer) == {"result", "metrics"}
    inner = answer["result"]
    assert set(inner) == {"schema_version", "duration", "models", "frame_interval", "timespans"}
    assert (inner["schema_version"], inner["frame_interval"]) == (3, 2.0)
    assert inner["duration"] == pytest.approx(4.0, abs=0.1)
    assert {key for span in spans(inner["timespans"]) for key in span} == {"start", "end", "confidence"}
    assert [model["name"] for model in inner["models"]] == [model["name"] for model in models(tagger).json()]


def test_one_between_gives_the_inner_object_alone(tagger: Tagger, film: Path) -> None:
    tagger.answers = "v3"
    whole = ask_v3(tagger, film).json()
    tagger.answers = "between"
    assert ask_v3(tagger, film).json() == whole["result"]


def test_it_leaves_out_the_categories_that_it_is_to_skip(tagger: Tagger, film: Path) -> None:
    tagger.answers = "v3"
    inner = ask_v3(tagger, film, categories_to_skip=["scenery", "light", "mood", "unknown"]).json()["result"]
    assert list(inner["timespans"]) == ["moments"]
    assert [model["name"] for model in inner["models"]] == ["simulated_moments"]


def test_it_tells_which_model_gives_which_categories_and_may_be_upgraded(tagger: Tagger) -> None:
    tagger.answers = "v3"
    assert {key for model in models(tagger).json() for key in model} == {
        "name", "identifier", "version", "categories", "type",
    }  # fmt: skip
    tagger.upgrade("simulated_moments", version=2.0)
    assert {model["name"]: model["version"] for model in models(tagger).json()} == {
        "simulated_scenery": 1.0,
        "simulated_moments": 2.0,
    }
    tagger.loaded = False
    assert models(tagger).json() == []


def test_it_joins_spans_that_are_less_than_two_seconds_apart(tagger: Tagger, film: Path) -> None:
    tagger.answers = "v3"
    tagger.see(film, {"scenery": {"Hills": [(0.0, 1.0, 0.5), (2.9, None, 0.9), (5.0, 6.0, 0.4), (8.0, None, 0.6)]}})
    found = ask_v3(tagger, film).json()["result"]["timespans"]["scenery"]["Hills"]
    assert [(span["start"], span["end"], span["confidence"]) for span in found] == [
        (0.0, 2.9, 0.9),
        (5.0, 6.0, 0.4),
        (8.0, None, 0.6),
    ]


@pytest.mark.parametrize("answers", ["newer", "older", "older_text"])
def test_those_before_know_nothing_of_it(tagger: Tagger, film: Path, answers: Answers) -> None:
    tagger.answers = answers
    assert (models(tagger).status_code, ask_v3(tagger, film).status_code) == (404, 404)


def test_one_of_today_still_takes_the_old_question(tagger: Tagger, film: Path) -> None:
    old = info(tagger, film)
    tagger.answers = "v3"
    assert info(tagger, film) == old
    assert requests.get(f"{tagger.url}/ready", timeout=10).status_code == 200


@pytest.mark.parametrize("answers", ["v3", "between"])
def test_its_answers_may_be_off_too(tagger: Tagger, film: Path, answers: Answers) -> None:
    tagger.answers = answers
    tagger.spoil("Dune", "slips")
    answer = ask_v3(tagger, film).json()
    inner = answer.get("result", answer)
    assert inner["duration"] is None and inner["timespans"]["light"]["Daylight"][-1]["start"] is None
    tagger.spoil("Dune", "nonsense")
    answer = ask_v3(tagger, film).json()
    assert answer.get("result", answer)["timespans"] == {"frames": []}


def test_a_refusal_may_have_a_status_of_its_own_in_its_words(tagger: Tagger, film: Path) -> None:
    tagger.answers = "v3"
    tagger.refuse("Dune", "504: Video processing timed out")
    assert refused(ask_v3(tagger, film)) == "504: Video processing timed out"


# Errors: 400 is about this file


def refused(answer: requests.Response) -> str:
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail"}
    return str(answer.json()["detail"])


def test_a_missing_file_is_400(tagger: Tagger, film: Path) -> None:
    assert "No such file" in refused(ask(tagger, film.parent / "gone.mp4"))


def test_a_file_that_cannot_be_decoded_is_400(tagger: Tagger, film: Path) -> None:
    assert "Invalid data" in refused(ask(tagger, broken_video(film.parent / "broken.mp4")))


def test_a_folder_is_400(tagger: Tagger, film: Path) -> None:
    refused(ask(tagger, film.parent))


def test_a_bug_in_a_model_is_400_too(tagger: Tagger, film: Path) -> None:
    tagger.refuse("Dune", "CUDA out of memory")
    assert "CUDA out of memory" in refused(ask(tagger, film))


def test_models_that_are_not_loaded_are_400_too(tagger: Tagger, film: Path) -> None:
    tagger.loaded = False
    refused(ask(tagger, film))


def test_an_answer_may_be_off_in_its_numbers_or_make_no_sense_at_all(tagger: Tagger, film: Path) -> None:
    tagger.spoil("Dune", "slips")
    seen = info(tagger, film)
    assert seen["video_duration"] is None
    assert {span["start"] for found in seen["tag_timespans"]["light"].values() for span in found} >= {-0.04, None}
    tagger.spoil("Dune", "nonsense")
    assert info(tagger, film) == {"frames": []}


def test_the_number_is_part_of_the_text(tagger: Tagger) -> None:
    assert refused(ask(tagger, "/no/such")).startswith("400: ")


def test_a_request_without_a_path_is_422(tagger: Tagger) -> None:
    assert requests.post(f"{tagger.url}/process_video/", json={}, timeout=10).status_code == 422


def test_the_path_is_one_on_its_own_machine(film: Path) -> None:
    with running_tagger(mounts={"/media": film.parent}) as tagger:
        assert info(tagger, "/media/Dune Walk.mp4")["video_duration"] > 0
        assert "No such file" in refused(ask(tagger, film))


# Ready and healthy


def test_a_newer_one_says_that_it_is_ready_and_healthy(tagger: Tagger) -> None:
    ready = requests.get(f"{tagger.url}/ready", timeout=10)
    health = requests.get(f"{tagger.url}/health", timeout=10)
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert (health.status_code, health.json()["status"]) == (200, "ok")


def test_it_is_not_ready_until_its_models_are_loaded(tagger: Tagger) -> None:
    tagger.loaded = False
    assert requests.get(f"{tagger.url}/ready", timeout=10).status_code == 503
    assert requests.get(f"{tagger.url}/health", timeout=10).status_code == 200


@pytest.mark.parametrize("path", ["ready", "health"])
def test_an_older_one_knows_neither_question(tagger: Tagger, path: str) -> None:
    tagger.answers = "older"
    assert requests.get(f"{tagger.url}/{path}", timeout=10).status_code == 404


# Slowness and numbers


def test_about_ten_films_are_worked_on_at_once_and_the_rest_wait(tagger: Tagger, film: Path) -> None:
    tagger.seconds = 0.3
    threads = [threading.Thread(target=ask, args=(tagger, film)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (tagger.count.now, tagger.count.most, tagger.count.total) == (0, 10, 12)


def test_a_film_takes_its_time_and_a_client_may_give_up(tagger: Tagger, film: Path) -> None:
    tagger.seconds = 600
    with pytest.raises(requests.Timeout):
        requests.post(f"{tagger.url}/process_video/", json={"path": str(film)}, timeout=0.2)
    assert tagger.count.now == 1  # there is no cancel: it works on


def test_an_outage_is_no_400(tagger: Tagger, film: Path) -> None:
    tagger.server.control.arm("http", path="process_video", status=502, text="<html>Bad Gateway</html>", times=1)
    assert ask(tagger, film).status_code == 502
    tagger.server.go_away()
    with pytest.raises(requests.ConnectionError):
        ask(tagger, film)


# A process of its own


@pytest.mark.acceptance
def test_a_process_can_be_told_what_to_do_and_ends_on_sigterm(film: Path) -> None:
    command = [sys.executable, "-m", "scenes.simulators.tagger", "--mount", f"/media={film.parent}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Tagger simulator on http://127.0.0.1:")
        url, path = line.split()[-1], "/media/Dune Walk.mp4"
        tell(url, "tags", path=path, tags={"people": {"Walker": [[0, None, 0.9]]}})
        tell(url, "options", answers="older")
        answer = requests.post(f"{url}/process_video/", json={"path": path}, timeout=10)
        assert list(answer.json()["result"]["json_result"]["timespans"]) == ["people"]
        tell(url, "options", answers="newer")
        tell(url, "spoils", path="Dune", how="slips")
        answer = requests.post(f"{url}/process_video/", json={"path": path}, timeout=10)
        assert answer.json()["result"]["video_tag_info"]["video_duration"] is None
        tell(url, "refusals", path="Dune")
        assert requests.post(f"{url}/process_video/", json={"path": path}, timeout=10).status_code == 400
        count = requests.get(f"{url}/_simulator/count", timeout=10).json()
        assert count == {"now": 0, "most": 1, "total": 3}
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def tell(url: str, what: str, **order: Any) -> None:
    requests.post(f"{url}/_simulator/{what}", json=order, timeout=10).raise_for_status()
