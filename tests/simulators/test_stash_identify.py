"""Auto tag, identify and plugin tasks of the simulator: whom they touch, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.settings import SimulatedPlugin
from tests.simulators.stash_client import Client

BOX = "https://stashdb.example/graphql"
IDENTIFY = "mutation($input: IdentifyMetadataInput!) { metadataIdentify(input: $input) }"
AUTO_TAG = "mutation($input: AutoTagMetadataInput!) { metadataAutoTag(input: $input) }"
PLUGIN = (
    "mutation($id: ID!, $task: String, $map: Map) { runPluginTask(plugin_id: $id, task_name: $task, args_map: $map) }"
)
DEFAULTS = "defaults { identify { sources { source { scraper_id } } } autoTag { tags } }"
ALL_KINDS = {"performers": ["*"], "studios": ["*"], "tags": ["*"]}


@pytest.fixture
def seeded(client: Client) -> Client:
    """Three scenes in /seeded, no tag of theirs; a tag "scene", which the names of all files have."""
    client.stash.seed(scenes=3, tags=0, performers=0, studios=0)
    client.ask('mutation { tagCreate(input: {name: "scene"}) { id } }')
    client.stash.do(lambda: client.stash.simulator.clock.set_now(None))
    return client


def identify(client: Client, sources: Iterable[dict[str, str]], **given: Any) -> dict[str, Any]:
    asked = {"sources": [{"source": source} for source in sources], **given}
    return client.ended(client.ask(IDENTIFY, input=asked))


def auto_tag(client: Client, **given: Any) -> dict[str, Any]:
    return client.ended(client.ask(AUTO_TAG, input=given))


def tagged(stash: RunningStash) -> list[int]:
    return sorted(scene.id for scene in stash.state.scenes.values() if scene.tag_ids)


def log(client: Client) -> list[str]:
    return [line["message"] for line in client.ask("{ logs { message } }")]


AUTO = {"scraper_id": "builtin_autotag"}


def test_identify_touches_the_scenes_that_are_named_and_moves_their_time(seeded: Client) -> None:
    before = {scene.id: scene.updated_at for scene in seeded.stash.state.scenes.values()}
    job = identify(seeded, [AUTO], sceneIDs=["2"])
    assert (job["status"], job["error"], job["description"]) == ("FINISHED", None, "Identifying...")
    assert tagged(seeded.stash) == [2]
    moved = [scene.id for scene in seeded.stash.state.scenes.values() if scene.updated_at != before[scene.id]]
    assert moved == [2]


@pytest.mark.parametrize("given", [{"sceneIDs": []}, {}])
def test_identify_with_an_empty_list_means_all_scenes(seeded: Client, given: dict[str, Any]) -> None:
    identify(seeded, [AUTO], **given)
    assert tagged(seeded.stash) == [1, 2, 3]


def test_identify_without_a_source_finishes_and_does_nothing(seeded: Client) -> None:
    job = identify(seeded, [], sceneIDs=["1"])
    assert (job["status"], job["progress"]) == ("FINISHED", 0)
    assert tagged(seeded.stash) == []


def test_one_unknown_id_makes_identify_fail_there_and_those_before_it_are_done(seeded: Client) -> None:
    job = identify(seeded, [AUTO], sceneIDs=["3", "99999", "1"])
    assert (job["status"], job["error"]) == ("FAILED", "scene with id 99999 not found")
    assert tagged(seeded.stash) == [3]


def test_an_unknown_stash_box_makes_identify_fail(seeded: Client) -> None:
    job = identify(seeded, [{"stash_box_endpoint": "https://nowhere/graphql"}], sceneIDs=["1"])
    assert job["status"] == "FAILED"
    assert "https://nowhere/graphql" in job["error"]


def test_a_stash_box_fills_what_is_empty_and_adds_to_lists(seeded: Client) -> None:
    settings = seeded.stash.simulator.settings
    settings.stash_boxes = {BOX: {"scene_000001.mp4": {"title": "Other", "date": "2026-01-02", "performers": ["Ann"]}}}
    rules = [{"field": "performers", "strategy": "MERGE", "createMissing": True}]
    identify(seeded, [{"stash_box_endpoint": BOX}], sceneIDs=["1"], options={"fieldOptions": rules})
    scene = seeded.stash.state.scenes[1]
    assert (scene.title, scene.performer_ids) == ("Scene 1", [1])
    assert seeded.stash.state.performers[1].name == "Ann"


def test_a_stash_box_that_is_away_is_only_in_the_log(seeded: Client) -> None:
    settings = seeded.stash.simulator.settings
    settings.stash_boxes, settings.stash_boxes_away = {BOX: {}}, {BOX}
    job = identify(seeded, [{"stash_box_endpoint": BOX}], sceneIDs=["1"])
    assert (job["status"], job["error"]) == ("FINISHED", None)
    assert any("error scraping from" in line for line in log(seeded))


def test_auto_tag_of_a_folder_touches_only_its_scenes_and_no_paths_mean_all(seeded: Client, video: Callable) -> None:
    video("films/scene.mp4")
    seeded.scan()
    auto_tag(seeded, paths=[str(seeded.stash.simulator.settings.libraries[0])], **ALL_KINDS)
    assert tagged(seeded.stash) == [4]
    auto_tag(seeded, paths=[], **ALL_KINDS)
    assert tagged(seeded.stash) == [1, 2, 3, 4]


def test_auto_tag_of_an_unknown_path_finishes_with_nothing_done(seeded: Client) -> None:
    job = auto_tag(seeded, paths=["/nowhere"], **ALL_KINDS)
    assert (job["status"], job["progress"], job["description"]) == ("FINISHED", None, "Auto-tagging...")
    assert tagged(seeded.stash) == []


@pytest.mark.parametrize("ignored", [True, False])
def test_what_auto_tag_is_to_ignore_is_never_set(seeded: Client, ignored: bool) -> None:
    seeded.stash.state.tags[1].ignore_auto_tag = ignored
    auto_tag(seeded, tags=["*"])
    identify(seeded, [AUTO], sceneIDs=["1"])
    assert tagged(seeded.stash) == ([] if ignored else [1, 2, 3])


def test_auto_tag_leaves_an_organized_scene_alone(seeded: Client) -> None:
    seeded.ask('mutation { sceneUpdate(input: {id: "2", organized: true}) { id } }')
    auto_tag(seeded, **ALL_KINDS)
    assert tagged(seeded.stash) == [1, 3]


def test_auto_tag_takes_only_the_lists_that_are_given_and_folders_names_too(seeded: Client) -> None:
    seeded.ask('mutation { performerCreate(input: {name: "Seeded"}) { id } }')
    auto_tag(seeded, performers=["*"])
    assert tagged(seeded.stash) == []
    assert seeded.stash.state.scenes[1].performer_ids == [1]


def test_defaults_plugins_and_stash_boxes_are_null_or_empty_until_there_are_some(client: Client) -> None:
    found = client.ask(f"{{ configuration {{ general {{ stashBoxes {{ endpoint }} }} {DEFAULTS} ui }} }}")
    assert found == {"general": {"stashBoxes": []}, "defaults": {"identify": None, "autoTag": None}, "ui": {}}
    assert client.ask("{ plugins { id } }") is None
    assert client.ask("{ pluginTasks { name } }") is None


def test_a_plugin_gets_its_arguments(client: Client) -> None:
    seen: list[tuple[str, dict[str, Any]]] = []
    plugin = SimulatedPlugin("renamer", ["Rename"], run=lambda task, given: seen.append((task, given)))
    client.stash.simulator.settings.plugins = [plugin]
    assert client.ask("{ plugins { id tasks { name } } }") == [{"id": "renamer", "tasks": [{"name": "Rename"}]}]
    job = client.ended(client.ask(PLUGIN, id="renamer", task="Rename", map={"scene_ids": ["1"]}))
    assert (job["status"], job["description"]) == ("FINISHED", "Running plugin task: Rename")
    assert seen == [("Rename", {"scene_ids": ["1"]})]


def test_an_unknown_plugin_gets_a_job_and_only_the_log_says_so(client: Client) -> None:
    job = client.ended(client.ask(PLUGIN, id="unknown", task="Rename"))
    assert (job["status"], job["error"]) == ("FINISHED", None)
    assert any("no plugin with ID unknown" in line for line in log(client))
