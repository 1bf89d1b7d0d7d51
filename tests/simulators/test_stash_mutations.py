"""What is written, and what happens when a part of it can't be (services/stash.md, "Mutations")."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.simulators.stash_client import Client

BULK = "mutation($input: BulkSceneUpdateInput!) { bulkSceneUpdate(input: $input) { id } }"
MANY = "mutation($input: [SceneUpdateInput!]!) { scenesUpdate(input: $input) { id } }"
TAG = "mutation($input: TagCreateInput!) { tagCreate(input: $input) { id } }"
STUDIO = "mutation($input: StudioCreateInput!) { studioCreate(input: $input) { id } }"
PERFORMER = "mutation($input: PerformerCreateInput!) { performerCreate(input: $input) { id } }"


@pytest.fixture
def three(client: Client) -> Client:
    """Three scenes with one tag, "Tag 0000" (id 1), on each."""
    client.stash.seed(scenes=3, tags=1, performers=0, studios=0)
    return client


def titles(client: Client) -> list[str]:
    return [scene["title"] for scene in client.scenes("title")]


def tags(client: Client, number: int) -> set[str]:
    return {tag["name"] for tag in client.scene(number, "tags { name }")["tags"]}


# --- aliases ---


def test_aliases_run_in_order(three: Client) -> None:
    three.answer(
        'mutation { a: sceneUpdate(input: {id: "1", title: "first"}) { id }'
        ' b: sceneUpdate(input: {id: "1", title: "second"}) { id } }'
    )
    assert titles(three)[0] == "second"


def test_one_failing_alias_does_not_stop_or_undo_the_others(three: Client) -> None:
    answer = three.answer(
        'mutation { a: sceneUpdate(input: {id: "1", title: "A"}) { id }'
        ' b: sceneUpdate(input: {id: "99999", title: "B"}) { id }'
        ' c: sceneUpdate(input: {id: "3", title: "C"}) { id } }'
    )
    assert answer["data"] == {"a": {"id": "1"}, "b": None, "c": {"id": "3"}}
    assert [error["path"] for error in answer["errors"]] == [["b"]]
    assert titles(three) == ["A", "Scene 2", "C"]


@pytest.mark.parametrize(
    "failing",
    [
        'sceneMarkerDestroy(id: "99999")',
        'tagDestroy(input: {id: "99999"})',
        'sceneDestroy(input: {id: "99999"})',
        'metadataScan(input: {filter: {minModTime: "yesterday"}})',
    ],
)
def test_a_failing_field_that_may_not_be_null_nulls_all_data_though_the_others_were_applied(
    three: Client, failing: str
) -> None:
    answer = three.answer(
        'mutation { a: sceneUpdate(input: {id: "1", title: "A"}) { id }'
        f" b: {failing}"
        ' c: sceneUpdate(input: {id: "3", title: "C"}) { id } }'
    )
    assert answer["data"] is None
    assert [error["path"] for error in answer["errors"]] == [["b"]]
    assert titles(three) == ["A", "Scene 2", "C"]


@pytest.mark.parametrize(
    "failing",
    [
        'sceneUpdate(input: {id: "99999"}) { id }',
        'tagCreate(input: {name: "Tag 0000"}) { id }',
        'sceneMarkerCreate(input: {scene_id: "99999", primary_tag_id: "1", seconds: 1, title: ""}) { id }',
        'sceneCreate(input: {tag_ids: ["99999"]}) { id }',
    ],
)
def test_a_failing_field_that_may_be_null_gives_null_at_its_alias_and_a_path(three: Client, failing: str) -> None:
    answer = three.answer(f'mutation {{ a: {failing} b: sceneUpdate(input: {{id: "1"}}) {{ id }} }}')
    assert answer["data"] == {"a": None, "b": {"id": "1"}}
    assert [error["path"] for error in answer["errors"]] == [["a"]]


# --- all or nothing ---


@pytest.mark.parametrize("bad", [{"id": "99999"}, {"id": "2", "tag_ids": ["99999"]}])
def test_scenes_update_is_all_or_nothing(three: Client, bad: dict[str, Any]) -> None:
    before = three.scenes("title updated_at")
    assert three.error(MANY, input=[{"id": "1", "title": "A"}, {"title": "B", **bad}])
    assert three.scenes("title updated_at") == before


def test_scenes_update_gives_each_scene_its_own_values(three: Client) -> None:
    three.ask(MANY, input=[{"id": "1", "title": "A"}, {"id": "2", "title": "B"}])
    assert titles(three) == ["A", "B", "Scene 3"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"ids": ["1", "99999"]}, "sql: no rows in result set"),
        ({"ids": ["1"], "tag_ids": {"ids": ["99999"], "mode": "ADD"}}, "FOREIGN KEY constraint failed"),
        ({"ids": ["1"], "studio_id": "99999"}, "FOREIGN KEY constraint failed"),
    ],
)
def test_bulk_scene_update_is_all_or_nothing(three: Client, bad: dict[str, Any], message: str) -> None:
    before = three.scenes("title updated_at tags { id }")
    assert three.error(BULK, input={"title": "new", **bad}) == message
    assert three.scenes("title updated_at tags { id }") == before


def test_bulk_scene_update_with_add_loses_nobodys_tags(three: Client) -> None:
    mine, theirs = three.tag("Mine"), three.tag("Theirs")
    three.update(2, tag_ids=[theirs])
    three.ask(BULK, input={"ids": ["1", "2", "3"], "tag_ids": {"ids": [mine], "mode": "ADD"}})
    assert [tags(three, number) for number in (1, 2, 3)] == [
        {"Mine", "Tag 0000"},
        {"Mine", "Theirs"},
        {"Mine", "Tag 0000"},
    ]


def test_bulk_scene_update_can_take_tags_away_and_set_them(three: Client) -> None:
    mine = three.tag("Mine")
    three.ask(BULK, input={"ids": ["1"], "tag_ids": {"ids": ["1"], "mode": "REMOVE"}})
    three.ask(BULK, input={"ids": ["2"], "tag_ids": {"ids": [mine], "mode": "SET"}})
    assert (tags(three, 1), tags(three, 2), tags(three, 3)) == (set(), {"Mine"}, {"Tag 0000"})


def test_bulk_scene_update_without_ids_is_null_without_an_error(three: Client) -> None:
    assert three.answer(BULK, input={"ids": [], "title": "new"}) == {"data": {"bulkSceneUpdate": None}}
    assert "new" not in titles(three)


def test_scene_update_replaces_the_list_of_tags(three: Client) -> None:
    three.update(1, tag_ids=[three.tag("Mine")])
    assert tags(three, 1) == {"Mine"}


def test_scene_update_with_null_clears_the_list_of_tags(three: Client) -> None:
    three.update(1, tag_ids=None)
    assert tags(three, 1) == set()


def test_scene_update_leaves_what_it_does_not_name(three: Client) -> None:
    three.update(1, details="new")
    assert three.scene(1, "title details tags { id }") == {
        "title": "Scene 1",
        "details": "new",
        "tags": [{"id": "1"}],
    }


def test_an_unknown_tag_in_scene_update_is_a_foreign_key_error(three: Client) -> None:
    query = 'mutation { sceneUpdate(input: {id: "1", title: "new", tag_ids: ["1", "99999"]}) { id } }'
    assert three.error(query) == "FOREIGN KEY constraint failed"
    assert titles(three)[0] == "Scene 1"


def test_a_scene_can_be_created_and_given_a_cover(client: Client) -> None:
    query = 'mutation { sceneCreate(input: {title: "Made by hand"}) { id title files { id } } }'
    assert client.ask(query) == {"id": "1", "title": "Made by hand", "files": []}
    picture = base64.b64encode(b"a picture").decode()
    client.update(1, cover_image=f"data:image/jpeg;base64,{picture}")
    assert client.media(client.scene(1, "paths { screenshot }")["paths"]["screenshot"]).content == b"a picture"


# --- names ---


@pytest.mark.parametrize(("create", "noun"), [(TAG, "tag"), (STUDIO, "studio")])
def test_names_are_trimmed_and_unique_whatever_their_case(client: Client, create: str, noun: str) -> None:
    client.ask(create, input={"name": "  Beach "})
    for name in ("Beach", "bEACH", " beach  "):
        message = client.error(create, input={"name": name})
        assert message == f"{noun} with name '{name.strip()}' already exists"


@pytest.mark.parametrize("create", [TAG, STUDIO])
def test_the_case_matters_outside_of_ascii(client: Client, create: str) -> None:
    client.ask(create, input={"name": "Éclair"})
    assert client.ask(create, input={"name": "éclair"}) == {"id": "2"}


@pytest.mark.parametrize("create", [TAG, STUDIO])
def test_a_name_may_not_be_the_alias_of_another(client: Client, create: str) -> None:
    client.ask(create, input={"name": "Beach", "aliases": ["Seaside"]})
    assert client.error(create, input={"name": "seaside"}) == "name 'seaside' is used as alias for 'Beach'"


def test_a_new_name_of_a_tag_meets_the_same_rules(client: Client) -> None:
    client.tag("Beach")
    other = client.tag("Forest")
    query = "mutation($input: TagUpdateInput!) { tagUpdate(input: $input) { id } }"
    assert client.error(query, input={"id": other, "name": "BEACH"}) == "tag with name 'BEACH' already exists"
    assert client.ask(query, input={"id": other, "name": "FOREST"}) == {"id": other}


def test_performers_are_unique_by_name_and_disambiguation(client: Client) -> None:
    client.ask(PERFORMER, input={"name": "Ann"})
    client.ask(PERFORMER, input={"name": "Ann", "disambiguation": "the singer"})
    assert client.error(PERFORMER, input={"name": "Ann"}) == "performer with name 'Ann' already exists"
    message = client.error(PERFORMER, input={"name": "Ann", "disambiguation": "the singer"})
    assert message == "performer with name 'Ann' and disambiguation 'the singer' already exists"


def test_merged_tags_become_aliases_of_the_one_that_stays(three: Client) -> None:
    other = three.tag("Other", aliases=["Another"])
    query = f'mutation {{ tagsMerge(input: {{source: ["{other}"], destination: "1"}}) {{ name aliases }} }}'
    assert three.ask(query) == {"name": "Tag 0000", "aliases": ["Other", "Another"]}
    assert three.ask(f'{{ findTag(id: "{other}") {{ id }} }}') is None


# --- size ---


@pytest.mark.big
def test_5000_aliases_in_one_request_go_through(three: Client) -> None:
    field = 'sceneMarkerCreate(input: {{scene_id: "1", primary_tag_id: "1", seconds: {0}, title: ""}}) {{ id }}'
    aliases = " ".join(f"m{number}: {field.format(number)}" for number in range(5000))
    answer = three.answer(f"mutation {{ {aliases} }}")
    assert len(answer["data"]) == 5000
    assert three.ask("{ findSceneMarkers { count } }") == {"count": 5000}


def test_20_megabytes_of_variables_go_through(three: Client) -> None:
    text = "x" * 20_000_000
    three.update(1, details=text)
    assert three.scene(1, "details") == {"details": text}


def test_20000_scenes_in_one_bulk_update_go_through(client: Client) -> None:
    client.stash.seed(scenes=20_000)
    ids = [str(number) for number in range(1, 20_001)]
    assert len(client.ask(BULK, input={"ids": ids, "organized": True})) == 20_000
    assert client.stash.state.scenes[20_000].organized


def test_a_studio_may_have_a_parent_but_is_not_above_itself(client: Client) -> None:
    parent = client.ask(STUDIO, input={"name": "Parent"})["id"]
    child = client.ask(STUDIO, input={"name": "Child", "parent_id": parent})["id"]
    update = "mutation($input: StudioUpdateInput!) { studioUpdate(input: $input) { id } }"
    refused = client.error(update, input={"id": parent, "parent_id": child})
    assert refused == "studio cannot be an ancestor of itself"
    assert "FOREIGN KEY" in client.error(STUDIO, input={"name": "X", "parent_id": "99999"})
    fields = '{ findStudios(filter: {sort: "id"}) { studios { name parent_studio { name } child_studios { name } } } }'
    assert client.ask(fields)["studios"] == [
        {"name": "Parent", "parent_studio": None, "child_studios": [{"name": "Child"}]},
        {"name": "Child", "parent_studio": {"name": "Parent"}, "child_studios": []},
    ]
    client.ask(update, input={"id": child, "parent_id": None})
    assert client.ask(fields)["studios"][1]["parent_studio"] is None
