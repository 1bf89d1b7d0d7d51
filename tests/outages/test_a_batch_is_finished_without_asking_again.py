"""A batch that ended half-way: what is done of it stays, and only the rest is done, by the next run or by a retry."""

from __future__ import annotations

import json
from collections import Counter

from jobs import engine
from jobs.models import Job, Status
from scenes import releasing
from scenes.models import Change, Plan, Scene
from tests.outages.world import FILMS, World, log_of
from tests.scenes.needing import named


def asked_for(world: World) -> list[str]:
    """The films that the tagger was asked for, in order."""
    records = world.tagger.server.control.asked(path="process_video")
    return [json.loads(record.body)["path"].removeprefix(f"{world.library}/") for record in records]


def retried(world: World, job: Job) -> Job:
    engine.retry(job.pk)
    return world.finish(Job.objects.get(pk=job.root_id))


def test_a_batch_retried_by_hand_asks_for_what_failed_alone_and_applies_it(world: World) -> None:
    world.tagger.server.control.arm("http", status=502, path="process_video", after=1)
    run = world.run(batch_size=3, max_attempts=1)
    batch = run.sub_jobs.get(type="analysis")
    assert batch.status == Status.FAILED
    (done,) = [film for film in FILMS if Scene.objects.filter(video_analyzed=True, files__path__endswith=film)]
    world.tagger.server.control.clear()
    world.tagger.server.control.forget()
    run = retried(world, batch)
    assert run.status == Status.COMPLETED, log_of(run)
    assert set(asked_for(world)) == set(FILMS) - {done} and len(asked_for(world)) == 2
    assert Plan.objects.count() == 1
    world.nothing_is_lost()


def test_a_bad_film_is_asked_for_again_by_a_retry_and_the_good_ones_are_not(world: World) -> None:
    world.tagger.refuse("Night", "a bug in a model")
    run = world.run(batch_size=3)
    assert Counter(asked_for(world)) == dict.fromkeys(FILMS, 1)
    world.tagger.refusals.clear()
    world.tagger.server.control.forget()
    run = retried(world, run.sub_jobs.get(type="analysis"))
    assert run.status == Status.COMPLETED, log_of(run)
    assert asked_for(world) == ["Alps/Night.mp4"]
    world.nothing_is_lost()


def test_a_plan_that_failed_half_way_is_finished_by_the_next_run_without_the_tagger(world: World) -> None:
    world.stash.fault("refuse", "EachMarkerCreate", times=None)
    run = world.run(batch_size=3, max_attempts=2)
    assert run.sub_jobs.get(type="apply_plan").status == Status.FAILED, log_of(run)
    assert Change.objects.filter(status="applied").exists() and Change.objects.filter(status="approved").exists()
    world.stash.clear_faults()
    world.tagger.server.control.forget()
    world.next_run_makes_it_good()
    assert asked_for(world) == []


def test_a_plan_whose_job_was_cancelled_half_way_is_finished_by_the_next_run_without_the_tagger(world: World) -> None:
    world.stash.fault("refuse", "EachMarkerCreate", times=None)
    world.once_felt(lambda: engine.cancel(Job.objects.get(type="apply_plan").pk))
    run = world.run(batch_size=3, retry_delay=0.3)
    assert run.sub_jobs.get(type="apply_plan").status == Status.CANCELLED, log_of(run)
    assert Change.objects.filter(status="applied").exists() and Change.objects.filter(status="approved").exists()
    world.stash.clear_faults()
    world.tagger.server.control.forget()
    world.next_run_makes_it_good()
    assert asked_for(world) == []


def test_an_analysis_cancelled_half_way_is_finished_by_the_next_run_with_the_rest_alone(world: World) -> None:
    world.tagger.server.control.arm("http", status=502, path="process_video", after=1)
    world.once_felt(lambda: engine.cancel(Job.objects.get(type="analysis").pk))
    run = world.run(batch_size=3, retry_delay=0.3)
    assert run.sub_jobs.get(type="analysis").status == Status.CANCELLED, log_of(run)
    assert Scene.objects.filter(video_analyzed=True).count() == 1
    world.tagger.server.control.clear()
    world.tagger.server.control.forget()
    world.next_run_makes_it_good()
    assert len(asked_for(world)) == len(set(asked_for(world))) == 2


def test_changes_that_stash_refused_are_written_after_their_release_without_the_tagger(world: World) -> None:
    world.stash.fault("resolver_error", "sceneMarkerCreate", times=None, message="UNIQUE constraint failed")
    for _ in range(3):
        run = world.run()
        assert run.status == Status.COMPLETED_WITH_ERRORS, log_of(run)
    given_up = Change.objects.quarantined().count()
    assert given_up and len(named()) == 3
    assert world.run().status == Status.COMPLETED, "they are for a person now"
    world.stash.clear_faults()
    world.tagger.server.control.forget()
    assert releasing.release(Scene.objects.all()) == given_up
    world.next_run_makes_it_good()
    assert asked_for(world) == [] and not named()
