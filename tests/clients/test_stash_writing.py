"""What is written to a Stash: exactly that, and nobody else's data is touched."""

from __future__ import annotations

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.stash import NewMarker, SceneFields, StashClient, TagChange
from scenes.simulators.stash import RunningStash


def tags_of(client: StashClient, scene_id: str) -> frozenset[str]:
    return client.scene_states([scene_id])[scene_id].tag_ids


def test_added_tags_leave_those_of_others(client: StashClient) -> None:
    before = client.scene_states(["1", "2", "3"])
    new = client.create_tag("Dune").id
    stamps = client.add_tags(["1", "2"], [new])
    after = client.scene_states(["1", "2", "3"])
    assert after["1"].tag_ids == before["1"].tag_ids | {new}
    assert after["2"].tag_ids == before["2"].tag_ids | {new}
    assert after["3"] == before["3"]
    assert stamps == {"1": after["1"].updated_at, "2": after["2"].updated_at}


def test_removed_tags_are_only_those_named(client: StashClient) -> None:
    before = tags_of(client, "1")
    new = client.create_tag("Dune").id
    client.add_tags(["1"], [new])
    client.remove_tags(["1", "2"], [new])
    assert tags_of(client, "1") == before


def test_performers_are_added_and_removed(client: StashClient) -> None:
    client.remove_performers(["1"], ["1"])
    assert client.scene_states(["1"])["1"].performer_ids == {"2"}
    client.add_performers(["1"], ["1"])
    assert client.scene_states(["1"])["1"].performer_ids == {"1", "2"}


@pytest.mark.parametrize(("scenes", "tags"), [(["1", "999"], ["1"]), (["1"], ["1", "999"])])
def test_a_bulk_change_that_cannot_be_done_whole_changes_nothing(
    client: StashClient, scenes: list[str], tags: list[str]
) -> None:
    before = client.scene_states(["1"])
    with pytest.raises(ServiceError) as caught:
        client.remove_tags(scenes, tags) if "999" in scenes else client.add_tags(scenes, tags)
    assert caught.value.code == "rejected"
    assert client.scene_states(["1"]) == before


def test_each_scene_gets_its_own_tags_and_one_that_fails_fails_alone(client: StashClient) -> None:
    sand, sea = client.create_tag("Sand").id, client.create_tag("Sea").id
    before = {key: state.tag_ids for key, state in client.scene_states(["1", "2", "3"]).items()}
    outcomes = client.change_tags(
        [TagChange("1", (sand,)), TagChange("999", (sand,)), TagChange("2", ("9999",)), TagChange("3", (sea, sand))]
    )
    assert [outcome.done for outcome in outcomes] == [True, False, False, True]
    after = {key: state.tag_ids for key, state in client.scene_states(["1", "2", "3"]).items()}
    assert after == {"1": before["1"] | {sand}, "2": before["2"], "3": before["3"] | {sea, sand}}


def test_fields_are_set_and_emptied_and_the_others_stay(client: StashClient) -> None:
    before = client.scene_states(["1"])["1"]
    assert before.studio_id == "1"
    stamp = client.update_scene("1", SceneFields(title="Dune", date=None, studio_id=None))
    after = client.scene_states(["1"])["1"]
    assert (after.title, after.date, after.studio_id, after.updated_at) == ("Dune", None, None, stamp)
    assert (after.details, after.tag_ids, after.markers) == (before.details, before.tag_ids, before.markers)
    client.update_scene("1", SceneFields(details="", date="2026-11-22", studio_id="1"))
    after = client.scene_states(["1"])["1"]
    assert (after.title, after.details, after.date, after.studio_id) == ("Dune", None, "2026-11-22", "1")


def test_an_update_of_an_unknown_scene_fails_alone(client: StashClient) -> None:
    outcomes = client.update_scenes([("999", SceneFields(title="A")), ("1", SceneFields(title="B"))])
    assert [outcome.done for outcome in outcomes] == [False, True]
    assert client.scene_states(["1"])["1"].title == "B"
    with pytest.raises(ServiceError) as caught:
        client.update_scene("999", SceneFields(title="A"))
    assert caught.value.code == "rejected"


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
    assert [outcome.done for outcome in outcomes] == [True, False, False, True]
    made = {marker.title: marker for marker in client.scene_states(["1"])["1"].markers if marker not in before}
    assert made.keys() == {"A", "D"}
    assert (made["A"].id, made["D"].id) == (outcomes[0].value, outcomes[3].value)
    assert (made["A"].seconds, made["A"].end_seconds, made["A"].primary_tag_id) == (1.5, 3.25, "1")
    assert (made["A"].tag_ids, made["D"].end_seconds, made["D"].tag_ids) == ({"2"}, None, frozenset())
    done = client.destroy_markers([made["A"].id, "9999", made["D"].id])
    assert [outcome.done for outcome in done] == [True, True, True]
    assert client.scene_states(["1"])["1"].markers == before


def test_a_write_whose_answer_is_lost_is_not_sent_again(stash: RunningStash, client: StashClient) -> None:
    stash.fault("reset", "EachMarkerCreate")
    before = len(client.scene_states(["1"])["1"].markers)
    with pytest.raises(ServiceError) as caught:
        client.create_markers([NewMarker("1", "A", 1.0, "1")])
    assert (caught.value.code, caught.value.permanent) == ("broken_off", False)
    assert len(client.scene_states(["1"])["1"].markers) == before + 1
