"""Whose trouble a refusal of the tagger is: its status, and a status in the words of a 400."""

from __future__ import annotations

import json

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.tagger.client import Question, TaggerClient, TaggerGaveUp, TaggerRefusedFile
from tests.clients.fakes import http
from tests.clients.taggers import before_v3, of_today

FILM = "/films/one.mp4"
PAGE = b"<html><head><title>504 Gateway Time-out</title></head><body>nginx</body></html>"
SERVERS = [before_v3, of_today]


def error_of(response: bytes, server=of_today) -> ServiceError:
    with server(lambda request: response) as fake, pytest.raises(ServiceError) as caught:
        TaggerClient(fake.url).process_video(Question(FILM))
    return caught.value


def refused(detail: object, server=of_today) -> ServiceError:
    return error_of(http(400, json.dumps({"detail": detail}).encode()), server)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "detail",
    [
        "504: Video processing timed out", "500: CUDA out of memory", "502: Bad Gateway", "599: ?", " 504 : late",
        "400: 504: Video processing timed out", "400: 400: 500: an error", "507:", "504:Video processing timed out",
    ],
)  # fmt: skip
def test_a_5xx_in_the_words_of_a_400_is_the_servers(detail: str, server) -> None:
    error = refused(detail, server)
    assert isinstance(error, TaggerGaveUp)
    assert (error.code, error.permanent) == ("server_error", False)


def test_its_words_are_shown_and_a_time_limit_is_named() -> None:
    message = refused("400: 504: Video processing timed out").message
    assert "failed with status 504: Video processing timed out." in message and "REQUEST_TIMEOUT_SECONDS" in message
    assert "REQUEST_TIMEOUT_SECONDS" not in refused("500: CUDA out of memory").message


def test_so_are_those_of_a_status_that_every_film_would_get() -> None:
    message = refused("400: 408: Queue timeout").message
    assert "408" in message and "Queue timeout" in message


@pytest.mark.parametrize("server", SERVERS)
def test_a_page_of_a_proxy_that_cut_the_answer_is_the_servers(server) -> None:
    error = error_of(http(504, PAGE), server)
    assert isinstance(error, TaggerGaveUp)
    assert error.code == "server_error" and "proxy" in error.message and "html" not in error.message


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "detail",
    [
        "400: Invalid data found when processing input", "404: no such file", "422: not a video", "413: too large",
        "a bug in a model", "Error at 500: frame", "5000: frames", "50: frames", "", None, [], {"a": "500: b"},
        "/films/504: the movie.mp4 is broken", "400:", "200: fine", "501 frames could not be read",
    ],
)  # fmt: skip
def test_all_else_in_a_400_is_the_films(detail: object, server) -> None:
    assert isinstance(refused(detail, server), TaggerRefusedFile)


def test_the_status_is_not_repeated_to_people() -> None:
    assert "cannot handle this file: no such file." in refused("400: no such file").message
    assert "it did not say why" in refused("400: ").message


@pytest.mark.parametrize(
    ("detail", "code", "words"),
    [
        ("501: model face_model is not loaded", "server_error", "load models in the tagger's settings"),
        ("503: No pipelines loaded", "not_ready", "No pipelines loaded"),
        ("400: 503: No pipelines loaded", "not_ready", "is not ready"),
        ("429: too many requests", "busy", "too much to do"),
        ("401: no key", "unauthorized", "refuses our key"),
        ("403: no", "forbidden", "refuses us"),
    ],
)
def test_what_every_film_would_get_is_an_error_of_the_server_at_once(detail: str, code: str, words: str) -> None:
    error = refused(detail)
    assert error.code == code and words in error.message
    assert not isinstance(error, TaggerGaveUp | TaggerRefusedFile)


def test_what_it_says_is_shown_without_what_no_person_may_read() -> None:
    error = refused("504: a\x00b\u202e" + "x" * 10_000)
    assert "\x00" not in error.message and "\u202e" not in error.message and len(error.message) < 1000
