"""Stash's own tasks for some scenes: identify, auto tag and plugin tasks, never for all, and never a success unseen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from jobs import engine, testing
from jobs.errors import BadRequest
from jobs.models import Event, Job, Status
from scenes.clients.base import ServiceError
from scenes.configuration.stash_tasks import PluginTask
from scenes.models import Outcome, StashJob, StashTask
from scenes.simulators.stash import RunningStash
from scenes.stash.stash_tasks.results import ResultRecorder
from tests.scenes.stash_task_cases import (
    BOX,
    asked_ids,
    file_name,
    never_all,
    outcomes,
    with_plugin,
    with_stash_box,
)

pytestmark = pytest.mark.django_db(transaction=True)
Configure = Callable[..., object]
TYPES = ("stash_identify", "stash_auto_tag", "stash_plugin")


@pytest.fixture(autouse=True)
def at_once(settings: Any) -> None:
    settings.JOBS_RETRY_DELAY = 0


def title_of(stash: RunningStash, number: int) -> str:
    return stash.state.scenes[number].title


def test_identify_asks_stashs_own_default_sources_for_the_scenes_named(synced: RunningStash) -> None:
    with_stash_box(synced, {file_name(2): "Found", file_name(5): "Another"})
    job = testing.run("stash_identify", scene_ids=[2, 3])
    assert (job.status, job.error_message) == (Status.COMPLETED, "")
    assert [title_of(synced, number) for number in (2, 3, 5)] == ["Found", "Scene 3", "Scene 5"]
    assert outcomes("identify") == {2: ("done", "changed"), 3: ("done", "unchanged")}
    assert job.result == {
        "scenes": 2, "changed_scenes": 1, "left_out": 0, "failed": 0, "quarantined": 0, "carried_over": 0,
    }  # fmt: skip
    assert job.message == "2 scenes identified, 1 changed"
    assert asked_ids(synced) == [["3", "2"]]
    never_all(synced)


def test_auto_tag_is_a_source_of_identify_and_touches_no_other_scene(synced: RunningStash) -> None:
    synced.do(lambda: setattr(synced.state.tags[5], "name", "seeded"))
    for scene in synced.state.scenes.values():
        scene.tag_ids = []
    job = testing.run("stash_auto_tag", scene_ids=[7])
    assert job.status == Status.COMPLETED, job.error_message
    assert [scene.id for scene in synced.state.scenes.values() if scene.tag_ids] == [7]
    never_all(synced)


def test_plugin_tasks_get_the_scenes_one_task_after_the_other(synced: RunningStash, configure: Configure) -> None:
    runs = with_plugin(synced, "Rename", "Tidy")
    configure(plugin_tasks=(PluginTask("renamer", "Tidy"), PluginTask("renamer", "Rename")))
    job = testing.run("stash_plugin", scene_ids=[1, 2])
    assert job.status == Status.COMPLETED, job.error_message
    assert runs == [("Tidy", ["2", "1"]), ("Rename", ["2", "1"])]
    assert job.result is not None and job.result["scenes"] == 2
    never_all(synced)


@pytest.mark.parametrize("type", TYPES)
def test_an_empty_list_of_scenes_is_refused(synced: RunningStash, type: str) -> None:
    with pytest.raises(BadRequest, match="at least one id"):
        engine.start(type, {"scene_ids": []}, source="test")


@pytest.mark.parametrize("type", TYPES)
def test_without_scenes_that_wait_stash_is_not_asked_at_all(
    synced: RunningStash, configure: Configure, type: str
) -> None:
    configure(plugin_tasks=(PluginTask("renamer", "Rename"),))
    job = testing.run(type)
    assert (job.status, job.message) == (Status.COMPLETED, "No scene waits for it")
    assert synced.requests == []


def test_what_no_run_of_all_is_asked_with_when_every_scene_is_gone(synced: RunningStash) -> None:
    with_stash_box(synced)
    job = testing.run("stash_identify", scene_ids=[99, 98])
    assert job.status == Status.COMPLETED
    assert outcomes("identify") == {98: ("not_wanted", "gone"), 99: ("not_wanted", "gone")}
    assert synced.asked("metadataIdentify") == []
    assert job.result is not None and job.result["left_out"] == 2


def test_one_id_that_stash_does_not_have_costs_the_others_nothing(synced: RunningStash) -> None:
    with_stash_box(synced, {file_name(2): "Found"})
    job = testing.run("stash_identify", scene_ids=[99, 2])
    assert job.status == Status.COMPLETED
    assert (title_of(synced, 2), asked_ids(synced)) == ("Found", [["2"]])


def test_a_scene_destroyed_between_the_look_and_its_turn_costs_the_others_nothing(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stash_box(synced, {file_name(number): f"Found {number}" for number in range(1, 6)})
    destroying(synced, monkeypatch, 3)
    job = testing.run("stash_identify", scene_ids=[1, 2, 3, 4, 5])
    assert job.status == Status.COMPLETED, job.error_message
    assert [title_of(synced, number) for number in (1, 2, 4, 5)] == [f"Found {number}" for number in (1, 2, 4, 5)]
    assert asked_ids(synced) == [["5", "4", "3", "2", "1"], ["2", "1"]], "those before it were done"
    assert outcomes("identify", [3]) == {3: ("not_wanted", "gone")}
    assert {outcome for outcome, _ in outcomes("identify", [1, 2, 4, 5]).values()} == {"done"}


def test_an_outage_while_such_a_failure_is_settled_costs_no_scene_and_is_no_error_of_a_source(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stash_box(synced, {file_name(number): f"Found {number}" for number in range(1, 6)})
    destroying(synced, monkeypatch, 3)
    whole, looks = ResultRecorder.scenes, []

    def away_after_the_end(self: ResultRecorder, ids: Sequence[int]) -> Any:
        looks.append(ids)
        if len(looks) == 2:
            raise ServiceError("Stash", "unreachable", "is restarted")
        return whole(self, ids)

    monkeypatch.setattr(ResultRecorder, "scenes", away_after_the_end)
    job = testing.run("stash_identify", scene_ids=[1, 2, 3, 4, 5])
    assert (job.status, job.error_message, job.attempt) == (Status.COMPLETED, "", 2)
    assert asked_ids(synced) == [["5", "4", "3", "2", "1"], ["2", "1"]], "none is asked for twice"
    assert outcomes("identify")[3] == ("not_wanted", "gone")
    assert {outcomes("identify")[number] for number in (1, 2, 4, 5)} == {("done", "changed")}


def destroying(stash: RunningStash, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A scene is destroyed after it was looked up, before Stash identifies it."""
    from scenes.simulators.stash.jobs import identify
    from scenes.simulators.stash.jobs.tasks import destroy_scene

    whole = identify.Identify.__call__

    async def after(self: identify.Identify, running: Any) -> None:
        if number in self.state.scenes:
            destroy_scene(self.state, self.state.scenes[number])
        await whole(self, running)

    monkeypatch.setattr(identify.Identify, "__call__", after)


def test_organized_scenes_are_left_to_their_owner_but_not_by_plugins(
    synced: RunningStash, configure: Configure
) -> None:
    with_stash_box(synced, {file_name(1): "Found", file_name(2): "Found"})
    runs = with_plugin(synced)
    configure(plugin_tasks=(PluginTask("renamer", "Rename"),))
    synced.do(lambda: setattr(synced.state.scenes[1], "organized", True))
    for type in TYPES:
        testing.run(type, scene_ids=[1, 2])
    assert outcomes("identify")[1] == outcomes("auto_tag")[1] == ("not_wanted", "organized")
    assert runs == [("Rename", ["2", "1"])]
    assert title_of(synced, 1) == "Scene 1"


# --- a setting to make ---


def test_without_defaults_in_stash_identify_fails_with_the_way_there(synced: RunningStash) -> None:
    job = testing.run("stash_identify", scene_ids=[1])
    assert (job.status, job.error_code) == (Status.FAILED, "identify_not_set_up")
    assert "Settings, Tasks, Identify" in job.error_message and "Stash-box Endpoints" in job.error_message
    assert synced.asked("metadataIdentify") == []
    assert outcomes("identify") == {1: ("new", "")}, "it is done once the setting is made"

    with_stash_box(synced, {file_name(1): "Found"})
    testing.run("stash_identify")
    assert title_of(synced, 1) == "Found"


@pytest.mark.parametrize(
    "defaults", [{"sources": []}, {"sources": [{"source": {"stash_box_endpoint": "https://gone"}}]}]
)
def test_defaults_that_ask_nobody_or_somebody_unknown_are_a_setting_to_make(
    synced: RunningStash, defaults: dict[str, Any]
) -> None:
    synced.simulator.settings.default_identify = defaults
    job = testing.run("stash_identify", scene_ids=[1])
    assert (job.status, job.error_code) == (Status.FAILED, "identify_not_set_up")
    assert synced.asked("metadataIdentify") == []


def test_a_source_by_its_index_is_asked_by_its_endpoint(synced: RunningStash) -> None:
    with_stash_box(synced, {file_name(1): "Found"})
    assert synced.simulator.settings.default_identify is not None
    synced.simulator.settings.default_identify["sources"] = [{"source": {"stash_box_index": 0}}]
    testing.run("stash_identify", scene_ids=[1])
    [entry] = synced.asked("metadataIdentify")
    assert entry.variables["input"]["sources"] == [{"source": {"stash_box_endpoint": BOX}}]


@pytest.mark.parametrize(
    ("tasks", "code", "says"),
    [
        ((), "plugin_task_not_set", "“Plugin tasks”"),
        ((PluginTask("renamer", "Undo"),), "plugin_task_unknown", "It has: renamer: Rename"),
        ((PluginTask("unknown", "Rename"),), "plugin_task_unknown", "unknown: Rename"),
    ],
)
def test_plugin_tasks_that_stash_does_not_have_are_a_setting_to_make(
    synced: RunningStash, configure: Configure, tasks: tuple[PluginTask, ...], code: str, says: str
) -> None:
    with_plugin(synced)
    configure(plugin_tasks=tasks)
    job = testing.run("stash_plugin", scene_ids=[1])
    assert (job.status, job.error_code) == (Status.FAILED, code)
    assert says in job.error_message
    assert synced.asked("runPluginTask") == []

    configure(plugin_tasks=(PluginTask("renamer", "Rename"),))
    testing.run("stash_plugin")
    assert asked_ids(synced, "runPluginTask") == [["1"]], "what waited for it gets the task that is named now"


# --- what ends FINISHED, and was no success ---


def test_a_stash_box_that_is_away_is_no_success_and_no_scene_pays_for_it(synced: RunningStash) -> None:
    with_stash_box(synced, {file_name(1): "Found"})
    synced.simulator.settings.stash_boxes_away = {BOX}
    job = testing.run("stash_identify", scene_ids=[1, 2])
    assert (job.status, job.error_code) == (Status.FAILED, "identify_source_failed")
    assert "connection refused" in job.error_message
    assert {row.attempts for row in StashTask.objects.all()} == {0}

    synced.simulator.settings.stash_boxes_away = set()
    assert testing.run("stash_identify").status == Status.COMPLETED
    assert title_of(synced, 1) == "Found"


def test_a_source_that_answers_for_some_is_asked_again_for_the_others_so_often_and_no_more(
    synced: RunningStash,
) -> None:
    with_stash_box(synced, {file_name(1): "Found"})
    other = "https://other.example/graphql"
    synced.simulator.settings.stash_boxes[other] = {}
    synced.simulator.settings.stash_boxes_away = {other}
    assert synced.simulator.settings.default_identify is not None
    synced.simulator.settings.default_identify["sources"].append({"source": {"stash_box_endpoint": other}})
    job = testing.run("stash_identify", scene_ids=[1, 2])
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
    assert outcomes("identify") == {1: ("done", "changed"), 2: ("failed", "")}
    assert "connection refused" in StashTask.objects.get(scene_id=2).message


def test_what_stash_says_of_one_scene_is_that_scenes_failure(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stash_box(synced, {file_name(1): "Found"})
    failing(synced, monkeypatch, 2)
    job = testing.run("stash_identify", scene_ids=[1, 2, 3])
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
    row = StashTask.objects.get(scene_id=2)
    assert (row.outcome, row.attempts) == (Outcome.FAILED, 1)
    assert "bad cover" in row.message
    for _ in range(2):
        testing.run("stash_identify")
    row.refresh_from_db()
    assert (row.outcome, row.attempts) == (Outcome.QUARANTINED, 3), "it comes again, so often and no more"
    synced.forget_requests()
    testing.run("stash_identify")
    assert synced.asked("metadataIdentify") == []


def failing(stash: RunningStash, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    from scenes.simulators.stash.jobs import identify

    whole = identify.Identify.identify

    def identified(self: identify.Identify, scene: Any, running: Any) -> None:
        if scene.id == number:
            running.log.error(f"Error encountered identifying /seeded/{file_name(number)}: bad cover")
        else:
            whole(self, scene, running)

    monkeypatch.setattr(identify.Identify, "identify", identified)


def test_an_identify_that_stash_calls_failed_is_failed_with_its_words(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stash_box(synced)
    from scenes.simulators.stash.jobs import identify
    from scenes.simulators.stash.jobs.queue import Failed

    def check(self: identify.Identify, source: Any) -> None:
        raise Failed("error getting sources: something odd")

    monkeypatch.setattr(identify.Identify, "check", check)
    job = testing.run("stash_identify", scene_ids=[1])
    assert (job.status, job.error_code) == (Status.FAILED, "identify_failed")
    assert "something odd" in job.error_message
    assert StashJob.objects.get().error == "error getting sources: something odd"
    assert StashTask.objects.get().attempts == 0


def test_a_plugin_that_returns_an_error_has_failed_and_is_not_run_for_ever(
    synced: RunningStash, configure: Configure
) -> None:
    with_plugin(synced, run=lambda task, arguments: "no such folder")
    configure(plugin_tasks=(PluginTask("renamer", "Rename"),))
    job = testing.run("stash_plugin", scene_ids=[1, 2])
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 2)
    assert "no such folder" in StashTask.objects.get(scene_id=1).message
    for _ in range(4):
        testing.run("stash_plugin")
    assert len(synced.asked("runPluginTask")) == 3
    assert {row.outcome for row in StashTask.objects.all()} == {Outcome.QUARANTINED}


def test_a_plugin_that_is_gone_when_its_turn_comes_is_no_success(
    synced: RunningStash, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_plugin(synced)
    configure(plugin_tasks=(PluginTask("renamer", "Rename"),))
    from scenes.clients.stash.client import StashClient

    monkeypatch.setattr(StashClient, "plugins", lambda client: {"renamer": frozenset({"Rename"})})
    synced.simulator.settings.plugins = []
    job = testing.run("stash_plugin", scene_ids=[1])
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert "no plugin with ID renamer" in StashTask.objects.get().message


# --- once ---


def test_what_is_done_is_not_done_again_unless_a_person_names_it(synced: RunningStash) -> None:
    with_stash_box(synced)
    testing.run("stash_identify", scene_ids=[1])
    testing.run("stash_identify")
    assert len(synced.asked("metadataIdentify")) == 1
    testing.run("stash_identify", scene_ids=[1])
    assert len(synced.asked("metadataIdentify")) == 2


def test_a_persons_list_leaves_alone_what_else_waits(synced: RunningStash) -> None:
    with_stash_box(synced)
    StashTask.objects.want([5, 6], [("identify", "")])
    testing.run("stash_identify", scene_ids=[1])
    assert asked_ids(synced) == [["1"]]
    testing.run("stash_identify")
    assert asked_ids(synced) == [["1"], ["6", "5"]]


def test_many_scenes_are_asked_for_in_groups_and_progress_names_the_file(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scenes.stash.stash_tasks import orders

    monkeypatch.setitem(orders.SIZES, orders.Kind.IDENTIFY, 5)
    monkeypatch.setattr("jobs.context.PROGRESS_EVERY", 0.0)
    synced.simulator.settings.seconds_per_item = 0.05
    with_stash_box(synced)
    seen: set[str] = set()
    from jobs.context import JobContext

    progress = JobContext.progress

    def watched(self: JobContext, done: int, total: int | None = None, message: str = "", **options: Any) -> None:
        seen.add(message)
        progress(self, done, total, message, **options)

    monkeypatch.setattr(JobContext, "progress", watched)
    job = testing.run("stash_identify", scene_ids=list(range(1, 13)))
    assert job.status == Status.COMPLETED
    assert list(map(len, asked_ids(synced))) == [5, 5, 2]
    assert any("/seeded/scene_" in message and "(scenes 6 to 10 of 12)" in message for message in seen), seen
    asked = Event.objects.filter(job=job, message__startswith="Stash is asked for identify")
    assert asked.count() == 3


def test_no_scene_of_another_library_is_touched(synced: RunningStash) -> None:
    with_stash_box(synced, {file_name(1): "Found"})
    synced.reset_library()
    job = testing.run("stash_identify", scene_ids=[1])
    assert (job.status, job.error_code) == (Status.FAILED, "another_library")
    assert synced.asked("metadataIdentify") == []
    assert Job.objects.get(pk=job.pk).errors == 0


def test_a_task_that_the_settings_name_no_more_is_followed_to_its_end_where_stash_is_at_it(
    synced: RunningStash, configure: Configure
) -> None:
    runs = with_plugin(synced, "Rename", "Tidy")
    configure(plugin_tasks=(PluginTask("renamer", "Rename"),))
    testing.run("stash_plugin", scene_ids=[1])
    row = StashTask.objects.get()
    assert row.stash_job_id is not None
    # As a worker leaves it that dies while Stash is at it.
    StashTask.objects.update(outcome="waiting", code="asked")
    StashJob.objects.filter(pk=row.stash_job_id).update(ended_at=None, status="")
    configure(plugin_tasks=(PluginTask("renamer", "Tidy"),))
    assert testing.run("stash_plugin").status == Status.COMPLETED
    assert runs == [("Rename", ["1"])], "it was done, and is not forgotten"
    row.refresh_from_db()
    assert (row.task, row.outcome) == ("renamer: Rename", "done")
    assert StashJob.objects.get(pk=row.stash_job_id).ended_at is not None
