"""Secrets that a service repeats are struck out before its words are cut: no half of one is left at the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scenes.clients.base import MAX_TEXT, ServiceError
from scenes.clients.qbittorrent.client import QBittorrentClient
from scenes.clients.stash.client import StashClient
from tests.clients.fakes import Behaviour, Received, failure, http, serving

SECRET = "a-secret-that-nobody-may-see"
LEAST = 4  # characters of it that would say something
Ask = Callable[[str], object]


def ask_stash(url: str) -> object:
    return StashClient(url, SECRET).version()


def ask_qbittorrent(url: str) -> object:
    return QBittorrentClient(url, "admin", SECRET).torrents()


def by_error(words: str) -> Behaviour:
    return lambda request: failure(words, "version")


def by_invalid_query(words: str) -> Behaviour:
    body = failure(words, "version").split(b"\r\n\r\n", 1)[1]
    return lambda request: http(422, body, **{"Content-Type": "application/json"})


def by_status(status: int) -> Callable[[str], Behaviour]:
    """After a login, if it asks for one."""

    def behaviour_of(words: str) -> Behaviour:
        def behave(request: Received) -> bytes:
            return http(200, b"Ok.") if "auth/login" in request.line else http(status, words.encode())

        return behave

    return behaviour_of


def shown(ask: Ask, behaviour: Behaviour) -> str:
    with serving(behaviour) as fake, pytest.raises(ServiceError) as caught:
        ask(fake.url)
    return str(caught.value) + repr(caught.value) + caught.value.message


@pytest.mark.parametrize(
    ("ask", "behaviour_of"),
    [
        (ask_stash, by_error),
        (ask_stash, by_invalid_query),
        (ask_qbittorrent, by_status(403)),
        (ask_qbittorrent, by_status(418)),
    ],
    ids=["an error of Stash", "an invalid query", "a refusal of qBittorrent", "another status"],
)
def test_wherever_the_cut_falls(ask: Ask, behaviour_of: Callable[[str], Behaviour]) -> None:
    for before in range(MAX_TEXT - len(SECRET) - 40, MAX_TEXT, 3):
        words = "." * before + SECRET + "." * MAX_TEXT
        assert SECRET[:LEAST] not in shown(ask, behaviour_of(words)), f"after {before} characters"


def test_secrets_before_the_cut_do_not_move_half_of_another_one_to_it() -> None:
    count = 30
    words = (SECRET + " ") * count + "." * (MAX_TEXT - 4 * count - 10) + SECRET
    assert SECRET[:LEAST] not in shown(ask_stash, by_error(words))
