"""Starting Stash's own tasks by command, API and admin: for named scenes, and never with an empty list."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from scenes.models import Outcome, Scene, StashTask, SyncState
from scenes.simulators.stash import RunningStash
from scenes.stash.stash_tasks import wanted
from scenes.sync import forgetting
from tests.scenes.needing import named
from tests.scenes.stash_task_cases import asked_ids, file_name, never_all, with_stash_box
from tests.web.factories import make_token, make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
TYPES = ("stash_identify", "stash_auto_tag", "stash_plugin")


@pytest.fixture
def program() -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(make_user('robot'))}"})


def start(program: Client, type: str, **params: Any) -> Any:
    return program.post("/api/jobs", {"job_type": type, "params": params}, content_type="application/json")


def test_the_command_names_scenes_and_prints_what_came_of_it(synced: RunningStash) -> None:
    with_stash_box(synced, {file_name(2): "Found"})
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("stash_identify", "--scene-ids", "2", "--scene-ids", "3", "--inline", "--json", stdout=output)
    assert ended.value.code == 0
    assert json.loads(output.getvalue())["changed_scenes"] == 1
    assert asked_ids(synced) == [["3", "2"]]
    never_all(synced)


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("ids", [[], [0], ["1"], [True], "all", [1.5], [2**63]])
def test_the_api_refuses_a_list_that_is_empty_or_none_of_ids(program: Client, type: str, ids: Any) -> None:
    answer = start(program, type, scene_ids=ids)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request"), answer.content
    assert "scene_ids" in answer.json()["error"]["message"]
    assert not Job.objects.exists() and not StashTask.objects.exists()


@pytest.mark.parametrize("type", TYPES)
def test_the_api_starts_it_for_the_scenes_named(program: Client, type: str) -> None:
    answer = start(program, type, scene_ids=[5, 5, 6])
    assert answer.status_code == 201
    assert Job.objects.get().params == {"scene_ids": [5, 6]}
    assert set(StashTask.objects.values_list("scene_id", "kind")) == {(5, type[6:]), (6, type[6:])}


def test_an_unknown_option_of_the_command_is_no_start() -> None:
    with pytest.raises(CommandError):
        call_command("stash_identify", "--all")
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("action", "type"), [("identify", TYPES[0]), ("auto_tag", TYPES[1]), ("run_plugin_tasks", TYPES[2])]
)
def test_an_action_on_scenes_starts_it_for_those_chosen(action: str, type: str) -> None:
    for number in (1, 2, 3):
        Scene.objects.create(pk=number, created_at=datetime.now(UTC), remote_updated_at="x")
    browser = Client()
    browser.force_login(make_user("root"))
    browser.post("/admin/scenes/scene/", {"action": action, "_selected_action": [1, 3]})
    job = Job.objects.get()
    assert (job.type, sorted(job.params["scene_ids"])) == (type, [1, 3])


def test_a_failed_scene_that_is_not_in_our_tables_yet_is_on_the_page() -> None:
    StashTask.objects.create(scene_id=77, kind="identify", outcome=Outcome.FAILED, message="It is broken.")
    (item,) = named()
    assert (item.name, item.address) == ("Scene 77", "") and "It is broken." in item.message


def test_what_failed_for_a_scene_that_stash_has_no_more_is_not_on_the_page() -> None:
    now = datetime.now(UTC)
    Scene.objects.create(pk=7, created_at=now, remote_updated_at="x", deleted_at=now)
    StashTask.objects.create(scene_id=7, kind="identify", outcome=Outcome.FAILED, message="It is broken.")
    assert named() == []


def test_what_was_done_in_another_library_is_forgotten_with_it() -> None:
    SyncState.objects.create(another_library=True)
    StashTask.objects.create(scene_id=7, kind="identify", outcome=Outcome.DONE)
    forgetting.accept_another_library()
    assert not StashTask.objects.exists()


def test_wanting_many_scenes_takes_few_statements() -> None:
    with CaptureQueriesContext(connection) as queries:
        StashTask.objects.want(range(1, 2001), [("identify", "")])
        StashTask.objects.want(range(1, 2001), [("identify", "")])
    assert StashTask.objects.count() == 2000
    writes = [query for query in queries.captured_queries if query["sql"].startswith("INSERT")]
    assert len(writes) <= 60  # SQLite takes 999 values in one, so some 80 rows
    assert wanted.due("identify").count() == 2000
