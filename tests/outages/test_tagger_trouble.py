"""The tagger refuses one film, is away, hangs, or loads its models: what is the film's fault and what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.models import Status
from scenes.models import Detection, Scene
from scenes.paths import PathMap
from tests.outages.world import FILMS, World, errors_of, log_of, statuses_of, steps_of

pytestmark = pytest.mark.one_database


def away(world: World) -> None:
    world.tagger.server.go_away()


def hanging(world: World) -> None:
    world.configure(tagger_timeout=0.5)
    world.tagger.server.control.arm("hang", path="process_video")


def loading(world: World) -> None:
    world.tagger.loaded = False


def proxy(world: World) -> None:
    world.tagger.server.control.arm("http", path="process_video", status=502, text="<html>Bad Gateway</html>")


def come_back(world: World) -> None:
    world.tagger.server.come_back()
    world.tagger.server.control.clear()
    world.tagger.loaded = True


TROUBLE: dict[Callable[[World], None], tuple[str, str, str]] = {
    away: ("unreachable", "Video tagger: no connection to http", "Is it running, and is the address"),
    hanging: ("timeout", "Video tagger: gave no answer within 0.5 s", "Is it overloaded, or does it hang?"),
    loading: ("not_ready", "Video tagger: is still loading its models", "It is tried again later"),
    proxy: ("server_error", "Video tagger: failed with status 502", "or of the proxy before it"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_with_no_tagger_to_ask_no_scene_is_handled_and_the_next_run_does_them_all(
    world: World, trouble: Callable[[World], None]
) -> None:
    world.at("analysis", lambda: trouble(world))
    job = world.run(max_attempts=2, retry_delay=0.05)
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert statuses_of(job) == ["completed"] * 3 + ["failed"] + ["completed"] * 2, log_of(job)
    assert not Detection.objects.exists(), "a scene counts as handled, or as failed"
    assert Scene.objects.filter(video_analyzed=False).count() == 3
    batches = steps_of(job)["analysis_batches"]
    assert [(batch["status"], batch["scenes_analyzed"]) for batch in batches] == [("failed", 0)] * 2
    code, message, hint = TROUBLE[trouble]
    for error in errors_of(job):
        assert error["code"] == code and error["message"].startswith(message) and hint in error["message"], error
    come_back(world)
    world.configure(tagger_timeout=60)
    again = world.next_run_makes_it_good()
    assert again.result is not None and again.result["summary"]["total_scenes_analyzed"] == 3


@pytest.mark.parametrize("trouble", [away, hanging, loading])
def test_a_tagger_that_comes_back_is_waited_for(world: World, trouble: Callable[[World], None]) -> None:
    world.at("analysis", lambda: trouble(world))
    world.once_felt(lambda: come_back(world))
    job = world.run()
    assert job.status == Status.COMPLETED, log_of(job)
    assert TROUBLE[trouble][1] in log_of(job)
    world.nothing_is_lost()


def test_a_tagger_that_goes_in_the_middle_of_a_batch_keeps_what_is_done(world: World) -> None:
    world.tagger.server.control.arm("http", status=502, path="process_video", after=1)
    job = world.run(batch_size=3, max_attempts=1)
    assert Scene.objects.filter(video_analyzed=True).count() == 1, log_of(job)
    (batch,) = steps_of(job)["analysis_batches"]
    assert (batch["status"], batch["scenes_analyzed"]) == ("failed", 1)
    assert batch["changes_applied"] == batch["changes_approved"] > 0, "what was found is not applied"
    come_back(world)
    again = world.next_run_makes_it_good()
    assert again.result is not None and again.result["summary"]["total_scenes_analyzed"] == 2


def test_a_film_that_it_cant_handle_fails_alone_and_is_quarantined_after_three_runs(world: World) -> None:
    world.tagger.refuse("Night", "a bug in a model")
    for tries in (1, 2, 3):
        job = world.run()
        assert job.status == Status.COMPLETED_WITH_ERRORS, log_of(job)
        assert job.result is not None and job.result["summary"]["total_errors"] == 1
        failed = Detection.objects.get(detector="detect_video_tags", handled_at=None)
        assert (failed.attempts, failed.is_quarantined) == (tries, tries == 3)
        assert "Video tagger: cannot handle this file" in failed.message and "a bug in a model" in failed.message
        assert "path mapped" in failed.message
    assert Scene.objects.filter(video_analyzed=True).count() == 2
    assert world.run().status == Status.COMPLETED, "a quarantined film is asked for again"


def test_small_slips_in_an_answer_cost_nothing(world: World) -> None:
    world.tagger.spoil("Night", "slips")
    job = world.run(batch_size=3)
    assert job.status == Status.COMPLETED, log_of(job)
    world.nothing_is_lost()


@pytest.mark.parametrize("film", FILMS)
def test_one_answer_that_makes_no_sense_fails_its_film_alone_wherever_it_is_in_the_batch(
    world: World, film: str
) -> None:
    world.tagger.spoil(film, "nonsense")
    job = world.run(batch_size=3)
    assert job.result is not None and job.result["summary"]["total_errors"] == 1, log_of(job)
    assert job.result["summary"]["total_scenes_analyzed"] == 2
    failed = Detection.objects.get(detector="detect_video_tags", handled_at=None)
    assert failed.attempts == 1 and "unexpected answer" in failed.message
    world.tagger.spoils.clear()
    world.next_run_makes_it_good()


def test_one_film_that_takes_for_ever_fails_alone(world: World) -> None:
    world.configure(tagger_timeout=6)  # the others have to be answered in that time, on a busy machine too
    world.tagger.server.control.arm("hang", path="process_video", body="Night")
    job = world.run(batch_size=3)
    assert job.result is not None and job.result["summary"]["total_errors"] == 1, log_of(job)
    assert Scene.objects.filter(video_analyzed=True).count() == 2
    come_back(world)
    world.configure(tagger_timeout=60)
    world.next_run_makes_it_good()


def test_a_tagger_whose_disk_is_away_costs_no_film_a_try(world: World) -> None:
    world.tagger.mounts = {"/media": world.folder / "nowhere"}
    world.configure(path_map=PathMap.parse(f"tagger:/media={world.library}"))
    for _ in range(3):
        job = world.run(max_attempts=1)
        assert {error["code"] for error in errors_of(job)} == {"refused_all"}, log_of(job)
        assert f"tagger:/media={world.library} in “Path mapping”" in errors_of(job)[0]["message"]
    assert not Detection.objects.exists()
    world.tagger.mounts = {"/media": world.library}
    world.next_run_makes_it_good()
