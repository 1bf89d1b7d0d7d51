"""An answer that is well formed but absurd is an error of the service or harmless: nothing crashes of it."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from django.utils import timezone

from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent.client import QBittorrentClient
from scenes.clients.stash.client import StashClient
from scenes.clients.tagger.client import Question, TaggerClient
from scenes.sync.convert import FILE, SCENE, file_values, scene_values
from tests.clients.fakes import Received, http, serving
from tests.clients.taggers import before_v3

HASH = "0123456789abcdef" * 2 + "01234567"
TORRENT = {
    "hash": HASH, "name": "A film", "state": "stalledUP", "save_path": "/dl", "content_path": "/dl/A film",
    "category": "", "tags": "", "size": 5, "progress": 1, "completion_on": 1_700_000_000,
}  # fmt: skip
TORRENT_FILE = {"name": "film.mp4", "size": 5, "priority": 1, "progress": 1}


def ask(list_of: str, body: bytes) -> Any:
    def behave(request: Received) -> bytes:
        return http(200, b"Ok." if "auth/login" in request.line else body)

    with serving(behave) as fake, contextlib.closing(QBittorrentClient(fake.url, "a", "b")) as client:
        return client.torrents() if list_of == "torrents" else client.files(HASH)


def rows(row: dict[str, Any], **odd: Any) -> bytes:
    return json.dumps([row | odd]).encode()


@pytest.mark.parametrize(
    "odd",
    [
        {"hash": "all"}, {"hash": ""}, {"hash": "a|b"}, {"hash": "a" * 1000}, {"hash": HASH + "\n"}, {"hash": 7},
        {"size": 2**70}, {"size": -(2**70)}, {"size": float("nan")}, {"size": 1e300}, {"size": "much"},
        {"progress": float("nan")}, {"progress": float("inf")}, {"progress": None}, {"tags": 7}, {"name": None},
        {"completion_on": float("inf")},
    ],
    ids=str,
)  # fmt: skip
def test_an_absurd_torrent_is_a_bad_answer(odd: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        ask("torrents", rows(TORRENT, **odd))
    assert (caught.value.code, caught.value.permanent) == ("bad_answer", False)
    assert len(caught.value.message) < 500


@pytest.mark.parametrize("odd", [{"size": 2**70}, {"size": -1}, {"size": float("nan")}, {"progress": float("nan")}])
def test_an_absurd_file_is_a_bad_answer(odd: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        ask("files", rows(TORRENT_FILE, **odd))
    assert caught.value.code == "bad_answer"


def test_files_that_are_too_large_together_are_a_bad_answer() -> None:
    with pytest.raises(ServiceError) as caught:
        ask("files", json.dumps([TORRENT_FILE | {"size": 2**53}] * 2000).encode())
    assert caught.value.code == "bad_answer"


def test_a_torrent_that_is_listed_twice_is_a_bad_answer() -> None:
    with pytest.raises(ServiceError) as caught:
        ask("torrents", json.dumps([TORRENT, TORRENT]).encode())
    assert caught.value.code == "bad_answer"
    assert "twice" in caught.value.message


@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'[{"hash":' * 200_000, b"[" + b"9" * 100_000 + b"]", b'["\xff"]'])
def test_text_that_no_list_can_be_made_of_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        ask("torrents", body)
    assert caught.value.code == "bad_answer"


@pytest.mark.parametrize(
    "odd",
    [{"completion_on": 10**18}, {"completion_on": -(10**18)}, {"tags": "x," * 500_000}, {"name": "x" * 1_000_000}],
    ids=["late", "early", "tags", "name"],
)
def test_what_is_only_strange_is_taken(odd: dict[str, Any]) -> None:
    (torrent,) = ask("torrents", rows(TORRENT, **odd))
    assert torrent.hash == HASH


def test_a_size_that_is_not_known_is_none() -> None:
    (torrent,) = ask("torrents", rows(TORRENT, size=-1))
    assert torrent.size == 0


# --- Stash ---

STASH_FILE: dict[str, Any] = {
    "id": "1", "path": "/data/film.mp4", "basename": "film.mp4", "size": 5,
    "duration": 5.0, "width": 1, "height": 1, "frame_rate": 25.0, "bit_rate": 1, "video_codec": "h264",
    "updated_at": "2024-01-01T00:00:00Z", "fingerprints": [],
}  # fmt: skip
STASH_SCENE: dict[str, Any] = {
    "id": "1", "title": "", "details": "", "date": None, "code": None, "organized": False, "rating100": None,
    "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z", "files": [STASH_FILE],
    "paths": {"screenshot": None, "preview": None, "sprite": None}, "studio": None, "tags": [], "performers": [],
    "scene_markers": [],
}  # fmt: skip
MARKER = {
    "id": "1", "title": "", "seconds": 1.0, "end_seconds": None, "primary_tag": {"id": "1"}, "tags": [],
    "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
}  # fmt: skip


def scenes(**odd: Any) -> Any:
    body = json.dumps({"data": {"found": {"rows": [STASH_SCENE | odd]}}}).replace("1e309", "1e400").encode()
    with serving(lambda _request: http(200, body)) as fake:
        return StashClient(fake.url).scenes_by_id(["1"])


@pytest.mark.parametrize(
    "odd",
    [
        {"id": str(2**70)}, {"id": "-1"}, {"id": ""}, {"id": "one"}, {"id": "1\n"}, {"id": "١"}, {"id": "9" * 5000},
        {"tags": [{"id": str(2**70)}]}, {"studio": {"id": "x"}}, {"files": [STASH_FILE | {"id": str(2**70)}]},
        {"scene_markers": [MARKER | {"seconds": float("nan")}]},
        {"scene_markers": [MARKER | {"end_seconds": float("inf")}]},
        {"scene_markers": [MARKER | {"primary_tag": {"id": "99999999999999999999"}}]},
    ],
    ids=lambda odd: str(odd)[:60],
)  # fmt: skip
def test_an_id_that_fits_into_no_column_is_a_bad_answer(odd: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        scenes(**odd)
    assert caught.value.code == "bad_answer"


def test_what_no_film_has_is_kept_as_the_columns_take_it() -> None:
    nan, inf = float("nan"), float("inf")
    file = STASH_FILE | {"size": 2**70, "duration": nan, "width": 2**40, "height": -1, "frame_rate": inf}
    file |= {"bit_rate": -5}
    ((row,), _unreadable) = scenes(rating100=2**40, files=[file])
    kept = dict(zip(FILE, file_values(row["files"][0], 1, 2**20, timezone.now()), strict=True))
    assert (kept["size"], kept["duration"], kept["frame_rate"]) == (2**63 - 1, 0, 0)
    assert (kept["width"], kept["height"], kept["bit_rate"], kept["position"]) == (2**31 - 1, 0, 0, 2**15 - 1)
    assert dict(zip(SCENE, scene_values(row, timezone.now()), strict=True))["rating"] == 2**15 - 1


# --- The tagger ---


@pytest.mark.parametrize("name", ["x" * 10_000, "a\0b"])
@pytest.mark.parametrize("where", ["tags", "spans", "totals"])
def test_a_name_that_no_tag_can_have_is_an_unclear_answer(name: str, where: str) -> None:
    info = {
        "video_tags": {"c": [name] if where == "tags" else []},
        "tag_timespans": {"c": {name: [{"start": 1, "end": 2}]} if where == "spans" else {}},
        "tag_totals": {"c": {name: 5} if where == "totals" else {}},
    }
    body = json.dumps({"result": {"video_tag_info": info}}).encode()
    with before_v3(lambda _request: http(200, body)) as fake, pytest.raises(ServiceError) as caught:
        TaggerClient(fake.url).process_video(Question("/films/one.mp4"))
    assert caught.value.code == "unclear_answer"
