"""From spans and rules to tags and markers: few that are worth having, whatever the tagger saw."""

from __future__ import annotations

import random
from typing import Any

import pytest

from scenes.analysis.spans import Times
from scenes.analysis.video_tags.evaluation import Evaluation, Sighting, Span, evaluate
from scenes.rules.rule_set import COLUMNS, RuleSet

HALF_HOUR = 1800.0


def rule_set(default: dict[str, Any] | None = None, **rules: dict[str, Any]) -> RuleSet:
    """Of the default rule, and of others by their tags' names."""
    named = {"__default__": default or {}, **rules}
    return RuleSet([tuple({"tag_name": name, **row}.get(key) for key in COLUMNS) for name, row in named.items()], "_AI")


ALL = {"required_scene_tag_duration": "0s", "min_marker_duration": 0, "max_gap": 0}


def seen(tag: str, *spans: tuple[float, float | None] | Span, interval: float = 2.0) -> Sighting:
    return Sighting(tag, Times.of((one[0], one[1], one[2] if len(one) > 2 else None) for one in spans), interval)


def tags(evaluation: Evaluation) -> list[str]:
    return [tag.name for tag in evaluation.tags]


def markers(evaluation: Evaluation) -> list[tuple[str, float, float | None]]:
    return [(marker.name, marker.start, marker.end) for marker in evaluation.markers]


def flickering(tag: str, every: int, frames: int = 900, interval: float = 2.0) -> Sighting:
    return seen(tag, *((frame * interval, None) for frame in range(0, frames, every)), interval=interval)


def recorded_film() -> list[Sighting]:
    """Of half an hour: four tags that flicker in every second or third frame, two that are there for minutes."""
    there = [seen("Kissing", (120.0, 300.0), (310.0, 420.0)), seen("Dancing", (600.0, 1200.0), (1500.0, 1640.0))]
    return [flickering("Face", 2), flickering("Hands", 3), flickering("Couch", 3), flickering("Lamp", 2), *there]


def test_a_film_of_half_an_hour_gets_a_page_of_markers_by_the_default_rules() -> None:
    assert sum(len(sighting.spans) for sighting in recorded_film()) == 1504
    raw = evaluate(recorded_film(), HALF_HOUR, rule_set(ALL))
    assert sum(marker.name == "Face_AI" for marker in raw.markers) == 450 and len(raw.markers) == 1503
    evaluation = evaluate(recorded_film(), HALF_HOUR, rule_set(), 40)
    assert len(evaluation.markers) == 7, "as docs/rules.md says"
    assert ("Kissing_AI", 120.0, 420.0) in markers(evaluation)
    assert [row for row in markers(evaluation) if row[0] == "Dancing_AI"] == [
        ("Dancing_AI", 600.0, 1200.0),
        ("Dancing_AI", 1500.0, 1640.0),
    ]
    assert tags(evaluation) == ["Face_AI", "Hands_AI", "Couch_AI", "Lamp_AI", "Kissing_AI", "Dancing_AI"]


def test_450_markers_of_one_flickering_tag_become_one() -> None:
    film = [flickering("Face", 2)]
    assert len(evaluate(film, HALF_HOUR, rule_set(ALL)).markers) == 450
    assert markers(evaluate(film, HALF_HOUR, rule_set(), 40)) == [("Face_AI", 0.0, 1798.0)]


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7])
def test_no_manner_of_flickering_gives_more_than_a_page(share: float) -> None:
    dice = random.Random(f"{share}")
    film = [
        seen(f"Tag {number}", *((frame * 2.0, None) for frame in range(900) if dice.random() < share))
        for number in range(12)
    ]
    evaluation = evaluate(film, HALF_HOUR, rule_set(), 40)
    assert len(evaluation.markers) <= 40
    assert all(marker.end and marker.end - marker.start >= 10 for marker in evaluation.markers)
    if evaluation.left_out:
        least = min(marker.seen for marker in evaluation.markers)
        rest = evaluate(film, HALF_HOUR, rule_set()).markers
        assert sum(marker.seen > least for marker in rest) < 40, "the most seen ones stay"


def test_a_film_of_three_hours_may_have_more_and_a_clip_no_less() -> None:
    long = [seen("Dog", *((start, start + 20.0) for start in range(0, 10_800, 40)))]
    assert len(evaluate(long, 10_800.0, rule_set(), 40).markers) == 240
    assert len(evaluate(long, None, rule_set(), 40).markers) == 239, "its last span says how long it is at least"
    short = [seen("Dog", *((start, start + 0.2) for start in range(20)))]
    assert len(evaluate(short, 20.0, rule_set(ALL | {"min_marker_duration": 0.1}), 10).markers) == 10


def test_a_clip_of_twenty_seconds_is_tagged_by_a_share_of_itself() -> None:
    clip = [seen("Dog", (2.0, 8.0)), seen("Cat", (4.0, None)), seen("Cow", (0.0, 20.0))]
    evaluation = evaluate(clip, 20.0, rule_set())
    assert tags(evaluation) == ["Dog_AI", "Cow_AI"]
    assert markers(evaluation) == [("Cow_AI", 0.0, 20.0)]
    assert [(round(tag.seconds), round(tag.share or 0, 2)) for tag in evaluation.tags] == [(6, 0.3), (20, 1.0)]


def test_what_flickered_once_is_neither_tag_nor_marker() -> None:
    evaluation = evaluate([seen("Dog", (100.0, None)), seen("Cat", (100.0, 104.0))], HALF_HOUR, rule_set())
    assert evaluation == Evaluation([], [])


@pytest.mark.parametrize(
    ("required", "duration", "is_given"),
    [
        ("12s", 1000.0, True),
        ("12.1s", 1000.0, False),
        ("12", 1000.0, True),
        ("4%", 300.0, True),
        ("4%", 301.0, False),
        ("4%", None, False),
        ("100s or 4%", 300.0, True),
        ("4% or 12s", None, True),
        ("0s", None, True),
    ],
)
def test_a_tag_is_given_after_seconds_or_a_share_of_the_film(
    required: str, duration: float | None, is_given: bool
) -> None:
    rules = rule_set(Dog={"required_scene_tag_duration": required})
    film = [seen("Dog", (0.0, 5.0), (3.0, 8.0), (20.0, 22.0), (30.0, None))]  # 12 seconds, 2 of them twice
    assert tags(evaluate(film, duration, rules)) == (["Dog_AI"] if is_given else [])


def test_what_lies_beyond_the_film_does_not_count() -> None:
    film = [seen("Dog", (50.0, 90.0), (60.0, 70.0), (61.0, None)), seen("Cat", (60.0, 61.0)), seen("Cow", (59.0, None))]
    evaluation = evaluate(film, 60.0, rule_set(ALL))
    assert markers(evaluation) == [("Dog_AI", 50.0, 60.0), ("Cow_AI", 59.0, None)]
    assert [(tag.name, tag.seconds) for tag in evaluation.tags] == [("Dog_AI", 10.0), ("Cow_AI", 1.0)]
    assert [marker[2] for marker in markers(evaluate(film[:1], None, rule_set(ALL)))] == [90.0]


def test_spans_that_overlap_are_one_marker_and_count_once() -> None:
    film = [seen("Dog", (10.0, 40.0), (0.0, 15.0), (12.0, 13.0), (39.0, None))]
    evaluation = evaluate(film, 60.0, rule_set(ALL))
    assert markers(evaluation) == [("Dog_AI", 0.0, 41.0)]
    assert evaluation.tags[0].seconds == evaluation.markers[0].seen == 41.0


@pytest.mark.parametrize(
    ("spans", "max_gap", "joined"),
    [
        ([(0.0, 4.0), (6.0, 8.0)], 0, True),  # half of the longer one
        ([(0.0, 4.0), (6.1, 8.0)], 0, False),
        ([(0.0, 2.0), (4.1, 8.3)], 0, True),  # be that the second
        ([(0.0, 100.0), (110.0, 112.0)], 0, True),  # up to ten seconds
        ([(0.0, 100.0), (110.1, 112.0)], 0, False),
        ([(0.0, 1.0), (31.0, 32.0)], 30, True),
        ([(0.0, 1.0), (31.1, 32.0)], 30, False),
        ([(0.0, None), (3.0, None)], 1, True),  # a frame lasts until the next one
        ([(0.0, None), (3.1, None)], 1, False),
    ],
)
def test_spans_are_joined_over_gaps(spans: list[Any], max_gap: float, joined: bool) -> None:
    evaluation = evaluate([seen("Dog", *spans)], None, rule_set(ALL | {"max_gap": max_gap}))
    assert len(evaluation.markers) == (1 if joined else 2)


def test_the_shortest_marker_is_asked_of_what_was_joined() -> None:
    film = [seen("Dog", (0.0, 3.0), (5.0, 9.0), (100.0, 104.0))]
    assert markers(evaluate(film, None, rule_set(ALL | {"max_gap": 2, "min_marker_duration": 9}))) == [
        ("Dog_AI", 0.0, 9.0)
    ]


def test_a_rule_says_what_becomes_of_its_tag_alone() -> None:
    rules = rule_set(
        ALL,
        dog={"markers_enabled": False},
        Cat={"scene_tag_enabled": False},
        COW={"wanted": False},
        Puma={"stash_name": "Mountain lion"},
        Whelp={"stash_name": "Puppy_AI"},
    )
    film = [seen(tag, (1.0, 9.0)) for tag in ("Dog", "Cat", "cow", "Puma", "Whelp", "Ape")]
    evaluation = evaluate(film, 60.0, rules)
    assert tags(evaluation) == ["Dog_AI", "Mountain lion_AI", "Puppy_AI", "Ape_AI"]
    assert [marker.name for marker in evaluation.markers] == ["Cat_AI", "Mountain lion_AI", "Puppy_AI", "Ape_AI"]


@pytest.mark.parametrize("name", ["Puma", "Mountain lion", "mountain LION_ai", "Mountain lion_AI"])
def test_what_is_not_wanted_is_not_under_any_of_its_names(name: str) -> None:
    named: dict[str, dict[str, Any]] = {"puma": {"stash_name": "Mountain lion"}}
    named.setdefault(name.replace("P", "p"), {})["wanted"] = False
    rules = rule_set(ALL, **named)
    assert evaluate([seen("Puma", (1.0, 9.0))], 60.0, rules) == Evaluation([], [])


def test_letters_beyond_ascii_are_other_names() -> None:
    rules = rule_set(ALL, **{"über": {"wanted": False}})
    assert tags(evaluate([seen("über", (1.0, 9.0)), seen("ÜBER", (1.0, 9.0))], 60.0, rules)) == ["ÜBER_AI"]


def test_what_is_seen_with_too_little_confidence_is_not_seen() -> None:
    rules = rule_set(ALL, Dog={"min_confidence": 0.5})
    film = [seen("Dog", (0.0, 10.0, 0.4), (20.0, 30.0, 0.5), (50.0, 51.0, 0.9)), seen("Cat", (0.0, 9.0, 0.1))]
    evaluation = evaluate(film, 60.0, rules)
    assert markers(evaluation) == [("Dog_AI", 20.0, 30.0), ("Dog_AI", 50.0, 51.0), ("Cat_AI", 0.0, 9.0)]
    assert [(tag.seconds, tag.confidence) for tag in evaluation.tags] == [(11.0, 0.9), (9.0, 0.1)]


def test_a_sum_over_frames_is_no_confidence_and_hides_nothing() -> None:
    evaluation = evaluate(
        [seen("Dog", (0.0, 10.0, 4.2), (12.0, 13.0, None))], 60.0, rule_set(ALL | {"min_confidence": 0.9})
    )
    assert tags(evaluation) == ["Dog_AI"] and evaluation.tags[0].confidence is None


def test_two_tags_of_the_tagger_with_one_name_are_one_tag() -> None:
    rules = rule_set(
        {"min_marker_duration": 0, "max_gap": 0},
        Pup={"stash_name": "Dog", "required_scene_tag_duration": "12s"},
        Hound={"markers_enabled": False},
        Whelp={"stash_name": "dog"},
    )
    film = [seen("Pup", (0.0, 8.0)), seen("Dog", (5.0, 10.0)), seen("Whelp", (30.0, 32.0)), seen("Hound", (0.0, 20.0))]
    evaluation = evaluate(film, HALF_HOUR, rules)
    assert [(tag.name, tag.seconds) for tag in evaluation.tags] == [("Dog_AI", 12.0), ("Hound_AI", 20.0)]
    assert markers(evaluation) == [("Dog_AI", 0.0, 10.0), ("Dog_AI", 30.0, 32.0)]


def test_nothing_seen_is_nothing_given() -> None:
    assert evaluate([], None, rule_set(), 40) == evaluate([seen("Dog")], 0.0, rule_set(), 40) == Evaluation([], [])


def test_without_any_rows_the_built_in_default_holds() -> None:
    film = [seen("Dog", (0.0, 30.0)), seen("Cat", (0.0, 3.0))]
    assert tags(evaluate(film, HALF_HOUR, RuleSet([], ""))) == ["Dog"]


def test_rules_that_a_run_keeps_decide_as_those_it_was_started_with() -> None:
    from scenes.rules.rule_set import unpacked

    rules = rule_set({"max_gap": 3}, Dog={"wanted": False}, Ünï={"stash_name": "x"}, Empty={})
    again = unpacked(rules.packed, "_AI")
    assert set(again.rows) == set(rules.rows) and len(again.rows) == 3
    many = rule_set(**{f"Tag number {n}": {"markers_enabled": False} for n in range(500)})
    assert len(many.packed) < 3000
