"""However often one more job is asked for, one is started, once none is active; the request outlives everything."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import time_machine
from django.db import connection

from jobs import engine, testing
from jobs.models import Job, RunRequest
from jobs.scheduling import requests
from tests.jobs import examples  # noqa: F401 - declares the tasks

pytestmark = pytest.mark.django_db
TYPE = "example_workflow"


def ask(key: str = "a", **options: Any) -> RunRequest:
    return requests.request(key, TYPE, source="trigger", reason="It happened", **options)


def test_several_times_in_a_burst_are_one_job_after_the_burst() -> None:
    begin = 1_780_000_000
    for seconds in (0, 5, 9, 14):
        with time_machine.travel(begin + seconds, tick=False):
            ask(wait=10, longest_wait=60)
            requests.start_requested()
    assert not Job.objects.exists()
    with time_machine.travel(begin + 24, tick=False):
        requests.start_requested()
        requests.start_requested()
    job = Job.objects.get()
    assert job.source == "trigger" and not RunRequest.objects.exists()


def test_a_burst_without_end_is_waited_for_only_so_long() -> None:
    begin = 1_780_000_000
    for seconds in range(0, 61, 5):
        with time_machine.travel(begin + seconds, tick=False):
            ask(wait=10, longest_wait=60)
            requests.start_requested()
    assert Job.objects.runs().count() == 1


def test_during_a_run_makes_exactly_one_more_follow() -> None:
    engine.start(TYPE, source="page")
    for _ in range(3):
        ask()
        requests.start_requested()
    assert Job.objects.runs().count() == 1
    testing.work()
    for _ in range(3):
        requests.start_requested()
        testing.work()
    assert Job.objects.runs().count() == 2


def test_asked_for_again_after_the_following_one_has_begun_another_follows() -> None:
    ask()
    requests.start_requested()
    ask()
    testing.work()
    requests.start_requested()
    assert Job.objects.runs().count() == 2


def test_what_is_asked_for_by_several_with_the_same_parameters_is_one_job() -> None:
    ask("a")
    ask("b")
    ask("c", params={"batches": 1})
    requests.start_requested()
    assert Job.objects.runs().count() == 1
    assert [row.key for row in RunRequest.objects.all()] == ["c"]


def test_parameters_that_are_not_taken_do_not_block_the_others() -> None:
    ask("a", params={"gone": 1})
    ask("b")
    requests.start_requested()
    assert Job.objects.runs().count() == 1
    assert [row.key for row in RunRequest.objects.all()] == ["a"]


def test_what_could_not_be_started_is_kept_with_its_reason_and_tried_each_hour_until_it_can() -> None:
    begin = 1_780_000_000
    with time_machine.travel(begin, tick=False):
        ask(params={"gone": 1})
        requests.start_requested()
    row = RunRequest.objects.get()
    assert "Unknown parameter: gone" in row.error and not Job.objects.exists()
    RunRequest.objects.update(params={})  # what was wrong is put right, in the settings say
    with time_machine.travel(begin + 3599, tick=False):
        requests.start_requested()
        assert not Job.objects.exists()
    with time_machine.travel(begin + 3601, tick=False):
        requests.start_requested()
    assert Job.objects.runs().count() == 1 and not RunRequest.objects.exists()


def test_so_is_what_a_clock_asked_for_that_was_ahead() -> None:
    begin = 1_780_000_000
    with time_machine.travel(begin + 86_400, tick=False):
        ask(params={"gone": 1})
    with time_machine.travel(begin, tick=False):
        requests.start_requested()
        RunRequest.objects.update(params={})
        requests.start_requested()
        assert not Job.objects.exists(), "it is put off"


def test_asked_for_again_what_could_not_be_started_is_tried_at_once() -> None:
    ask(params={"gone": 1})
    requests.start_requested()
    ask()
    requests.start_requested()
    assert Job.objects.runs().count() == 1 and not RunRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_supervisors_one_starts_it() -> None:
    ready = threading.Barrier(4)
    requests.request("a", "example", source="trigger", reason="It happened")

    def supervise() -> None:
        ready.wait()
        requests.start_requested()
        connection.close()

    threads = [threading.Thread(target=supervise) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Job.objects.count() == 1
