"""A first run on a set-up where something is already: it asks a person before it acts."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from jobs import engine, testing
from jobs.errors import BadRequest, NotPossible
from jobs.models import Job, Status
from jobs.worker import execution
from scenes import releasing
from scenes.first_run import looking
from scenes.first_run.deciding import FirstRunAnswers, decide, open_questions, page_to_ask
from scenes.models import Detection, Download, FirstRunDecision, Outcome, Scene, SyncState
from scenes.sync import forgetting
from tests.scenes.placing import Place, download_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
UNDECIDED = "first_run_undecided"


@pytest.fixture
def old(place: Place, settings: Any) -> Place:
    """Two finished torrents and three scenes that were there before StashHog, of whose first run nobody decided."""
    settings.JOBS_RETRY_DELAY = 0
    place.configure(first_run="")
    place.add("Old one", ["one.mp4"])
    place.add("Old two", ["two.mp4"])
    place.stash.seed(scenes=3)
    return place


def run(**params: Any) -> Job:
    return testing.run("process_new_scenes", **params)


def choose(**answers: Any) -> None:
    decide(FirstRunAnswers(**answers), "command")
    looking.record()


def answer_on(question: str) -> str:
    return FirstRunDecision.objects.get(question=question).answer


# --- Undecided ---


def test_a_run_fails_and_says_what_is_there_and_what_to_do(old: Place) -> None:
    job = run()
    assert (job.status, job.error_code) == (Status.FAILED, UNDECIDED)
    for words in ("2 finished torrents", "3 scenes", "“Needs you”", "manage.py first_run", "“First run”", "retry"):
        assert words in job.error_message
    assert old.in_library() == [] and not Download.objects.exists() and not Scene.objects.exists()
    assert job.sub_jobs.get().attempt == 1, "a permanent error costs one attempt"
    assert page_to_ask() == "/guide/existing/"


def test_process_downloads_alone_is_refused_likewise_whatever_other_sub_jobs_ran_before(old: Place) -> None:
    assert testing.run("sync").status == Status.COMPLETED
    assert testing.run("stash_scan").status in (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS)
    job = old.run()
    assert (job.status, job.error_code) == (Status.FAILED, UNDECIDED)
    assert run().error_code == UNDECIDED


def test_scenes_alone_are_enough_to_ask_and_so_are_torrents_alone(place: Place) -> None:
    place.configure(first_run="")
    place.stash.seed(scenes=1)
    job = run()
    assert job.error_code == UNDECIDED and "1 scene " in job.error_message and "torrent" not in job.error_message
    assert answer_on("torrents") == "nothing_there"


def test_torrents_that_the_filter_leaves_out_are_no_reason_to_ask(place: Place) -> None:
    place.configure(first_run="", qbittorrent_category="films")
    place.add("Other", ["other.mp4"], category="music")
    assert place.run().status == Status.COMPLETED
    assert answer_on("torrents") == "nothing_there"


def test_with_step_1_left_out_old_scenes_are_not_analysed_either(old: Place) -> None:
    job = run(skip=["process_downloads", "stash_generate"])
    assert (job.status, job.error_code) == (Status.FAILED, UNDECIDED)
    assert job.steps.get(key="process_downloads").error_code == UNDECIDED
    assert set(job.steps.exclude(key="process_downloads").values_list("status", flat=True)) == {Status.PENDING}
    assert not Detection.objects.exists() and not Scene.objects.exists()
    choose(library="analyse", scenes=5)
    engine.retry(job.pk)
    while Job.objects.of_run(job.pk).active().exists():
        execution.work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED and Scene.objects.exists()
    assert job.steps.get(key="process_downloads").message == "Skipped - Left out"


def test_with_step_1_left_out_a_stash_that_is_away_is_left_to_the_steps_that_need_it(old: Place) -> None:
    old.stash.go_away()
    job = run(skip=["process_downloads", "stash_generate"], max_attempts=1)
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert job.steps.get(key="process_downloads").status == Status.SKIPPED
    assert job.steps.get(key="analysis_batches").error_code == "unreachable"


def test_a_stash_that_is_away_is_not_taken_for_an_empty_one(old: Place) -> None:
    choose(torrents="take")
    old.stash.go_away()
    job = old.run()
    assert (job.status, job.error_code) == (Status.FAILED, "unreachable")
    assert old.in_library() == [] and FirstRunDecision.objects.count() == 1


def test_torrents_are_asked_about_although_stash_is_away(old: Place) -> None:
    old.stash.go_away()
    assert old.run().error_code == UNDECIDED


# --- Nothing old ---


def test_where_nothing_old_is_nothing_is_asked_and_what_comes_later_is_new(place: Place) -> None:
    place.configure(first_run="")
    assert run().status == Status.COMPLETED
    assert {answer_on("torrents"), answer_on("library")} == {"nothing_there"}
    place.add("New", ["new.mp4"])
    place.stash.seed(scenes=2)
    assert run().error_code == ""
    assert place.in_library() == ["new.mp4"]
    assert open_questions() == []


def test_an_installation_that_ran_before_is_decided(old: Place) -> None:
    Download.objects.create(hash="f" * 40, name="Handled long ago", outcome=Outcome.DONE)
    assert open_questions() == []
    assert old.run().status == Status.COMPLETED
    assert old.in_library() == ["one.mp4", "two.mp4"]
    assert answer_on("library") == "ran_before"


# --- Decided ---


def test_take_and_analyse_do_what_a_run_did_always(old: Place) -> None:
    choose(torrents="take", library="analyse", scenes=2)
    job = run()
    assert job.error_code == ""
    assert old.in_library() == ["one.mp4", "two.mp4"]


def test_a_retry_of_the_failed_run_goes_on_after_the_decision(old: Place) -> None:
    job = run()
    choose(torrents="take", library="analysed")
    engine.retry(job.pk)
    testing.work()
    job.refresh_from_db()
    assert job.error_code == "" and old.in_library() == ["one.mp4", "two.mp4"]


def test_handled_torrents_get_rows_at_once_and_only_later_ones_are_taken(old: Place) -> None:
    choose(torrents="handled", library="analysed")
    assert set(Download.objects.values_list("outcome", "code")) == {(Outcome.NOT_WANTED, "before_first_run")}
    assert Download.objects.count() == 2
    old.add("New", ["new.mp4"])
    assert old.run().status == Status.COMPLETED
    assert old.in_library() == ["new.mp4"]


def test_a_single_handled_one_is_released_and_everything_is_not(old: Place) -> None:
    choose(torrents="handled", library="analysed")
    call_command("release")
    assert Download.objects.filter(code="before_first_run").count() == 2
    assert releasing.release(Download.objects.filter(name="Old one")) == 1
    old.run()
    assert old.in_library() == ["one.mp4"]


def test_handled_while_qbittorrent_is_away_is_recorded_by_the_next_run_for_what_was_finished_by_then(
    old: Place,
) -> None:
    old.qbittorrent.server.go_away()
    choose(torrents="handled", library="analysed")
    assert not Download.objects.exists()
    old.qbittorrent.server.come_back()
    old.add("New", ["new.mp4"]).completion_on = int(timezone.now().timestamp()) + 2
    assert old.run().status == Status.COMPLETED
    assert old.in_library() == ["new.mp4"]
    assert download_of("Old one").code == "before_first_run"


def test_analysed_scenes_count_as_handled_and_new_ones_do_not(old: Place) -> None:
    choose(torrents="handled", library="analysed")
    run()
    assert Scene.objects.filter(video_analyzed=True).count() == 3
    assert Detection.objects.filter(code="before_first_run", outcome=Outcome.DONE).count() == 6
    old.stash.seed(scenes=1)
    job = run()
    analysed = Detection.objects.exclude(code="before_first_run").values_list("scene", flat=True)
    assert set(analysed) == {max(Scene.objects.values_list("pk", flat=True))}, job.result


def test_those_that_were_synced_before_the_decision_count_too(old: Place) -> None:
    testing.run("sync")
    choose(library="analysed")
    assert Scene.objects.filter(video_analyzed=True).count() == 3


def test_a_backlog_is_analysed_so_many_a_run_after_the_new_ones(old: Place) -> None:
    choose(torrents="handled", library="analyse", scenes=2)
    run()
    assert Detection.objects.count() == 2
    old.stash.seed(scenes=1)
    newest = run()
    assert Detection.objects.filter(scene__gt=3).count() == 1 and Detection.objects.count() == 4, newest.result


@pytest.mark.parametrize(("value", "placed", "analysed"), [("take", 2, 3), ("handled", 0, 0)])
def test_a_variable_decides_for_a_start_without_people(old: Place, value: str, placed: int, analysed: int) -> None:
    old.configure(first_run=value)
    assert run().error_code == ""
    assert len(old.in_library()) == placed
    assert Detection.objects.exclude(code="before_first_run").filter(scene__lte=3).count() == analysed
    assert set(FirstRunDecision.objects.values_list("source", flat=True)) == {"environment"}


# --- Who decides ---


def test_of_two_people_the_first_counts_and_the_other_is_told(old: Place) -> None:
    choose(torrents="take")
    decide(FirstRunAnswers(torrents="take"), "page")
    with pytest.raises(NotPossible, match="decided already"):
        decide(FirstRunAnswers(torrents="handled", library="analysed"), "page")
    assert list(FirstRunDecision.objects.values_list("question", "answer")) == [("torrents", "take")]
    assert old.run().error_code == UNDECIDED


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"torrents": "analysed"},
        {"library": "take"},
        {"library": "analysed", "scenes": 3},
        {"library": "analyse", "scenes": 0},
        {"library": "analyse", "scenes": 10**9},
        {"torrents": "take", "scenes": 3},
    ],
)
def test_other_answers_are_refused(db: None, answers: Any) -> None:
    with pytest.raises(BadRequest):
        decide(FirstRunAnswers(**answers), "command")
    assert not FirstRunDecision.objects.exists()


@pytest.mark.parametrize("turn", range(5))
def test_of_two_at_the_same_moment_exactly_one_counts(turn: int) -> None:
    barrier, answers = threading.Barrier(2), []

    def answer(decision: FirstRunAnswers) -> None:
        barrier.wait()
        try:
            decide(decision, "page")
        except NotPossible as error:
            answers.append(str(error))
        finally:
            connection.close()

    wishes = [FirstRunAnswers("take", "analysed"), FirstRunAnswers("handled", "analyse", 5)]
    threads = [threading.Thread(target=answer, args=[wish]) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = dict(FirstRunDecision.objects.values_list("question", "answer"))
    assert rows in ({"torrents": "take", "library": "analysed"}, {"torrents": "handled", "library": "analyse"})
    assert len(answers) == 1 and "decided already" in answers[0]


def test_of_another_library_nothing_was_there_before(old: Place) -> None:
    choose(torrents="handled", library="analysed")
    run()
    SyncState.objects.update(another_library=True)
    forgetting.accept_another_library()
    assert run().error_code == ""
    assert not Detection.objects.filter(code="before_first_run").exists()
    assert Detection.objects.filter(scene__lte=3).count() == 3
