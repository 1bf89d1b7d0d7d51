"""A film's strip is cut from the sprite that Stash made: one picture of ours, without Stash's key or address in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from django.test import Client

from scenes.simulators.stash import RunningStash, running_stash
from scenes.web import strip
from scenes.web.marks import LANE, MOST_LANES, Marks, mark
from scenes.web.pictures import Picture
from tests.scenes.analysis_factories import make_scene

pytestmark = pytest.mark.one_database

VTT = """WEBVTT

00:00:00.000 --> 00:00:10.000
abc_sprite.jpg#xywh=0,0,160,90

00:00:10.000 --> 00:00:20.000
abc_sprite.jpg#xywh=160,0,160,90
"""


def many(count: int) -> str:
    return "WEBVTT\n" + "".join(f"a --> b\nx.jpg#xywh={160 * n},0,160,90\n\n" for n in range(count))


def test_frames_are_shown_side_by_side_in_their_order() -> None:
    drawing = strip.drawn(strip.frames_of(VTT), Picture(b"\xff\xd8\xff", "image/jpeg"))
    assert 'viewBox="0 0 32 9"' in drawing and '<image id="s" width="320" height="90"' in drawing
    assert drawing.index('viewBox="0 0 160 90"') < drawing.index('viewBox="160 0 160 90"')
    assert base64.b64encode(b"\xff\xd8\xff").decode() in drawing


def test_of_many_frames_some_are_taken_evenly() -> None:
    frames = strip.some_of(strip.frames_of(many(81)))
    assert len(frames) == strip.FRAMES
    gaps = {after.left - before.left for before, after in pairwise(frames)}
    assert gaps <= {3 * 160, 4 * 160}


@pytest.mark.parametrize(
    "vtt", ["", "WEBVTT", many(3000), VTT.replace("160,90", "0,90"), VTT.replace("160,0", "999999,0"), "<script>"]
)
def test_what_stash_does_not_write_is_no_strip(vtt: str) -> None:
    assert strip.frames_of(vtt) == []


def test_a_mark_is_where_its_span_is_in_the_film() -> None:
    middle = mark("add", "x", 30, 45, 60)
    assert middle and (middle.x, middle.width) == (500.0, 250.0)
    end = mark("add", "x", 60, 60, 60)
    assert end and end.x + end.width == 1000.0, "a moment at the very end is still seen"
    assert mark("add", "x", 1, 2, 0) is None, "of a film of unknown length nothing can be said"


@pytest.fixture
def stash(configure) -> Iterator[RunningStash]:
    with running_stash(api_key="a secret key") as simulator:
        configure(stash_url=simulator.url, stash_api_key="a secret key")
        yield simulator


@pytest.mark.django_db
def test_without_a_sprite_there_is_an_empty_strip(browser: Client, stash: RunningStash) -> None:
    scene = make_scene(1)
    make_scene(2, path=None)
    for oshash in ("", "../../graphql", "abcdef0123456789"):
        scene.files.update(oshash=oshash)
        answer = browser.get("/scenes/1/strip")
        assert answer.status_code == 302 and answer.headers["Location"] == "/static/no-strip.svg"
    assert browser.get("/scenes/2/strip").status_code == 302
    assert browser.get("/scenes/3/strip").status_code == 404
    assert Client().get("/scenes/1/strip").headers["Location"].startswith("/admin/login/")


@pytest.mark.django_db
def test_the_strip_of_a_film_with_a_sprite_is_a_picture_of_ours(browser: Client, monkeypatch) -> None:
    make_scene(1).files.update(oshash="abc123")
    asked: list[str] = []
    given = {"/scene/abc123_thumbs.vtt": VTT.encode(), "/scene/abc123_sprite.jpg": b"\xff\xd8\xff"}

    def ask(path: str) -> bytes:
        asked.append(path)
        return given[path]

    monkeypatch.setattr("scenes.web.pictures.ask", ask)
    answer = browser.get("/scenes/1/strip")
    assert answer.headers["Content-Type"] == "image/svg+xml" and answer.headers["Cache-Control"].startswith("private")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert asked == list(given)
    assert "<script" not in answer.text and answer.text.count("http") == 1, "the name space, and no address"


def test_marks_that_overlap_lie_in_lanes_and_none_covers_another() -> None:
    spans = [("add", 0, 30), ("add", 10, 20), ("there", 5, 25), ("add", 31, 40), ("remove", 15, 16), ("there", 25, 30)]
    drawn = Marks.of(mark(kind, "x", start, end, 60) for kind, start, end in spans)
    for one, other in combinations(drawn.placed, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height < other.y or other.y + other.height < one.y
    lowest = max(one.y for one in drawn.placed if one.kind != "there")
    assert all(one.y > lowest for one in drawn.placed if one.kind == "there"), "what is proposed is above what is there"
    assert max(one.y + one.height for one in drawn.placed) < drawn.height


def test_of_very_many_at_once_the_strip_stays_low() -> None:
    drawn = Marks.of(mark("add", "x", 0, 30, 60) for _ in range(500))
    assert len(drawn.placed) == 500 and drawn.height == MOST_LANES * LANE
