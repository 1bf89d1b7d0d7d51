"""Many processes at once: each job is run once, batches really overlap, and nobody waits for ever."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from queue import Empty
from typing import Any

import pytest
from django.db import connections

from jobs import engine, wakeup
from jobs.context import JobContext
from jobs.errors import AlreadyRunning, Cancelled, ClaimLost, NotPossible
from jobs.models import Event, Job, Status
from jobs.testing import work
from jobs.worker import execution
from tests.jobs import engine_examples as examples

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]

fork = multiprocessing.get_context("fork")  # the children share the test's database, locks and examples
PATIENCE = 40  # seconds until something that should happen counts as never


def _child(act: Callable[[], Any], gate: Any, answers: Any) -> None:
    gate.wait(PATIENCE)
    try:
        answers.put((True, act()))
    except Exception as error:  # noqa: BLE001 - reported to the test
        answers.put((False, repr(error)))
    finally:
        connections.close_all()


@contextmanager
def together(acts: list[Callable[[], Any]]) -> Iterator[Callable[[], list[Any]]]:
    """Each act in a process of its own, all released at once; call what is given for their answers."""
    connections.close_all()  # a forked connection would be shared
    gate, answers = fork.Barrier(len(acts)), fork.Queue()
    processes = [fork.Process(target=_child, args=(act, gate, answers), daemon=True) for act in acts]

    def results() -> list[Any]:
        found = [answers.get(timeout=PATIENCE) for _ in acts]
        assert all(succeeded for succeeded, _ in found), found
        return [value for _, value in found]

    for process in processes:
        process.start()
    try:
        yield results
    finally:
        for process in processes:
            process.join(0 if process.exitcode is not None else 5)
            process.kill()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    with together(list(acts)) as results:
        return results()


def start_one() -> str:
    try:
        return f"started {engine.start('model_workflow', source='test').pk}"
    except AlreadyRunning as refused:
        return str(refused.active_id)


def test_of_twenty_starts_at_once_one_runs_and_nineteen_are_told_which() -> None:
    answers = at_once(*[start_one] * 20)
    run = Job.objects.get()
    assert Counter(answers) == {f"started {run.pk}": 1, str(run.pk): 19}
    assert run.steps.count() == 3


class Wakeups:
    """A broker of pipes that delivers each wake-up twice."""

    def __init__(self) -> None:
        self.waiting = fork.Queue()

    def send(self, root_id: object) -> None:
        self.waiting.put(str(root_id))
        self.waiting.put(str(root_id))

    def receive_until_quiet(self) -> int:
        """A worker: receives wake-ups until the work is over."""
        count = 0
        while Job.objects.active().exists():
            try:
                execution.handle_wakeup(self.waiting.get(timeout=0.2))
                count += 1
            except Empty:
                continue
        return count


class Overlap:
    """How many batches are at work at once, and a barrier that so many have to reach together."""

    def __init__(self, parallel: int) -> None:
        self.lock, self.barrier = fork.Lock(), fork.Barrier(parallel)
        self.now, self.peak = fork.Value("i", 0), fork.Value("i", 0)

    def act(self, name: str, context: JobContext) -> None:
        if name != "model_batch":
            return
        with self.lock:
            self.now.value += 1
            self.peak.value = max(self.peak.value, self.now.value)
        self.barrier.wait(PATIENCE / 2)
        with self.lock:
            self.now.value -= 1


def test_four_workers_run_every_job_once_side_by_side_and_never_more_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wakeups, overlap = Wakeups(), Overlap(parallel=3)
    monkeypatch.setattr(wakeup, "send", wakeups.send)
    with examples.acting(overlap.act):
        run = engine.start("model_workflow", {"batches": 30, "max_parallel_batches": 3}, source="test")
        at_once(*[wakeups.receive_until_quiet] * 4)
    run.refresh_from_db()
    assert run.status == Status.COMPLETED
    assert overlap.peak.value == 3
    assert run.result == {"status": "completed", "jobs": 62, "items": 122, "sum": 0}
    for kind in ("claimed", "completed"):
        counts = Counter(Event.objects.filter(kind=kind).values_list("job", flat=True))
        assert set(counts.values()) == {1}
        assert len(counts) == 63


def test_two_batches_that_end_together_move_the_run_on_once() -> None:
    for _ in range(5):
        run = engine.start("model_workflow", {"skip": ["needed"]}, source="test")
        advanced = engine.claim_next(run.pk)
        assert advanced is not None
        first = execution.run_job(advanced, watch=False)
        second = engine.claim_next(run.pk)
        assert first is not None and second is not None
        for job in (first, second):
            job.follow_up_type = ""
            Job.objects.filter(pk=job.pk).update(follow_up_type="")
        at_once(*[partial(finish, job) for job in (first, second)])
        assert run.events.filter(kind="step_completed").count() == 1
        run.refresh_from_db()
        assert run.advance_due or run.claim_token or run.sub_jobs.active().exists()
        Job.objects.claimed().update(lease_until=run.created_at)
        engine.recover()
        work()
        run.refresh_from_db()
        assert (run.status, run.sub_jobs.count()) == (Status.COMPLETED, 3)


def finish(job: Job) -> str:
    try:
        engine.finish(JobContext(job))
        return "finished"
    except (Cancelled, ClaimLost) as lost:
        return type(lost).__name__


def cancel(job: Job) -> str:
    try:
        engine.cancel(job.pk)
        return "cancelled"
    except NotPossible:
        return "too late"


@pytest.mark.parametrize("whole_run", [False, True])
def test_of_a_cancel_and_an_end_at_the_same_moment_one_wins(whole_run: bool) -> None:
    for _ in range(5):
        run = engine.start("model_workflow", {"skip": ["needed"], "batches": 1}, source="test")
        advanced = engine.claim_next(run.pk)
        assert advanced is not None
        job = execution.run_job(advanced, watch=False)
        assert job is not None
        answers = at_once(partial(finish, job), partial(cancel, run if whole_run else job))
        job.refresh_from_db()
        assert job.status == ("cancelled" if "Cancelled" in answers else "completed")
        assert set(answers) in ({"Cancelled", "cancelled"}, {"finished", "too late"}, {"finished", "cancelled"})
        assert whole_run or set(answers) != {"finished", "cancelled"}
        Job.objects.claimed().update(lease_until=run.created_at)
        engine.recover()
        work()
        run.refresh_from_db()
        assert not Job.objects.active().exists()
        assert run.status == (
            "cancelled" if whole_run else "completed_with_errors" if "Cancelled" in answers else "completed"
        )
        assert (run.result or {})["status"] == run.status


def test_of_many_claims_of_jobs_with_one_lock_one_gets_it() -> None:
    for _ in range(8):
        engine.start("model_locked", source="test")
    claims = at_once(*[claim] * 8)
    assert Counter(claims)["claimed"] == 1
    assert Job.objects.exclude(held_lock="").count() == 1


def claim() -> str:
    return "claimed" if engine.claim_next() else "nothing"
