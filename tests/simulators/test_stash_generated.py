"""Covers, previews, sprites and marker clips over HTTP (services/stash.md, "Queries" and "Jobs")."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
import requests
from PIL import Image

from tests.simulators.conftest import Video
from tests.simulators.stash_client import Client

SCENE_PATHS = "paths { screenshot preview webp vtt sprite stream }"
MARKER = "{ findSceneMarkers { scene_markers { stream preview screenshot } } }"


def path_of(client: Client, name: str) -> str:
    return client.scene(1, SCENE_PATHS)["paths"][name]


@pytest.fixture
def scanned(client: Client, video: Video) -> Client:
    video("film.mp4")
    client.scan()
    return client


@pytest.mark.parametrize("name", ["screenshot", "preview", "webp", "vtt", "sprite"])
def test_nothing_is_there_before_it_was_generated(scanned: Client, name: str) -> None:
    assert scanned.media(path_of(scanned, name)).status_code == 404


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("covers", ["screenshot"]),
        ("previews", ["preview"]),
        ("imagePreviews", ["webp"]),
        ("sprites", ["sprite", "vtt"]),
    ],
)
def test_each_output_is_there_once_it_was_generated(scanned: Client, option: str, names: list[str]) -> None:
    scanned.generate(sceneIDs=["1"], **{option: True})
    for name in names:
        response = scanned.media(path_of(scanned, name), Range="bytes=0-0")
        assert (response.status_code, len(response.content)) == (206, 1)
    others = {"screenshot", "preview", "webp", "sprite"} - set(names)
    assert {scanned.media(path_of(scanned, name)).status_code for name in others} == {404}


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("scanGenerateCovers", "screenshot"),
        ("scanGeneratePreviews", "preview"),
        ("scanGenerateImagePreviews", "webp"),
        ("scanGenerateSprites", "sprite"),
    ],
)
def test_a_scan_generates_what_it_is_asked_for(client: Client, video: Video, option: str, name: str) -> None:
    video("film.mp4")
    client.scan(**{option: True})
    assert client.media(path_of(client, name)).status_code == 200


def test_head_is_answered_405(scanned: Client) -> None:
    scanned.generate(covers=True)
    assert requests.head(path_of(scanned, "screenshot"), timeout=10).status_code == 405


def test_a_cover_is_a_picture_of_the_video(scanned: Client) -> None:
    scanned.generate(covers=True)
    picture = Image.open(io.BytesIO(scanned.media(path_of(scanned, "screenshot")).content))
    assert (picture.format, picture.size) == ("JPEG", (160, 90))


def test_a_preview_is_a_short_film(scanned: Client) -> None:
    scanned.generate(previews=True)
    content = scanned.media(path_of(scanned, "preview")).content
    with av.open(io.BytesIO(content), "r") as container:
        assert len(list(container.decode(video=0))) == 12


def test_a_sprite_is_one_picture_of_many_and_its_vtt_says_where_each_is(scanned: Client) -> None:
    scanned.generate(sprites=True)
    sheet = Image.open(io.BytesIO(scanned.media(path_of(scanned, "sprite")).content))
    vtt = scanned.media(path_of(scanned, "vtt")).text
    assert sheet.size == (480, 270)
    assert vtt.startswith("WEBVTT")
    assert vtt.count("_sprite.jpg#xywh=") == 9


def test_the_stream_is_the_video_itself(scanned: Client, library: Path) -> None:
    assert scanned.media(path_of(scanned, "stream")).content == (library / "film.mp4").read_bytes()


def test_markers_have_clips_pictures_and_screenshots_once_generated(scanned: Client) -> None:
    scanned.marker(1, scanned.tag("Tag"), 0.2)
    [marker] = scanned.ask(MARKER)["scene_markers"]
    assert {scanned.media(address).status_code for address in marker.values()} == {404}
    scanned.generate(sceneIDs=["1"], markers=True, markerImagePreviews=True, markerScreenshots=True)
    assert {scanned.media(address).status_code for address in marker.values()} == {200}


def test_is_missing_knows_the_cover_and_the_phash(scanned: Client) -> None:
    assert scanned.find({"is_missing": "cover"}) == scanned.find({"is_missing": "phash"}) == ["1"]
    scanned.generate(covers=True, phashes=True)
    assert scanned.find({"is_missing": "cover"}) == scanned.find({"is_missing": "phash"}) == []


@pytest.mark.parametrize("what", ["preview", "sprite"])
def test_is_missing_knows_nothing_of_previews_and_sprites(scanned: Client, what: str) -> None:
    query = "query($given: SceneFilterType) { findScenes(scene_filter: $given) { count } }"
    assert "no such column" in scanned.error(query, given={"is_missing": what})


def test_a_video_that_has_gone_ends_finished_and_only_the_log_says_why(scanned: Client, library: Path) -> None:
    (library / "film.mp4").unlink()
    job = scanned.generate(previews=True)
    assert (job["status"], job["error"]) == ("FINISHED", None)
    assert "error generating previews" in scanned.logs()
    assert scanned.media(path_of(scanned, "preview")).status_code == 404


def test_a_replaced_file_has_no_preview_any_more(scanned: Client, video: Video) -> None:
    scanned.generate(previews=True)
    video("film.mp4", seed=3)
    scanned.scan(rescan=True)
    assert scanned.media(path_of(scanned, "preview")).status_code == 404
