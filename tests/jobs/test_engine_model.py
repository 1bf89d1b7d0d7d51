"""The engine against its model: any order of starts, claims, deaths, bells, ends and cancels keeps the promises.

Workers are played one step at a time in this process: each has an identity of its own, may die or freeze with a
job in its hands, and may come back too late. The broker is a list, out of which bells are lost, doubled and late.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import OperationalError
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs import crashpoints, engine, owner, queue
from jobs.context import JobContext
from jobs.crashpoints import CrashPoint
from jobs.errors import AlreadyRunning, JobError, NotPossible, Stopping
from jobs.models import FINISHED, Event, Job, Status, Step
from jobs.worker import run_job
from tests.jobs import toys_for_the_engine as toys

EXAMPLES = int(os.environ.get("ENGINE_EXAMPLES", "40"))
PHASES = [Phase.generate, Phase.shrink][: int(os.environ.get("NP", "2"))]  # no explanations: they take minutes here
HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
WORKERS = 4
SINGLES = ["model_plain", "model_locked"]
STEPS = ["needed", "batches", "last"]
POINTS = [
    CrashPoint.CLAIMED,
    CrashPoint.STEP_DECIDED,
    CrashPoint.STEP_STARTED,
    CrashPoint.BEFORE_FINISH,
    CrashPoint.AFTER_FINISH,
]
# Written down again, not imported: the model must not agree with the engine's own table by itself.
MAY_BECOME = {
    "": {"queued"},
    "queued": {"running", "cancelled"},
    "running": {"queued", "completed", "completed_with_errors", "failed", "cancelled"},
    **{status: {"queued"} for status in ("completed_with_errors", "failed", "cancelled")},
    "completed": set(),
}
ANEW = {"retried", "retried_by_hand"}
TRANSITIONS = {"started", "claimed", "given_back", *ANEW, *FINISHED}
T = TypeVar("T")
LONG_AGO = timedelta(hours=1)


class Died(BaseException):
    """The worker's process is gone: nothing in it is executed any more."""


@dataclass
class Worker:
    """A worker's process as the others see it; ``job`` is what it believes it has claimed."""

    identity: str
    job: Job | None = None


@dataclass
class Seen:
    """What was true of a job after the step before."""

    status: str = ""
    attempt: int = 1
    version: int = 0


def pick(things: Sequence[T], number: int) -> T:
    return things[number % len(things)]


def snapshot() -> tuple[Any, ...]:
    """All that a worker could have written."""
    rows = [list(model.objects.order_by("pk").values()) for model in (Job, Step)]
    return (*rows, Event.objects.count())


def busy(engine_played: Engine) -> list[Worker]:
    return [worker for worker in engine_played.workers if worker.job is not None]


def free(engine_played: Engine) -> list[Worker]:
    return [worker for worker in engine_played.workers if worker.job is None]


def may_hear(engine_played: Engine) -> bool:
    return bool(Broker.bells and free(engine_played))


RUN = st.fixed_dictionaries(
    {
        "batches": st.integers(0, 5),
        "max_parallel_batches": st.integers(1, 3),
        "max_attempts": st.integers(1, 3),
        "retry_delay": st.sampled_from([0, 0, 30]),
        "skip": st.lists(st.sampled_from(STEPS), max_size=1),
    }
)
NUMBER = st.integers(0, WORKERS - 1)  # of a worker among those of whom it can be
BEFORE = st.integers(0, 6)  # jobs that it ends well before


def is_run(job: Job) -> bool:
    return job.type == "model_workflow"


def one_run_at_most_is_active(jobs: list[Job]) -> None:
    assert sum(job.is_active for job in jobs if is_run(job)) <= 1


def locks_are_held_by_one_claimed_job_each(jobs: list[Job]) -> None:
    held = [job.held_lock for job in jobs if job.held_lock]
    assert len(held) == len(set(held))
    assert all(job.claim_token for job in jobs if job.held_lock)
    assert all(job.held_lock == job.lock for job in jobs if job.status == Status.RUNNING)


def only_what_runs_or_was_cancelled_is_claimed(jobs: list[Job]) -> None:
    assert {job.status for job in jobs if job.claim_token} <= {"running", "cancelled"}
    assert all(job.claim_token for job in jobs if job.status == Status.RUNNING and not is_run(job))


def no_run_stands_still(jobs: list[Job], steps: list[Step]) -> None:
    begun = {step.pk for step in steps if step.status == Status.RUNNING}
    for run in jobs:
        if is_run(run) and run.status == Status.RUNNING:
            working = any(job.is_active for job in jobs if job.parent_id == run.pk and job.step_id in begun)
            moving = [run.claim_token is not None, run.advance_due, working]
            assert moving.count(True) == 1, moving


def a_finished_run_has_nothing_active(jobs: list[Job], steps: list[Step]) -> None:
    finished = {job.pk for job in jobs if not job.is_active}
    assert not any(job.is_active and job.parent_id in finished for job in jobs)
    assert not any(step.status == Status.RUNNING and step.run_id in finished for step in steps)


def no_more_batches_are_open_than_allowed(jobs: list[Job], steps: list[Step]) -> None:
    for step in steps:
        of_step = [job for job in jobs if job.step_id == step.pk and step.status == Status.RUNNING]
        active = {job.number for job in of_step if job.is_active}
        begun = {job.number for job in of_step if job.started_at}
        assert len(active & begun) <= step.parallel
        assert sum(job.status == Status.RUNNING for job in of_step) <= step.parallel


class Engine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        Job.objects.all().delete()
        Broker.bells.clear()
        toys.let_go.clear()
        Processes.alive.clear()
        self.born = 0
        self.steps_taken = 0  # so that some rules are rarer than others
        self.workers = [self.new_worker() for _ in range(WORKERS)]
        self.seen: dict[UUID, Seen] = {}
        self.highest: dict[Any, int] = {}
        self.claims: Counter[tuple[UUID, int]] = Counter()
        self.last_event = 0
        self.runs: set[UUID] = set()

    # The workers

    def new_worker(self) -> Worker:
        """Every other one lives on another host, where only its lease tells of its death."""
        self.born += 1
        host = owner._host() if self.born % 2 else "elsewhere|boot|namespace"
        Processes.alive[self.born] = "1"
        return Worker(f"{host}|{self.born}|1")

    @contextmanager
    def being(self, worker: Worker) -> Iterator[None]:
        """The block is executed by this worker; it may die of it."""
        Processes.me = worker.identity
        try:
            yield
        except Died:
            self.bury(worker)
        finally:
            Processes.me = "nobody"
            crashpoints.ARMED = ""

    def bury(self, worker: Worker) -> None:
        Processes.alive.pop(int(worker.identity.split("|")[3]))
        self.workers[self.workers.index(worker)] = self.new_worker()

    def expire(self, **which: Any) -> None:
        Job.objects.claimed().filter(**which).update(lease_until=timezone.now() - LONG_AGO)

    def run_job(self, worker: Worker, act: toys.Act) -> None:
        """As the loop of ``jobs.worker.answer``, one job of it; what came too late must change nothing."""
        job = worker.job
        assert job is not None
        late: list[tuple[Any, ...]] = []

        def look(*_: Any) -> None:
            if Job.objects.get(pk=job.pk).claim_token != job.claim_token:
                late.append(snapshot())

        look()
        with self.being(worker):
            with toys.acting(act), toys.acting(look):
                worker.job = run_job(job, watch=False)
            if late:
                assert snapshot() == late[-1], "a worker without a claim wrote something"
                assert worker.job is None

    # What may happen: work arrives

    @initialize(run=RUN)
    def begin(self, run: dict[str, Any]) -> None:
        self.runs.add(engine.start("model_workflow", run, source="test").pk)

    @precondition(lambda self: self.steps_taken % 5 == 0)
    @rule(run=RUN)
    def start_a_run(self, run: dict[str, Any]) -> None:
        active = Job.objects.active().filter(type="model_workflow").first()
        try:
            self.runs.add(engine.start("model_workflow", run, source="test").pk)
            assert active is None
        except AlreadyRunning as refused:
            assert active is not None
            assert refused.active_id == active.pk

    @precondition(lambda self: self.steps_taken % 5 == 1)
    @rule(type=st.sampled_from(SINGLES))
    def start_a_task(self, type: str) -> None:
        engine.start(type, source="test")

    # What may happen: bells

    @precondition(may_hear)
    @rule(number=NUMBER, bell=st.integers(0, 20), again=st.booleans())
    def answer_a_bell(self, number: int, bell: int, again: bool) -> None:
        self.claim(pick(free(self), number), pick(Broker.bells, bell))
        if not again:
            self.lose_a_bell(bell)

    @precondition(lambda self: bool(Broker.bells) and self.steps_taken % 3 == 2)
    @rule(bell=st.integers(0, 20))
    def lose_a_bell(self, bell: int) -> None:
        Broker.bells.pop(bell % len(Broker.bells))

    def claim(self, worker: Worker, root_id: UUID) -> None:
        with self.being(worker):
            worker.job = engine.claim_next(root_id)

    # What may happen: a worker works

    def at_work(self, number: int, before: int) -> Worker | None:
        """A worker with a job in its hands, after it ended ``before`` others; None when there is no work."""
        if not busy(self):
            engine.recover()
            if Broker.bells:
                self.claim(pick(free(self), number), Broker.bells.pop(0))
        worker = pick(busy(self) or [self.workers[0]], number)
        for _ in range(before):
            if worker.job is None:
                break
            root_id = worker.job.root_id
            self.run_job(worker, lambda *_: None)
            self.promises_hold()
            if worker.job is None:
                self.claim(worker, root_id)
        return worker if worker.job is not None else None

    @rule(number=NUMBER, jobs=st.integers(1, 5))
    def work(self, number: int, jobs: int) -> None:
        self.at_work(number, jobs)

    @rule(
        number=NUMBER,
        before=BEFORE,
        end=st.sampled_from(["items", "transient", "permanent", "crash", "stop", "database"]),
    )
    def work_that_goes_wrong(self, number: int, before: int, end: str) -> None:
        if worker := self.at_work(number, before):
            self.run_job(worker, ENDS[end])

    @rule(number=NUMBER, before=BEFORE, whole_run=st.booleans(), dies=st.booleans())
    def cancel_in_the_middle(self, number: int, before: int, whole_run: bool, dies: bool) -> None:
        def act(key: str, context: JobContext) -> None:
            self.cancel_one(context.job.root_id if whole_run else context.id)
            if dies:
                raise Died

        if worker := self.at_work(number, before):
            self.run_job(worker, act)

    @rule(number=NUMBER, before=BEFORE, taken=st.booleans())
    def freeze_in_the_middle(self, number: int, before: int, taken: bool) -> None:
        """Its lease runs out, somebody else takes the job, and it thaws."""
        worker = self.at_work(number, before)

        def act(key: str, context: JobContext) -> None:
            assert worker is not None
            self.expire(pk=context.id)
            engine.recover()
            if taken and free(self):
                self.claim(free(self)[-1], context.job.root_id)
                Processes.me = worker.identity

        if worker is not None:
            self.run_job(worker, act)

    # What may happen: death

    @rule(number=NUMBER, before=BEFORE)
    def kill(self, number: int, before: int) -> None:
        if worker := self.at_work(number, before):
            self.bury(worker)

    @rule(number=NUMBER, before=BEFORE, point=st.sampled_from(POINTS))
    def die_at_a_crash_point(self, number: int, before: int, point: CrashPoint) -> None:
        if worker := self.at_work(number, before):
            crashpoints.ARMED = point
            self.run_job(worker, lambda *_: None)

    @precondition(may_hear)
    @rule(number=NUMBER, bell=st.integers(0, 20))
    def die_with_a_fresh_claim(self, number: int, bell: int) -> None:
        crashpoints.ARMED = CrashPoint.CLAIMED
        self.answer_a_bell(number, bell, False)

    @rule(number=NUMBER, before=BEFORE)
    def freeze(self, number: int, before: int) -> None:
        """Until after its lease; the worker still believes in its job."""
        if (worker := self.at_work(number, before)) and worker.job is not None:
            self.expire(pk=worker.job.pk, claim_token=worker.job.claim_token)

    # What may happen: anybody, any time

    @rule(stopped=st.sampled_from([False, False, True]))
    def recover(self, stopped: bool) -> None:
        engine.recover(stopped=stopped)

    @precondition(lambda _: Job.objects.exclude(run_after=None).exists())
    @rule()
    def time_passes(self) -> None:
        Job.objects.exclude(run_after=None).update(run_after=timezone.now() - LONG_AGO)

    @precondition(lambda self: self.steps_taken % 7 == 6)
    @rule(number=st.integers(0, 50))
    def cancel_a_job(self, number: int) -> None:
        pks = list(Job.objects.order_by("-created_at", "-id").values_list("pk", flat=True))
        if pks:
            self.cancel_one(pks[number % len(pks)])
            engine.explain_waiting(pks[0])

    @precondition(lambda self: self.steps_taken % 5 == 4)
    @rule(number=st.integers(0, 50))
    def retry_by_hand(self, number: int) -> None:
        jobs = list(Job.objects.finished().exclude(status=Status.COMPLETED).order_by("-created_at", "-id"))
        if not jobs:
            return
        job = pick(jobs, number)
        try:
            engine.retry(job.pk)
        except NotPossible:
            assert Job.objects.of_run(job.root_id).filter(status=Status.CANCELLED).claimed().exists()
        except AlreadyRunning as refused:
            assert refused.active_id != job.root_id
            assert Job.objects.active().filter(pk=refused.active_id or job.pk).exists()

    def cancel_one(self, pk: UUID) -> None:
        active = Job.objects.active().filter(pk=pk).exists()
        try:
            engine.cancel(pk)
            assert active
        except NotPossible:
            assert not active
        assert not Job.objects.of_run(pk).active().exists(), "something of a cancelled job is still active"

    # What must hold after each of them

    @invariant()
    def promises_hold(self) -> None:
        self.steps_taken += 1
        self.only_allowed_transitions_happen()
        jobs, steps = list(Job.objects.all()), list(Step.objects.all())
        self.each_transition_was_written_down(jobs)
        self.the_percentage_never_goes_back(jobs)
        one_run_at_most_is_active(jobs)
        locks_are_held_by_one_claimed_job_each(jobs)
        only_what_runs_or_was_cancelled_is_claimed(jobs)
        no_run_stands_still(jobs, steps)
        a_finished_run_has_nothing_active(jobs, steps)
        no_more_batches_are_open_than_allowed(jobs, steps)

    def only_allowed_transitions_happen(self) -> None:
        for event in Event.objects.filter(id__gt=self.last_event).order_by("id"):
            self.last_event = event.pk
            if event.kind in TRANSITIONS:
                self.allow(event, self.seen.setdefault(event.job_id, Seen()))

    def allow(self, event: Event, seen: Seen) -> None:
        assert event.status in MAY_BECOME[seen.status], f"{seen.status} became {event.status}"
        assert event.kind == "retried_by_hand" or seen.status not in FINISHED
        assert event.kind != "retried" or event.job_id not in self.runs, "the engine itself never repeats a run"
        assert event.attempt == seen.attempt + (event.kind in ANEW)
        seen.status, seen.attempt = event.status, event.attempt
        # Within an attempt it is claimed once, and once more each time that it was given back.
        self.claims[event.job_id, event.attempt] += {"claimed": 1, "given_back": -1}.get(event.kind, 0)
        assert self.claims[event.job_id, event.attempt] in (0, 1)

    def each_transition_was_written_down(self, jobs: list[Job]) -> None:
        for job in jobs:
            seen = self.seen[job.pk]
            assert (job.status, job.attempt) == (seen.status, seen.attempt)
            assert job.version >= seen.version
            seen.version = job.version

    def the_percentage_never_goes_back(self, jobs: list[Job]) -> None:
        for job in jobs:
            key = (job.pk, job.attempt)
            assert job.percent >= self.highest.get(key, 0)
            self.highest[key] = job.percent

    # And in the end

    def teardown(self) -> None:
        """The power comes back: everybody of before is gone, and all that was begun ends by itself."""
        for worker in list(self.workers):
            self.bury(worker)
        self.expire()
        for _ in range(100):
            self.time_passes()
            engine.recover()
            while Broker.bells:
                self.work_to_the_end(Broker.bells.pop())
            if not Job.objects.active().exists() and not Job.objects.claimed().exists():
                break
        self.only_allowed_transitions_happen()
        assert not Job.objects.active().exists(), "a job never ends"
        assert not Job.objects.claimed().exists(), "a claim is never let go"
        gone = {job.pk for job in toys.let_go}
        for job in Job.objects.all():
            begun = any(self.claims[job.pk, attempt] for attempt in range(job.attempt + 1))
            assert job.pk in gone or not begun or is_run(job) or job.status != Status.CANCELLED
            self.the_result_is_what_the_rows_say(job)

    def work_to_the_end(self, root_id: UUID) -> None:
        worker = self.workers[0]
        self.claim(worker, root_id)
        while worker.job is not None:
            self.run_job(worker, lambda *_: None)

    def the_result_is_what_the_rows_say(self, job: Job) -> None:
        lines = Event.objects.filter(job__in=Job.objects.of_run(job.pk), kind="log").values_list("level", flat=True)
        levels = Counter(lines)
        assert job.result is not None
        assert job.result["items"] == levels["info"]
        if job.type != "model_workflow":
            assert job.errors == levels["error"]
            return
        statuses = list(job.sub_jobs.values_list("status", flat=True))
        assert job.result["status"] == job.status
        assert job.result["jobs"] == len(statuses)
        assert (job.result["sum"] or 0) == levels["error"]
        wrong = set(statuses) - {"completed"} or job.steps.filter(status="failed").exists()
        assert job.status != Status.COMPLETED or not wrong


def _item_error(key: str, context: JobContext) -> None:
    if context.job.type != "model_workflow":
        context.log("An item that failed", Event.Level.ERROR)


def _raising(error: BaseException) -> toys.Act:
    def act(key: str, context: JobContext) -> None:
        raise error

    return act


ENDS: dict[str, toys.Act] = {
    "items": _item_error,
    "transient": _raising(JobError("away", "The service is away.")),
    "permanent": _raising(JobError("broken", "It is broken.", permanent=True)),
    "crash": _raising(KeyError("a fault of ours")),
    "stop": _raising(Stopping()),
    "database": _raising(OperationalError("database is locked")),
}


class Broker:
    """Where bells wait."""

    bells: list[UUID] = []


class Processes:
    """The process table of this host, and who is being played."""

    alive: dict[int, str] = {}
    me = "nobody"


def _die() -> bool:
    raise Died


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_the_engine_keeps_its_promises_whatever_happens_in_whatever_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_ring", Broker.bells.append)
    monkeypatch.setattr(queue, "bells_waiting", lambda: bool(Broker.bells))
    monkeypatch.setattr(owner, "me", lambda: Processes.me)
    monkeypatch.setattr(owner, "_started", lambda pid: Processes.alive.get(pid, ""))
    monkeypatch.setattr(crashpoints, "ARMED", "")
    monkeypatch.setattr(crashpoints, "_first_time", _die)
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=HEALTH,
            database=None,
            report_multiple_bugs=False,
            phases=PHASES,
            print_blob=False,
        ),
    )
