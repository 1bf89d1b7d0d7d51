"""What is written to a Stash: exactly that, and nobody else's data is touched."""

from __future__ import annotations

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.stash.client import NewMarker, StashClient, TagChange
from scenes.simulators.stash import RunningStash


def test_each_scene_gets_its_own_tags_and_one_that_fails_fails_alone(
    client: StashClient,
) -> None:
    sand, sea = client.create_tag("Sand").id, client.create_tag("Sea").id
    before = {key: state.tag_ids for key, state in client.scene_states(["1", "2", "3"]).items()}
    outcomes = client.add_tags(
        [
            TagChange(("1",), (sand,)),
            TagChange(("999",), (sand,)),
            TagChange(("2",), ("9999",)),
            TagChange(("3",), (sea, sand)),
        ]
    )
    assert [outcome.error is None for outcome in outcomes] == [True, False, False, True]
    after = {key: state.tag_ids for key, state in client.scene_states(["1", "2", "3"]).items()}
    assert after == {"1": before["1"] | {sand}, "2": before["2"], "3": before["3"] | {sea, sand}}


@pytest.mark.parametrize("name", ["Dune", "dune", " DUNE\t"])
def test_a_tag_that_exists_is_taken(client: StashClient, name: str) -> None:
    made = client.create_tag("Dune")
    assert client.create_tag(name) == made
    assert client.counts().tags == 4


def test_a_tag_whose_name_is_an_alias_is_the_tag_of_that_alias(stash: RunningStash, client: StashClient) -> None:
    made = client.create_tag("Dune")
    stash.do(lambda: stash.state.tags[int(made.id)].aliases.append("Sand_Hill"))
    assert client.create_tag("sand_hill") == made
    assert client.create_tag("SandXHill") != made


def test_letters_beyond_ascii_make_another_tag(client: StashClient) -> None:
    lower, upper = client.create_tag("über"), client.create_tag("Über")
    assert lower != upper
    assert client.find_tags_by_name(["über", "Über", "üBER", "ÜBER"]) == {
        "über": lower,
        "Über": upper,
        "üBER": lower,
        "ÜBER": upper,
    }


def test_tags_are_found_by_exactly_their_names(stash: RunningStash, client: StashClient) -> None:
    one, two = client.create_tag("a_b"), client.create_tag("a%b")
    stash.do(lambda: stash.state.tags[int(two.id)].aliases.extend(["Other", "A_B"]))
    assert client.find_tags_by_name(["a_b", "A%B", "aXb", "other", "%", "Tag 0001"]) == {
        "a_b": one,  # a name goes before an alias
        "A%B": two,
        "other": two,
        "Tag 0001": client.find_tags_by_name(["tag 0001 "])["tag 0001 "],
    }


def test_a_tag_that_stash_will_not_have_is_rejected(client: StashClient) -> None:
    with pytest.raises(ServiceError) as caught:
        client.create_tag("  ")
    assert caught.value.code == "rejected"


def test_markers_are_created_seen_and_destroyed(client: StashClient) -> None:
    before = client.scene_states(["1"])["1"].markers
    outcomes = client.create_markers(
        [
            NewMarker("1", "A", 1.5, "1", 3.25, ("2",)),
            NewMarker("1", "B", 9.0, "1", 3.0),
            NewMarker("999", "C", 1.0, "1"),
            NewMarker("1", "D", 4.0, "2"),
        ]
    )
    assert [outcome.error is None for outcome in outcomes] == [True, False, False, True]
    made = {marker.title: marker for marker in client.scene_states(["1"])["1"].markers if marker not in before}
    assert made.keys() == {"A", "D"}
    assert (made["A"].id, made["D"].id) == (outcomes[0].value, outcomes[3].value)
    assert (made["A"].seconds, made["A"].end_seconds, made["A"].primary_tag_id) == (1.5, 3.25, "1")
    assert (made["A"].tag_ids, made["D"].end_seconds, made["D"].tag_ids) == ({"2"}, None, frozenset())
    done = client.destroy_markers([made["A"].id, "9999", made["D"].id])
    assert [outcome.error is None for outcome in done] == [True, True, True]
    assert client.scene_states(["1"])["1"].markers == before


def test_a_write_whose_answer_is_lost_is_not_sent_again(stash: RunningStash, client: StashClient) -> None:
    stash.fault("reset", "EachMarkerCreate")
    before = len(client.scene_states(["1"])["1"].markers)
    with pytest.raises(ServiceError) as caught:
        client.create_markers([NewMarker("1", "A", 1.0, "1")])
    assert (caught.value.code, caught.value.permanent) == ("broken_off", False)
    assert len(client.scene_states(["1"])["1"].markers) == before + 1
