"""`stash_generate`: Stash makes what is missing, and each output is looked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from jobs import engine, testing
from jobs.context import JobContext
from jobs.declare.registry import get_task
from jobs.errors import Cancelled
from jobs.models import Job, Status
from scenes import services
from scenes.models import Generation, Scene, StashJob
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.library.records import VideoFile
from scenes.stash import generation
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)

Configure = Callable[..., object]


def generate() -> Job:
    return testing.run("stash_generate")


def count(name: str) -> int:
    """That number of a new job's result."""
    result = generate().result
    assert result is not None
    return result[name]


def asked_scenes(stash: RunningStash) -> list[list[str]]:
    return [entry.variables["input"]["sceneIDs"] for entry in stash.asked("metadataGenerate")]


def test_what_is_missing_is_generated_and_looked_for(synced: RunningStash) -> None:
    job = generate()
    assert job.status == Status.COMPLETED, job.error_message
    assert job.result == {"generated": 12, "already_there": 0, "failed": 0, "carried_over": 0}
    assert not Scene.objects.filter(generated_at=None).exists()
    state = synced.simulator.state
    outputs = synced.simulator.outputs
    assert all(outputs.preview(scene).exists() for scene in state.scenes.values())


def test_a_second_run_asks_for_nothing(synced: RunningStash) -> None:
    generate()
    synced.forget_requests()
    job = generate()
    assert job.result == {"generated": 0, "already_there": 0, "failed": 0, "carried_over": 0}
    assert not synced.requests


def test_what_is_there_already_is_seen_without_asking_stash_to_generate(synced: RunningStash) -> None:
    generate()
    Scene.objects.update(generated_at=None)
    Generation.objects.all().delete()
    synced.forget_requests()
    job = generate()
    assert job.result == {"generated": 0, "already_there": 12, "failed": 0, "carried_over": 0}
    assert not synced.asked("metadataGenerate")


def test_stash_is_never_asked_with_an_empty_list_which_would_mean_everything(synced: RunningStash) -> None:
    Scene.objects.exclude(pk=3).update(generated_at=timezone.now())
    generate()
    assert asked_scenes(synced) == [["3"]]
    generate()
    assert asked_scenes(synced) == [["3"]]


def test_newest_scenes_come_first_in_groups(synced: RunningStash, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenes.stash.generation.groups.GROUP", 5)
    generate()
    newest = [str(pk) for pk in Scene.objects.values_list("pk", flat=True)]
    assert asked_scenes(synced) == [newest[:5], newest[5:10], newest[10:]]


def test_a_video_that_cannot_be_read_fails_alone_with_the_reason_of_the_log(
    synced: RunningStash, configure: Configure
) -> None:
    make_unreadable(synced, 4)
    job = generate()
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert job.result == {"generated": 11, "already_there": 0, "failed": 1, "carried_over": 0}
    scene = Scene.objects.get(pk=4)
    assert scene.generated_at is None
    assert scene.generation.attempts == 1
    assert "without making its" in scene.generation.message
    assert path_of(synced, 4) in scene.generation.message


def test_a_scene_that_failed_too_often_is_left_alone(synced: RunningStash, configure: Configure) -> None:
    configure(max_item_attempts=2)
    make_unreadable(synced, 4)
    assert [count("failed") for _ in range(3)] == [1, 1, 0]
    assert Scene.objects.get(pk=4).generation.attempts == 2


def test_stash_finishing_without_having_made_anything_is_no_success(synced: RunningStash) -> None:
    for number in range(1, 13):
        make_unreadable(synced, number)
    job = generate()
    assert (job.status, job.error_code) == (Status.FAILED, "nothing_done")
    assert not Scene.objects.exclude(generated_at=None).exists()


def test_the_time_box_carries_the_rest_over(
    synced: RunningStash, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.stash.generation.groups.GROUP", 5)
    configure(generate_seconds=0.0)
    job = generate()
    assert job.status == Status.COMPLETED
    assert job.result == {"generated": 0, "already_there": 0, "failed": 0, "carried_over": 12}
    assert not synced.asked("metadataGenerate")
    configure(generate_seconds=3600.0)
    assert count("generated") == 12


def test_when_the_time_is_over_stash_is_stopped_and_nothing_counts_as_failed(
    synced: RunningStash, over_once_asked: Callable[[], None]
) -> None:
    foreign = synced.add_foreign_job(progress=0.34)
    over_once_asked()
    job = generate()
    synced.end_foreign_job(foreign)
    assert job.result == {"generated": 0, "already_there": 0, "failed": 0, "carried_over": 12}
    assert synced.asked("stopJob")
    assert not Scene.objects.filter(generation__attempts__gt=0).exists()


def test_marker_previews_are_looked_for_when_they_are_wanted(synced: RunningStash, configure: Configure) -> None:
    configure(generate=frozenset({"markers", "imagePreviews", "sprites"}))
    assert count("generated") == 12
    outputs, markers = synced.simulator.outputs, synced.simulator.state.markers
    assert all(outputs.marker_clip(marker).exists() for marker in markers.values())


def test_a_replaced_video_is_generated_again(synced: RunningStash) -> None:
    generate()
    User(synced).replace_file(4, "00000000deadbeef")
    testing.run("sync")
    assert count("generated") + count("already_there") == 1
    assert synced.simulator.outputs.preview(synced.state.scenes[4]).exists()


def test_a_new_marker_is_generated_when_markers_are_wanted(synced: RunningStash, configure: Configure) -> None:
    generate()
    User(synced).create_marker(4, 1)
    testing.run("sync")
    assert count("generated") == 0
    configure(generate=frozenset({"markers"}))
    User(synced).create_marker(5, 1)
    testing.run("sync")
    assert count("generated") == 1
    assert asked_scenes(synced)[-1] == ["5"]


def test_with_nothing_wanted_nothing_is_asked(synced: RunningStash, configure: Configure) -> None:
    configure(generate=frozenset())
    assert generate().status == Status.COMPLETED
    assert not synced.requests


def test_a_scene_without_a_file_is_not_due_until_it_has_one(synced: RunningStash) -> None:
    empty = User(synced).create_scene("Without a file")
    assert testing.run("sync").status == Status.COMPLETED
    assert Scene.objects.filter(pk=empty, deleted_at=None).exists()
    job = generate()
    assert job.status == Status.COMPLETED
    assert job.result == {"generated": 12, "already_there": 0, "failed": 0, "carried_over": 0}
    assert not Generation.objects.filter(pk=empty).exists()


def test_a_scene_that_stash_no_longer_has_is_left_to_the_sync(synced: RunningStash) -> None:
    synced.do(lambda: synced.state.remove(synced.state.scenes[7]))
    job = generate()
    assert job.status == Status.COMPLETED
    assert job.result == {"generated": 11, "already_there": 0, "failed": 0, "carried_over": 1}


def test_what_a_crashed_attempt_had_asked_for_is_followed_and_counts_as_generated(synced: RunningStash) -> None:
    context = testing.context("stash_generate")
    stash = services.stash(context)
    foreign = synced.add_foreign_job()
    stop_after_asking(context)
    synced.end_foreign_job(foreign)
    generation.generate(context, stash)
    assert get_task("stash_generate").report(context.job).result["generated"] == 12
    assert len(synced.asked("metadataGenerate")) == 1


def test_a_cancel_stops_stashs_job_even_from_another_process(synced: RunningStash) -> None:
    foreign = synced.add_foreign_job()
    context = testing.context("stash_generate")
    stop_after_asking(context)
    job = Job.objects.get(pk=context.id)
    engine.cancel(job.pk)
    engine.clean_up(Job.objects.get(pk=context.id))
    row = StashJob.objects.get(job=job)
    assert row.ended_at is not None
    theirs = synced.simulator.jobs.find(int(row.stash_id))
    assert theirs is not None
    assert theirs.status == "CANCELLED"
    synced.end_foreign_job(foreign)


def test_a_cancel_while_stash_is_away_does_not_hang_on_to_the_lock(synced: RunningStash) -> None:
    foreign = synced.add_foreign_job()
    context = testing.context("stash_generate")
    stop_after_asking(context)
    job = Job.objects.get(pk=context.id)
    engine.cancel(job.pk)
    with synced.away():
        engine.clean_up(Job.objects.get(pk=context.id))
    job.refresh_from_db()
    assert job.held_lock == ""
    synced.end_foreign_job(foreign)


def stop_after_asking(context: JobContext) -> None:
    """Run until Stash has been asked and looked at once, then unwind as a stop of the worker does."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(context, "pause", _unwind)
        with pytest.raises(Cancelled):
            generation.generate(context, services.stash(context))


def _unwind(seconds: float) -> None:
    raise Cancelled


def make_unreadable(stash: RunningStash, scene_id: int) -> None:
    """Its video is a real file now, and none that can be read."""

    def change() -> None:
        file_of(stash, scene_id).imaginary = False

    stash.do(change)


def path_of(stash: RunningStash, scene_id: int) -> str:
    return file_of(stash, scene_id).path


def file_of(stash: RunningStash, scene_id: int) -> VideoFile:
    file = stash.state.primary_file(stash.state.scenes[scene_id])
    assert file is not None
    return file


def test_a_cover_that_a_short_answer_of_stash_leaves_out_does_not_count_as_there(
    synced: RunningStash, configure: Configure, settings: Any
) -> None:
    settings.JOBS_RETRY_DELAY = 0
    configure(generate=frozenset({"covers"}))
    synced.fault("short_page", "ScenesMissing", keep=3)
    job = generate()
    assert job.result == {"generated": 12, "already_there": 0, "failed": 0, "carried_over": 0}
    assert all(scene.has_cover for scene in synced.state.scenes.values())
