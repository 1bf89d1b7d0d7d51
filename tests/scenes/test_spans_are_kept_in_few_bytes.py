"""The codec of the spans that are kept: what goes in comes out, and a film of flickering tags takes few kilobytes."""

from __future__ import annotations

import random
import zlib

import pytest

from scenes.analysis.spans import packed, unpacked
from scenes.clients.tagger.answers import TagSpan

pytestmark = pytest.mark.one_database

KB = 1000


def test_what_is_packed_is_unpacked_by_category_tag_and_time() -> None:
    spans = [
        TagSpan("scenery", "Größe, \"x\"; 山", 7.25, 9.0, 0.333),
        TagSpan("actions", "Dog", 20.0, None, None),
        TagSpan("actions", "Dog", 0.0, 0.001, 0.0),
        TagSpan("actions", "Cat", 86400.5, 90000.125, 1.0),
    ]  # fmt: skip
    assert unpacked(packed(spans)) == [spans[3], spans[2], spans[1], spans[0]]


def test_times_are_kept_to_the_millisecond_and_confidence_to_three_digits() -> None:
    assert unpacked(packed([TagSpan("a", "b", 1 / 3, 2 / 3, 0.98765)])) == [TagSpan("a", "b", 0.333, 0.667, 0.988)]


def test_a_film_in_which_nothing_was_seen_is_kept_too() -> None:
    assert unpacked(packed([])) == []


def test_what_postgresql_gives_is_understood() -> None:
    spans = [TagSpan("a", "b", 1.0, 2.0, 0.5)]
    assert unpacked(memoryview(packed(spans))) == spans


@pytest.mark.parametrize("kept", [b"", b"\x02" + zlib.compress(b"{}"), b"\x01rubbish", packed([])[:-1]])
def test_what_it_never_made_is_refused(kept: bytes) -> None:
    with pytest.raises(ValueError, match="spans"):
        unpacked(kept)


def test_thirty_minutes_of_three_thousand_short_spans_take_less_than_ten_kilobytes() -> None:
    assert len(packed(_flickering(tags=8, share=0.4))) < 10 * KB


def test_four_tags_that_flicker_for_thirty_minutes_take_less_than_five() -> None:
    assert len(packed(_flickering(tags=4, share=0.4))) < 5 * KB


def _flickering(tags: int, share: float) -> list[TagSpan]:
    chance = random.Random(1)
    frames = range(0, 30 * 60, 2)
    return [
        TagSpan("actions", f"Tag {tag}", float(at), chance.choice([None, at + 2.0]), chance.randint(300, 999) / 1000)
        for tag in range(tags)
        for at in frames
        if chance.random() < share
    ]
