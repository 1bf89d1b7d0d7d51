"""A wrong mapping, a disk that is away or a hung tagger costs no scene a try; a bad film costs nobody else anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.models import Job, Status
from jobs.testing import run
from scenes.models import Detection, Scene
from scenes.paths import PathMap
from tests.scenes.analysis_factories import make_scene, set_folders
from tests.scenes.tagger_server import OTHERS, ScriptedTagger

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

ABSENT = "400: [Errno 2] No such file or directory"
BROKEN = "400: moov atom not found"
STRANGE = {"result": {"video_tag_info": {"models": ["a later version"]}}}


@pytest.fixture
def disk(tmp_path: Path, configure: Callable[..., Any]) -> Path:
    """Our view of Stash's and the tagger's library folder; `films` makes its files."""
    configure(path_map=PathMap.parse(f"stash:/data={tmp_path};tagger:/media={tmp_path}"))
    return tmp_path


def films(disk: Path, *ids: int) -> None:
    for pk in ids:
        (disk / f"{pk}.mp4").touch()
        make_scene(pk)


def analyse(**params: Any) -> Job:
    return run("analysis", **params)


def tries() -> dict[int, int]:
    failed = Detection.objects.filter(detector="detect_video_tags", attempts__gt=0)
    return dict(failed.values_list("scene_id", "attempts"))


def handled() -> int:
    return Scene.objects.filter(video_analyzed=True).count()


def handled_before(tagger: ScriptedTagger, *ids: int) -> None:
    """The tagger saw these films, in another run."""
    now = dict(tagger.films)
    tagger.films.clear()
    assert analyse(scene_ids=list(ids), detect_tags=False).status == Status.COMPLETED
    tagger.films.update(now)


@pytest.mark.parametrize("why", [ABSENT, BROKEN])
def test_forty_films_refused_three_runs_long_are_all_still_due_and_the_mapping_is_named(
    tagger: ScriptedTagger, disk: Path, why: str
) -> None:
    films(disk, *range(1, 41))
    tagger.films[OTHERS] = why
    for _ in range(3):
        job = analyse()
        assert (job.status, job.error_code) == (Status.FAILED, "refused_all")
        assert f"tagger:/media={disk} in “Path mapping”" in job.error_message
        assert why.removeprefix("400: ") in job.error_message
    assert not Detection.objects.exists()
    tagger.films.clear()
    assert analyse().status == Status.COMPLETED
    assert handled() == 40


def test_a_tagger_without_its_disk_is_asked_for_ten_films_only(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, *range(1, 41))
    tagger.films[OTHERS] = ABSENT
    analyse()
    assert len(tagger.asked_for()) == 3 * 10, "in each attempt"


def test_a_disk_that_goes_away_costs_no_try_even_after_good_films(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, *range(1, 41))
    tagger.films[OTHERS] = ABSENT
    for pk in (40, 39, 38):
        tagger.films[f"/media/{pk}.mp4"] = []
    job = analyse()
    assert (job.status, job.error_code) == (Status.FAILED, "refused_all")
    assert (handled(), tries()) == (3, {})


def test_a_film_refused_among_good_ones_is_its_own_fault(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1, 2, 3)
    tagger.films["/media/3.mp4"] = ABSENT
    assert analyse().status == Status.COMPLETED_WITH_ERRORS
    assert (handled(), tries()) == (2, {3: 1})


def test_a_heap_of_bad_films_hides_no_good_ones_for_ever(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, *range(1, 21))
    for pk in range(9, 21):
        tagger.films[f"/media/{pk}.mp4"] = BROKEN
    for _ in range(20):
        analyse()
        if handled():
            break
    assert handled() == 8
    assert set(tries()) == set(range(9, 21))


def test_one_film_alone_is_attributed_by_what_the_tagger_handled_there_before(
    tagger: ScriptedTagger, disk: Path
) -> None:
    films(disk, 1, 2)
    tagger.films[OTHERS] = BROKEN
    handled_before(tagger, 1)
    assert analyse(detect_tags=False).status == Status.COMPLETED_WITH_ERRORS
    assert tries() == {2: 1}


def test_a_stash_on_windows_makes_no_difference(
    tagger: ScriptedTagger, tmp_path: Path, configure: Callable[..., Any]
) -> None:
    configure(path_map=PathMap.parse(rf"stash:D:\data={tmp_path};tagger:E:\media={tmp_path}"))
    for pk in (1, 2):
        make_scene(pk, path=rf"D:\data\sub\{pk}.mp4")
    tagger.films[OTHERS] = BROKEN
    assert analyse(detect_tags=False).error_code == "refused_all"
    handled_before(tagger, 1)
    assert analyse(detect_tags=False).status == Status.COMPLETED_WITH_ERRORS
    assert tries() == {2: 1} and tagger.asked_for()[-1] == r"E:\media\sub\2.mp4"


def test_one_film_alone_that_was_never_seen_there_does_not_count(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1)
    make_scene(2, path="/elsewhere/2.mp4")
    handled_before(tagger, 2)
    tagger.films[OTHERS] = BROKEN
    assert analyse(detect_tags=False).error_code == "refused_all"
    assert tries() == {}


def test_one_film_alone_that_only_the_tagger_does_not_see_does_not_count(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1, 2)
    handled_before(tagger, 1)
    tagger.films[OTHERS] = ABSENT
    job = analyse(detect_tags=False)
    assert (
        job.error_code == "refused_all" and f"/media/2.mp4 on the tagger's machine ({disk}/2.mp4" in job.error_message
    )
    assert tries() == {}


def test_one_film_alone_that_nobody_sees_any_more_is_its_own_fault(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1)
    make_scene(2)
    handled_before(tagger, 1)
    tagger.films[OTHERS] = ABSENT
    assert analyse(detect_tags=False).status == Status.COMPLETED_WITH_ERRORS
    assert tries() == {2: 1}


def test_a_library_that_we_do_not_see_either_does_not_count(tagger: ScriptedTagger, disk: Path) -> None:
    make_scene(1)
    make_scene(2)
    handled_before(tagger, 1)
    tagger.films[OTHERS] = ABSENT
    assert analyse(detect_tags=False).error_code == "refused_all"
    assert tries() == {}


def test_a_disk_that_is_away_does_not_count_and_the_other_one_is_handled(tagger: ScriptedTagger, disk: Path) -> None:
    set_folders("/data", "/other")
    films(disk, *range(1, 6))
    for pk in range(11, 31):
        make_scene(pk, path=f"/other/{pk}.mp4")
        tagger.films[f"/other/{pk}.mp4"] = ABSENT
    job = analyse()
    assert job.error_code == "refused_all" and "in /other" in job.error_message
    assert (handled(), tries()) == (5, {})


# Answers that make no sense


def test_an_answer_that_makes_no_sense_costs_its_own_scene_a_try_and_nobody_else(
    tagger: ScriptedTagger, disk: Path
) -> None:
    films(disk, *range(1, 41))
    tagger.films["/media/40.mp4"] = STRANGE
    assert analyse().status == Status.COMPLETED_WITH_ERRORS
    assert (handled(), tries()) == (39, {40: 1})
    assert "unexpected answer" in Detection.objects.get(scene=40, detector="detect_video_tags").message


def test_a_tagger_that_answers_nothing_but_nonsense_is_to_blame_itself(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, *range(1, 41))
    tagger.films[OTHERS] = STRANGE
    job = analyse()
    assert (job.status, job.error_code) == (Status.FAILED, "unclear_answer")
    assert tries() == {} and handled() == 0


def test_one_answer_alone_that_makes_no_sense_counts_if_the_tagger_was_understood_before(
    tagger: ScriptedTagger, disk: Path
) -> None:
    films(disk, 1, 2)
    tagger.films[OTHERS] = STRANGE
    assert analyse(detect_tags=False).error_code == "unclear_answer"
    handled_before(tagger, 1)
    assert analyse(detect_tags=False).status == Status.COMPLETED_WITH_ERRORS
    assert tries() == {2: 1}


# No answer in time


def test_a_film_that_always_takes_too_long_costs_its_own_scene_a_try_and_blocks_nobody(
    tagger: ScriptedTagger, disk: Path, configure: Callable[..., Any]
) -> None:
    configure(tagger_timeout=0.5)
    films(disk, 1, 2, 3)
    tagger.server.control.arm("hang", body="/media/3.mp4")
    assert analyse().status == Status.COMPLETED_WITH_ERRORS
    assert (handled(), tries()) == (2, {3: 1})
    assert "gave no answer within 0.5 s" in Detection.objects.get(scene=3, attempts=1).message


def test_a_tagger_that_hangs_with_every_film_is_to_blame_itself_and_is_not_asked_for_all(
    tagger: ScriptedTagger, disk: Path, configure: Callable[..., Any]
) -> None:
    configure(tagger_timeout=0.2)
    films(disk, *range(1, 21))
    tagger.server.control.arm("hang", path="process_video")
    job = analyse()
    assert (job.status, job.error_code) == (Status.FAILED, "timeout")
    assert not Detection.objects.exists()
    assert len(tagger.asked_for()) == 3 * 3, "in each attempt"


# A connection that breaks off


@pytest.mark.parametrize("first", [3, 1], ids=["the first one", "the last one"])
def test_a_film_that_always_crashes_the_tagger_costs_its_own_scene_a_try_and_blocks_nobody(
    tagger: ScriptedTagger, disk: Path, first: int
) -> None:
    films(disk, 1, 2, 3)
    tagger.server.control.arm("reset", body=f"/media/{first}.mp4")
    job = analyse()
    assert (job.status, job.attempt) == (Status.COMPLETED_WITH_ERRORS, 1)
    assert (handled(), tries()) == (2, {first: 1})
    assert "broke off" in Detection.objects.get(scene=first, attempts=1).message
    assert tagger.asked_for().count(f"/media/{first}.mp4") == 2


def test_a_tagger_that_crashes_at_every_film_is_to_blame_itself(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, *range(1, 21))
    tagger.server.control.arm("reset", path="process_video")
    job = analyse()
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "broken_off", 3)
    assert not Detection.objects.exists()
    assert len(tagger.asked_for()) == 3 * 2 * 3, "three films in each attempt, each twice"


def test_a_tagger_that_is_restarted_once_in_a_film_costs_nothing(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1, 2, 3)
    tagger.server.control.arm("reset", body="/media/3.mp4", times=1)
    job = analyse()
    assert (job.status, job.attempt, handled(), tries()) == (Status.COMPLETED, 1, 3, {})


def test_a_film_that_ends_every_attempt_hides_no_other_one_for_ever(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1, 2, 3, 4)
    tagger.server.control.arm("http", status=500, body="/media/4.mp4")
    runs = (analyse() for _ in range(30))
    assert any(job.status == Status.FAILED and handled() == 3 for job in runs)
    assert not tries()


# One try a run


def test_two_outages_of_the_tagger_in_one_run_cost_a_bad_film_one_try(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1, 2, 3, 4)
    tagger.films["/media/4.mp4"] = BROKEN
    tagger.server.control.arm("http", status=500, body="/media/2.mp4", times=4)
    job = analyse()
    assert (job.attempt > 1, job.status) == (True, Status.COMPLETED_WITH_ERRORS)
    assert (job.errors, tries()) == (1, {4: 1})
    assert tagger.asked_for().count("/media/4.mp4") == 1
    assert analyse().errors == 1 and tries() == {4: 2}


# A tagger, or a proxy before it, that gives up on a film


LATE = "504: Video processing timed out"


def test_a_film_that_the_tagger_gives_up_on_costs_no_try_and_holds_up_no_other_one(
    tagger: ScriptedTagger, disk: Path
) -> None:
    films(disk, 1, 2, 3)
    tagger.films["/media/3.mp4"] = LATE
    for _ in range(4):
        job = analyse()
        assert (job.status, job.error_code) == (Status.FAILED, "server_error")
        assert "504: Video processing timed out" in job.error_message
        assert (handled(), tries()) == (2, {})
    tagger.films.clear()
    assert (analyse().status, handled()) == (Status.COMPLETED, 3)


def test_a_proxy_that_cuts_the_answer_for_a_long_film_is_the_same(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1, 2, 3)
    tagger.server.control.arm("http", status=504, body="/media/3.mp4", text="<html>504 Gateway Time-out</html>")
    job = analyse()
    assert (job.status, job.error_code, handled(), tries()) == (Status.FAILED, "server_error", 2, {})
    assert "proxy" in job.error_message


def test_a_film_that_was_charged_before_does_not_pay_for_it_either(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1, 2)
    tagger.films["/media/2.mp4"] = BROKEN
    analyse()
    assert tries() == {2: 1}
    tagger.films["/media/2.mp4"] = LATE
    analyse()
    assert tries() == {2: 1}


def test_a_tagger_that_gives_up_on_every_film_is_not_asked_for_all(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, *range(1, 21))
    tagger.films[OTHERS] = LATE
    assert analyse().status == Status.FAILED
    assert len(tagger.asked_for()) == 3 * 3, "in each attempt"


def test_a_model_that_is_not_loaded_ends_the_batch_at_the_first_film(tagger: ScriptedTagger, disk: Path) -> None:
    films(disk, 1, 2, 3)
    tagger.films[OTHERS] = "501: model actions is not loaded"
    job = analyse()
    assert (job.status, job.error_code, job.attempt, len(tagger.asked_for())) == (Status.FAILED, "server_error", 3, 3)
    assert "not loaded" in job.error_message and not tries()
