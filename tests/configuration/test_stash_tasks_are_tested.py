"""Stash's own tasks that are switched on are looked at by the connection test, and their setting is checked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured

from scenes import configuration
from scenes.configuration import DECLARED
from scenes.configuration.saving import save
from scenes.configuration.stash_tasks import PluginTask
from scenes.probes import stash as probing
from scenes.probes.results import ProbeFinding
from scenes.simulators.stash import RunningStash, running_stash
from tests.scenes.stash_task_cases import STARTS, with_plugin, with_stash_box

pytestmark = pytest.mark.django_db
NAMES = {"Identify", "Auto tag", "Plugin task"}


@pytest.fixture
def stash() -> Iterator[RunningStash]:
    with running_stash() as stash:
        save({"stash_url": stash.url})
        yield stash


def looked_at() -> dict[str, ProbeFinding]:
    findings = probing.probe(configuration.current()).findings
    return {finding.name: finding for finding in findings if finding.name in NAMES}


def test_what_is_switched_off_is_not_looked_at(stash: RunningStash) -> None:
    assert looked_at() == {}
    assert stash.asked("IdentifyDefaults") == stash.asked("Plugins") == []


def test_what_is_switched_on_and_not_possible_is_said_with_the_way_there(stash: RunningStash) -> None:
    save({"stash_tasks_after_scan": "identify", "stash_tasks_after_generate": "plugin,auto_tag"})
    found = looked_at()
    assert {name: finding.good for name, finding in found.items()} == {
        "Identify": False, "Auto tag": True, "Plugin task": False,
    }  # fmt: skip
    assert "Settings, Tasks, Identify" in found["Identify"].fix
    assert "“Plugin tasks”" in found["Plugin task"].fix
    save({"plugin_tasks": "renamer: Undo"})
    with_plugin(stash)
    assert "renamer: Rename" in looked_at()["Plugin task"].fix


def test_what_is_switched_on_and_possible_is_good_and_nothing_is_started(stash: RunningStash) -> None:
    with_stash_box(stash)
    with_plugin(stash)
    save({"stash_tasks_after_scan": "identify,auto_tag,plugin", "plugin_tasks": "renamer: Rename"})
    found = looked_at()
    assert all(finding.good for finding in found.values()) and found.keys() == NAMES
    assert found["Plugin task"].value == "renamer: Rename"
    assert not any(stash.asked(field) for field in STARTS)


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("", ()),
        ("renamer: Rename", (PluginTask("renamer", "Rename"),)),
        (" a:b ; a : b;c: d: e, f;", (PluginTask("a", "b"), PluginTask("c", "d: e, f"))),
    ],
)
def test_plugin_tasks_are_read(text: str, tasks: tuple[PluginTask, ...]) -> None:
    assert DECLARED["plugin_tasks"].read(text) == tasks


@pytest.mark.parametrize(
    "text", ["renamer", "renamer:", ": Rename", f"a: {'x' * 300}", ";".join(f"a: {n}" for n in range(30))]
)
def test_plugin_tasks_that_can_not_be_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="give"):
        DECLARED["plugin_tasks"].read(text)
