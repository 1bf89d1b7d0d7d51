"""Markers (services/stash.md, "Mutations")."""

from __future__ import annotations

import pytest

from tests.simulators.stash_client import Client

CREATE = "mutation($input: SceneMarkerCreateInput!) { sceneMarkerCreate(input: $input) { id } }"
UPDATE = "mutation($input: SceneMarkerUpdateInput!) { sceneMarkerUpdate(input: $input) { id } }"
FIELDS = "id title seconds end_seconds primary_tag { id } tags { id } scene { id }"


@pytest.fixture
def scene(client: Client) -> Client:
    """A scene of 61 seconds and three tags, ids 1 to 3."""
    client.stash.seed(scenes=2, tags=3)
    return client


def markers(client: Client, number: int = 1) -> list[dict]:
    return client.scene(number, f"scene_markers {{ {FIELDS} }}")["scene_markers"]


def test_a_marker_is_created_with_what_was_given(scene: Client) -> None:
    number = scene.marker(1, 2, 1.5, end_seconds=3.25, title="Here", tag_ids=["3"])
    assert markers(scene) == [
        {
            "id": number,
            "title": "Here",
            "seconds": 1.5,
            "end_seconds": 3.25,
            "primary_tag": {"id": "2"},
            "tags": [{"id": "3"}],
            "scene": {"id": "1"},
        }
    ]


def test_duplicates_are_accepted(scene: Client) -> None:
    assert scene.marker(1, 1, 5.0) != scene.marker(1, 1, 5.0)
    assert len(markers(scene)) == 2


@pytest.mark.parametrize("seconds", [-5.0, 100_000.0])
def test_times_before_the_start_and_after_the_end_are_accepted(scene: Client, seconds: float) -> None:
    scene.marker(1, 1, seconds)
    assert markers(scene)[0]["seconds"] == seconds


def test_only_an_end_before_the_start_is_refused(scene: Client) -> None:
    given = {"scene_id": "1", "primary_tag_id": "1", "seconds": 5.0, "title": ""}
    assert "end_seconds" in scene.error(CREATE, input={**given, "end_seconds": 4.9})
    assert markers(scene) == []
    scene.ask(CREATE, input={**given, "end_seconds": 5.0})
    scene.ask(CREATE, input={**given, "end_seconds": None})
    assert len(markers(scene)) == 2


def test_a_change_that_puts_the_end_before_the_start_is_refused(scene: Client) -> None:
    number = scene.marker(1, 1, 5.0, end_seconds=6.0)
    assert "end_seconds" in scene.error(UPDATE, input={"id": number, "seconds": 7.0})
    assert markers(scene)[0]["seconds"] == 5


def test_the_primary_tag_is_dropped_from_the_tags(scene: Client) -> None:
    number = scene.marker(1, 1, tag_ids=["1", "2"])
    assert markers(scene)[0]["tags"] == [{"id": "2"}]
    scene.ask(UPDATE, input={"id": number, "primary_tag_id": "2"})
    assert markers(scene)[0]["tags"] == []


def test_a_tag_that_is_primary_of_a_marker_cannot_be_destroyed(scene: Client) -> None:
    number = scene.marker(1, 1, tag_ids=["2"])
    destroy = 'mutation {{ tagDestroy(input: {{id: "{0}"}}) }}'
    assert scene.error(destroy.format(1)) == "cannot delete tag used as a primary tag in scene markers"
    assert scene.ask(destroy.format(2)) is True
    assert markers(scene)[0]["tags"] == []
    scene.ask(f'mutation {{ sceneMarkerDestroy(id: "{number}") }}')
    assert scene.ask(destroy.format(1)) is True


def test_a_marker_needs_a_scene_and_a_tag_that_exist(scene: Client) -> None:
    given = {"seconds": 1.0, "title": ""}
    no_scene = {**given, "scene_id": "99999", "primary_tag_id": "1"}
    assert scene.error(CREATE, input=no_scene) == "scene with id 99999 not found"
    no_tag = {**given, "scene_id": "1", "primary_tag_id": "99999"}
    assert scene.error(CREATE, input=no_tag) == "FOREIGN KEY constraint failed"


def test_many_markers_are_destroyed_at_once_or_none(scene: Client) -> None:
    ids = [scene.marker(1, 1), scene.marker(1, 1)]
    query = "mutation($ids: [ID!]!) { sceneMarkersDestroy(ids: $ids) }"
    assert scene.error(query, ids=[*ids, "99999"]) == "scene marker with id 99999 not found"
    assert len(markers(scene)) == 2
    assert scene.ask(query, ids=ids) is True
    assert markers(scene) == []


def test_a_merge_moves_markers_to_the_tag_that_stays(scene: Client) -> None:
    scene.marker(1, 1, tag_ids=["2"])
    scene.ask('mutation { tagsMerge(input: {source: ["1"], destination: "2"}) { id } }')
    assert markers(scene)[0]["primary_tag"] == {"id": "2"}
    assert markers(scene)[0]["tags"] == []


def test_markers_of_a_destroyed_scene_are_gone(scene: Client) -> None:
    scene.marker(1, 1)
    scene.marker(2, 1)
    scene.ask('mutation { sceneDestroy(input: {id: "1"}) }')
    found = scene.ask("{ findSceneMarkers { count scene_markers { scene { id } } } }")
    assert found == {"count": 1, "scene_markers": [{"scene": {"id": "2"}}]}


def test_markers_are_found_by_scene_and_by_tag(scene: Client) -> None:
    first, second = scene.marker(1, 1), scene.marker(2, 2, tag_ids=["3"])
    query = (
        "query($given: SceneMarkerFilterType)"
        " { findSceneMarkers(scene_marker_filter: $given) { scene_markers { id } } }"
    )
    by_scene = scene.ask(query, given={"scenes": {"value": ["1"], "modifier": "INCLUDES"}})
    by_tag = scene.ask(query, given={"tags": {"value": ["3"], "modifier": "INCLUDES"}})
    assert (by_scene, by_tag) == ({"scene_markers": [{"id": first}]}, {"scene_markers": [{"id": second}]})
