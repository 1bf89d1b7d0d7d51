"""As many films as the setting says are at the taggers at once, over all jobs; each goes to a tagger that is free."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs import engine, testing
from jobs.engine import process_id
from jobs.errors import Cancelled
from jobs.models import Job, Status
from jobs.testing import run
from jobs.worker.heartbeat import Heartbeat
from scenes.analysis.tagger.slots import Slots
from scenes.models import Change, Detection, Scene, TaggerResult, TaggerSlot
from scenes.simulators.tagger import running_tagger
from scenes.tasks.analysis import analysis
from tests.scenes.film_library import FilmLibrary
from tests.scenes.test_outdated_categories import SEEN

pytestmark = pytest.mark.django_db(transaction=True)
GONE = process_id.current().rsplit("|", 2)[0] + "|4194304|1"


def held() -> int:
    return TaggerSlot.objects.exclude(token=None).count()


def slots(limit: int = 2, addresses: tuple[str, ...] = ("a",)) -> Slots:
    return Slots(testing.context("analysis"), limit, list(addresses))


# Rows


def test_there_are_as_many_as_the_setting_says_over_all_jobs() -> None:
    one, other = slots(3), slots(3)
    assert one.take() and other.take() and one.take()
    assert one.take() is None and other.take() is None
    one.release(*one.held.values())
    assert other.take() and other.take() and other.take() is None
    assert held() == 3


def test_a_job_that_is_cancelled_takes_none_though_it_has_not_heard_of_it_yet() -> None:
    one = slots(2)
    assert one.take()
    engine.cancel(one.job.id)
    with pytest.raises(Cancelled):
        one.take()
    assert held() == 1


def test_a_slot_of_a_dead_process_is_free_at_once_and_one_whose_lease_ended_too() -> None:
    one, other = slots(2), slots(2)
    assert one.take() and one.take() and other.take() is None
    TaggerSlot.objects.filter(number=1).update(process=GONE)
    assert other.take() and other.take() is None
    expire(one)
    assert other.take() and other.take() is None


def expire(holder: Slots) -> None:
    Job.objects.filter(pk=holder.job.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_slot_of_a_job_that_somebody_else_took_over_or_that_ended_is_free() -> None:
    one, ended, other = slots(2), slots(2), slots(2)
    assert one.take() and ended.take() and other.take() is None
    Job.objects.filter(pk=one.job.id).update(claim_token=uuid.uuid4())
    assert other.take() and other.take() is None
    Job.objects.filter(pk=ended.job.id).update(claim_token=None)
    assert other.take()


def test_a_slot_is_held_as_long_as_the_heartbeat_renews_its_job_however_long_that_asks_for_nothing() -> None:
    one, other = slots(1), slots(1)
    assert one.take()
    expire(one)
    heartbeat = Heartbeat()
    heartbeat.watch(one.job)
    heartbeat.renew(one.job)  # in a thread beside the question to a slow language model
    assert other.take() is None and held() == 1


def test_a_slot_that_was_lost_is_not_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenes.analysis.tagger.slots.CHECK_EVERY", 0)
    one, other = slots(1), slots(1)
    assert one.take()
    expire(one)
    assert other.take()
    token = TaggerSlot.objects.get().token
    one.look()
    assert not one.held, "nothing more is asked in it"
    one.release(*one.held.values())
    assert TaggerSlot.objects.get().token == token, "the other one holds it"


def test_with_fewer_than_before_what_is_held_above_counts() -> None:
    one, other = slots(3), slots(1)
    assert one.take() and one.take()
    assert other.take() is None
    one.release(next(slot for slot in one.held.values() if slot.number == 1))
    assert other.take() is None, "one is still under way"
    one.release(*one.held.values())
    assert other.take()


def test_the_tagger_that_has_least_to_do_is_chosen_and_one_that_is_away_is_not() -> None:
    one = slots(4, ("a", "b"))
    taken = [one.take(), one.take(), one.take(avoid={"b"}), one.take(avoid={"a", "b"})]
    assert [slot.address if slot else None for slot in taken] == ["a", "b", "a", None]
    last = one.take()
    assert last is not None and last.address == "b"


@pytest.mark.parametrize("limit", [2, 4])
def test_two_jobs_that_look_at_the_same_time_ask_two_taggers(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    one, other = slots(limit, ("a", "b")), slots(limit, ("a", "b"))
    claim = one._claim

    def claim_late(row: TaggerSlot, address: str) -> Any:
        monkeypatch.undo()
        assert other.take(), "it saw the same"
        return claim(row, address)

    monkeypatch.setattr(one, "_claim", claim_late)
    assert one.take()
    assert {slot.address for holder in (one, other) for slot in holder.held.values()} == {"a", "b"}


# Jobs


def many(films: FilmLibrary, count: int, seconds: float = 0.2) -> None:
    for pk in range(1, count + 1):
        films.scene(pk, SEEN)
    films.tagger.seconds = seconds


@pytest.mark.parametrize("parallel", [1, 3])
def test_so_many_films_are_asked_for_at_once_and_all_are_handled_once(
    films: FilmLibrary, configure: Callable[..., Any], parallel: int
) -> None:
    configure(tagger_parallel=parallel)
    many(films, 9)
    job = run("analysis")
    assert job.status == Status.COMPLETED
    assert (films.tagger.count.most, films.tagger.count.total) == (parallel, 9)
    assert Scene.objects.filter(video_analyzed=True).count() == 9 and TaggerResult.objects.count() == 27
    assert Change.objects.filter(kind="add_tag").count() == 9 * 3
    assert held() == 0


def test_two_jobs_share_them_and_the_second_goes_on_where_the_first_ends(
    films: FilmLibrary, configure: Callable[..., Any]
) -> None:
    configure(tagger_parallel=2)
    many(films, 8, seconds=0.3)
    jobs = [testing.context("analysis", scene_ids=ids) for ids in ([1, 2, 3, 4], [5, 6, 7, 8])]
    begun = time.monotonic()
    in_threads(lambda: analysis.function(jobs[0]), lambda: analysis.function(jobs[1]))
    assert (films.tagger.count.most, films.tagger.count.total) == (2, 8)
    assert Scene.objects.filter(video_analyzed=True).count() == 8 and held() == 0
    assert time.monotonic() - begun < 30


def test_several_taggers_share_the_films(films: FilmLibrary, configure: Callable[..., Any]) -> None:
    with running_tagger(mounts={"/media": films.folder}, answers="v3", seconds=0.2) as other:
        configure(tagger_parallel=2, tagger_url=f"{films.tagger.url},{other.url}")
        many(films, 8)
        assert run("analysis").status == Status.COMPLETED
        assert films.tagger.count.most == other.count.most == 1
        assert films.tagger.count.total + other.count.total == 8
        assert min(films.tagger.count.total, other.count.total) >= 2


def test_a_tagger_that_is_away_leaves_its_films_to_the_other(films: FilmLibrary, configure: Callable[..., Any]) -> None:
    with running_tagger(mounts={"/media": films.folder}, answers="v3") as other:
        configure(tagger_parallel=2, tagger_url=f"{other.url},{films.tagger.url}")
        many(films, 6, seconds=0.05)
        other.server.go_away()
        job = run("analysis")
        assert (job.status, job.attempt, films.tagger.count.total) == (Status.COMPLETED, 1, 6)
        films.tagger.server.go_away()
        films.scene(9, SEEN)
        assert run("analysis").error_code == "unreachable"
        assert held() == 0


def test_a_cancel_waits_for_no_film_and_gives_the_slots_back(films: FilmLibrary, configure: Callable[..., Any]) -> None:
    configure(tagger_parallel=3)
    many(films, 6, seconds=600)
    job = testing.context("analysis")

    def cancel() -> None:
        until(lambda: films.tagger.count.now == 3)
        engine.cancel(job.id)
        job.interrupted_by(Cancelled)

    def work() -> None:
        with pytest.raises(Cancelled):
            analysis.function(job)

    begun = time.monotonic()
    in_threads(cancel, work)
    assert held() == 0 and not Detection.objects.exists()
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("parallel", [2, 4])
def test_films_that_are_refused_are_attributed_as_ever(
    films: FilmLibrary, configure: Callable[..., Any], parallel: int
) -> None:
    configure(tagger_parallel=parallel)
    many(films, 8, seconds=0.02)
    films.tagger.refuse("/[36].mp4", "moov atom not found")
    films.tagger.refuse("/5.mp4", "504: Video processing timed out")
    job = run("analysis", scene_ids=list(range(1, 9)))
    assert (job.status, job.error_code) == (Status.FAILED, "server_error")
    assert Scene.objects.filter(video_analyzed=True).count() == 5
    failed = Detection.objects.filter(attempts__gt=0).order_by("scene")
    assert list(failed.values_list("scene", "attempts")) == [(3, 1), (6, 1)]


def test_a_tagger_that_breaks_off_is_not_asked_for_all_films(films: FilmLibrary, configure: Callable[..., Any]) -> None:
    configure(tagger_parallel=2)
    many(films, 20, seconds=0)
    films.tagger.server.control.arm("reset", path="process_video")
    job = run("analysis")
    assert (job.status, job.error_code) == (Status.FAILED, "broken_off")
    assert len(films.questions()) <= 3 * (3 * 2 + 2) and not Detection.objects.exists()


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def in_threads(*calls: Callable[[], Any]) -> None:
    def in_thread(call: Callable[[], Any]) -> None:
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(in_thread, call) for call in calls]:
            future.result(120)
