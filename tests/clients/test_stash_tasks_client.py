"""Asking Stash to identify scenes, and to run the tasks of plugins: never for all scenes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scenes.clients.stash.client import SceneIds, StashClient
from scenes.clients.stash.tasks import StashTasks
from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.stash.settings import SimulatedPlugin

BOX = "https://stashdb.example/graphql"
DEFAULTS = {
    "sources": [
        {"source": {"stash_box_endpoint": BOX}, "options": {"setOrganized": False}},
        {"source": {"scraper_id": "builtin_autotag"}},
    ],
    "options": {
        "fieldOptions": [{"field": "title", "strategy": "OVERWRITE"}],
        "setCoverImage": True,
        "skipMultipleMatchTag": "7",
    },
}


@pytest.fixture
def stash() -> Iterator[RunningStash]:
    with running_stash(seconds_per_item=0.0) as simulator:
        simulator.seed(scenes=3, tags=1)
        yield simulator


@pytest.fixture
def client(stash: RunningStash) -> StashClient:
    return StashClient(stash.url)


def test_a_list_of_scenes_can_not_be_empty() -> None:
    assert SceneIds.of([]) is None
    with pytest.raises(TypeError):
        SceneIds()  # type: ignore[call-arg]
    ids = SceneIds.of([3, 1, 3])
    assert ids is not None
    assert (list(ids), len(ids), ids.as_input()) == ([3, 1], 2, ["3", "1"])


@pytest.mark.parametrize("name", ["identify", "auto_tag", "run_plugin_task"])
def test_whatever_starts_a_task_takes_ids_that_can_not_be_empty(name: str) -> None:
    method: Callable[..., Any] = getattr(StashTasks, name)
    assert inspect.signature(method).parameters["ids"].annotation == "SceneIds"


def test_without_a_source_nothing_is_asked(stash: RunningStash, client: StashClient) -> None:
    with pytest.raises(ValueError, match="source"):
        client.identify(SceneIds(1), [])
    assert stash.asked("metadataIdentify") == []


def test_defaults_that_nobody_saved_are_none(client: StashClient) -> None:
    found = client.identify_settings()
    assert (found.defaults, found.stash_boxes) == (None, [])


def test_what_stash_gives_as_its_defaults_is_what_it_is_asked_with(stash: RunningStash, client: StashClient) -> None:
    stash.simulator.settings.stash_boxes = {BOX: {}}
    stash.simulator.settings.default_identify = DEFAULTS
    found = client.identify_settings()
    assert found.stash_boxes == [BOX]
    assert found.defaults is not None
    client.identify(SceneIds(2), found.defaults["sources"], found.defaults["options"])
    [entry] = stash.asked("metadataIdentify")
    assert entry.variables == {"input": {"sceneIDs": ["2"], **DEFAULTS}}


def test_auto_tag_is_asked_as_a_source_of_identify(stash: RunningStash, client: StashClient) -> None:
    client.auto_tag(SceneIds(2, (3,)))
    [entry] = stash.asked("metadataIdentify")
    sources = [{"source": {"scraper_id": "builtin_autotag"}}]
    assert entry.variables == {"input": {"sceneIDs": ["2", "3"], "sources": sources}}
    assert stash.asked("metadataAutoTag") == []


def test_tasks_of_enabled_plugins_are_known_and_null_means_none(stash: RunningStash, client: StashClient) -> None:
    assert client.plugins() == {}
    ours, off = SimulatedPlugin("renamer", ["Rename", "Undo"]), SimulatedPlugin("off", ["Rename"], enabled=False)
    stash.simulator.settings.plugins = [ours, off, SimulatedPlugin("hooks", [])]
    assert client.plugins() == {"renamer": {"Rename", "Undo"}, "hooks": frozenset()}


def test_a_plugin_is_told_the_scenes(stash: RunningStash, client: StashClient) -> None:
    assert client.run_plugin_task("renamer", "Rename", SceneIds(1, (2,))) == "1"
    [entry] = stash.asked("runPluginTask")
    arguments = {"scene_ids": ["1", "2"]}
    assert entry.variables == {"plugin": "renamer", "task": "Rename", "arguments": arguments}


def test_jobs_are_found_by_their_ids_ended_or_not(stash: RunningStash, client: StashClient) -> None:
    client.auto_tag(SceneIds(1))
    assert [job.id for job in client.find_jobs([1, 2, 3])] == ["1"]
