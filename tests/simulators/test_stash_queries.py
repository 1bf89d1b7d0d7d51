"""Paging, filters, and finding a file's scene (services/stash.md, "Queries")."""

from __future__ import annotations

import pytest

from tests.simulators.conftest import Video
from tests.simulators.stash_client import Client

PAGE = "query($paging: FindFilterType) { findScenes(filter: $paging) { count scenes { id } } }"
BY_PATH = "findScenes(scene_filter: {path: {value: %s, modifier: EQUALS}}) { scenes { id files { path } } }"


def page(client: Client, **paging: object) -> tuple[int, list[int]]:
    found = client.ask(PAGE, paging={"sort": "id", **paging})
    return found["count"], [int(scene["id"]) for scene in found["scenes"]]


def quoted(path: object) -> str:
    return f'"{path}"'


@pytest.fixture
def seeded(client: Client) -> Client:
    client.stash.seed(scenes=30)
    return client


# --- paging ---


def test_a_page_has_25_rows_by_default(seeded: Client) -> None:
    assert page(seeded) == (30, list(range(1, 26)))


def test_per_page_0_is_the_count_only(seeded: Client) -> None:
    assert page(seeded, per_page=0) == (30, [])


def test_per_page_minus_1_is_everything(seeded: Client) -> None:
    assert page(seeded, per_page=-1) == (30, list(range(1, 31)))


def test_per_page_has_no_maximum(seeded: Client) -> None:
    assert page(seeded, per_page=1_000_000) == (30, list(range(1, 31)))


def test_pages_begin_at_1(seeded: Client) -> None:
    assert page(seeded, per_page=10, page=1)[1] == list(range(1, 11))
    assert page(seeded, per_page=10, page=3)[1] == list(range(21, 31))


def test_a_page_past_the_end_is_empty(seeded: Client) -> None:
    assert page(seeded, per_page=10, page=9) == (30, [])


def test_without_sort_there_is_no_order(seeded: Client) -> None:
    orders = {tuple(page(seeded, sort=None, per_page=-1)[1]) for _ in range(5)}
    assert len(orders) == 5


def test_the_direction_turns_the_order_around(seeded: Client) -> None:
    assert page(seeded, per_page=3, direction="DESC")[1] == [30, 29, 28]


def test_an_unknown_sort_is_an_error(seeded: Client) -> None:
    assert seeded.error('{ findScenes(filter: {sort: "colour"}) { count } }') == "invalid sort: colour"


def test_scenes_by_ids_ignore_per_page_and_sort(seeded: Client) -> None:
    query = 'query($ids: [ID!]) { findScenes(ids: $ids, filter: {per_page: 1, sort: "id"}) { scenes { id } } }'
    found = seeded.ask(query, ids=["9", "3", "7"])
    assert [scene["id"] for scene in found["scenes"]] == ["9", "3", "7"]


def test_one_unknown_id_fails_the_whole_query(seeded: Client) -> None:
    answer = seeded.answer('{ findScenes(ids: ["1", "99999"]) { scenes { id } } }')
    assert answer["data"] is None
    assert answer["errors"] == [{"message": "scene with id 99999 not found", "path": ["findScenes"]}]


# --- names and paths are LIKE ---


def test_equals_on_paths_is_sql_like(client: Client, video: Video) -> None:
    paths = [video("g_1.mp4", seed=1), video("gX1.mp4", seed=2), video("h.mp4", seed=3)]
    client.scan()
    found = client.ask(f"{{ {BY_PATH % quoted(paths[0])} }}")["scenes"]
    assert {scene["files"][0]["path"] for scene in found} == {str(paths[0]), str(paths[1])}


@pytest.mark.parametrize("value", ["TAG 0001", "tag 000_", "Tag 000%"])
def test_equals_on_names_is_case_insensitive_and_has_wild_cards(seeded: Client, value: str) -> None:
    query = "query($given: TagFilterType) { findTags(tag_filter: $given, filter: {per_page: -1}) { tags { name } } }"
    found = seeded.ask(query, given={"name": {"value": value, "modifier": "EQUALS"}})
    assert {"name": "Tag 0001"} in found["tags"]


def test_like_knows_the_other_case_of_ascii_letters_only(client: Client) -> None:
    client.tag("Éclair")
    query = "query($given: TagFilterType) { findTags(tag_filter: $given) { count } }"
    assert client.ask(query, given={"name": {"value": "ÉCLAIR", "modifier": "EQUALS"}}) == {"count": 1}
    assert client.ask(query, given={"name": {"value": "éclair", "modifier": "EQUALS"}}) == {"count": 0}


def test_find_file_is_exact(client: Client, video: Video) -> None:
    path = video("g_1.mp4")
    client.scan()
    assert client.ask(f"{{ findFile(path: {quoted(path)}) {{ id path }} }}") == {"id": "1", "path": str(path)}
    assert client.error(f"{{ findFile(path: {quoted(str(path).upper())}) {{ id }} }}") == "file not found"


def test_one_unknown_path_among_aliases_nulls_the_whole_answer(client: Client, video: Video) -> None:
    path = video("film.mp4")
    client.scan()
    answer = client.answer(f'{{ a: findFile(path: {quoted(path)}) {{ id }} b: findFile(path: "/no") {{ id }} }}')
    assert answer["data"] is None
    assert answer["errors"] == [{"message": "file not found", "path": ["b"]}]


def test_a_file_does_not_name_its_scene(client: Client, video: Video) -> None:
    path = video("film.mp4")
    client.scan()
    query = f"{{ findFile(path: {quoted(path)}) {{ ... on VideoFile {{ scene {{ id }} }} }} }}"
    assert client.post(query).status_code == 422


def test_aliased_find_scenes_give_file_to_scene_for_many_files_in_one_request(client: Client, video: Video) -> None:
    paths = [video(f"film_{number}.mp4", seed=number) for number in range(4)]
    client.scan()
    aliases = " ".join(f"f{number}: {BY_PATH % quoted(path)}" for number, path in enumerate(paths))
    answer = client.answer(f"{{ {aliases} }}")["data"]
    for number, path in enumerate(paths):
        exact = [
            scene["id"]
            for scene in answer[f"f{number}"]["scenes"]
            if any(file["path"] == str(path) for file in scene["files"])
        ]
        assert exact == [str(number + 1)]


# --- filters ---


def test_the_markers_filter_is_broken_and_one_marker_returns_all_scenes(seeded: Client) -> None:
    assert seeded.find({"markers_filter": {"tags": {"value": ["1"], "modifier": "INCLUDES"}}}) == []
    seeded.marker(1, 1)
    found = seeded.find({"markers_filter": {"tags": {"value": ["1"], "modifier": "INCLUDES"}}})
    assert len(found) == 30


def test_filters_can_be_joined_and_turned_around(seeded: Client) -> None:
    low, high = {"id": {"value": 3, "modifier": "LESS_THAN"}}, {"id": {"value": 28, "modifier": "GREATER_THAN"}}
    assert seeded.find({**low, "OR": high}) == ["1", "2", "29", "30"]
    assert seeded.find({**low, "NOT": {"id": {"value": 1, "modifier": "EQUALS"}}}) == ["2"]
    assert seeded.find({**low, "AND": high}) == []


def test_scenes_are_found_by_their_tags(seeded: Client) -> None:
    tag = seeded.tag("Rare")
    seeded.update(5, tag_ids=[tag])
    assert seeded.find({"tags": {"value": [tag], "modifier": "INCLUDES"}}) == ["5"]
    assert "5" not in seeded.find({"tags": {"value": [tag], "modifier": "EXCLUDES"}})


# --- forms of the answers ---


def test_sizes_in_the_stats_come_in_scientific_form(client: Client) -> None:
    client.stash.seed(scenes=13)
    text = client.post("{ stats { scenes_size scene_count } }").text
    assert text == '{"data":{"stats":{"scenes_size":1.3000091e+07,"scene_count":13}}}'


def test_a_whole_number_of_seconds_has_no_decimal_point(client: Client) -> None:
    client.stash.seed(scenes=1)
    assert '"duration":61}' in client.post('{ findScene(id: "1") { files { duration } } }').text


def test_ids_are_texts_on_the_wire(client: Client) -> None:
    client.stash.seed(scenes=1)
    assert client.scene(1, "id studio { id }") == {"id": "1", "studio": {"id": "2"}}


def test_fragments_and_directives_work(client: Client) -> None:
    client.stash.seed(scenes=1)
    query = (
        "query($with: Boolean!) { ...Found } fragment Found on Query "
        "{ findScenes { scenes { id @include(if: $with) title @skip(if: $with) __typename } } }"
    )
    assert client.ask(query, **{"with": True}) == {"scenes": [{"id": "1", "__typename": "Scene"}]}


def test_the_library_folders_are_in_the_configuration(client: Client, library: object) -> None:
    query = "{ configuration { general { stashes { path excludeVideo } } } }"
    stashes = client.ask(query)["general"]["stashes"]
    assert stashes == [{"path": str(library), "excludeVideo": False}]


def test_a_directory_lists_its_folders(client: Client, library: object, video: Video) -> None:
    video("folder/film.mp4")
    query = "query($path: String) { directory(path: $path) { path directories } }"
    assert client.ask(query, path=str(library)) == {"path": str(library), "directories": [f"{library}/folder"]}


@pytest.mark.big
def test_the_full_field_set_of_20000_scenes_comes_in_one_answer(client: Client) -> None:
    client.stash.seed(scenes=20_000, tags=300)
    fields = "id title tags { id name } performers { id } studio { id } files { path duration } paths { sprite }"
    query = f'{{ findScenes(filter: {{per_page: -1, sort: "id"}}) {{ count scenes {{ {fields} }} }} }}'
    found = client.ask(query)
    assert found["count"] == len(found["scenes"]) == 20_000
