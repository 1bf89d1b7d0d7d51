"""The engine against its model: any order of starts, claims, deaths, wake-ups, ends and cancels keeps the promises.

Workers are played one step at a time in this process: each has an identity of its own, may die or freeze with a
job in its hands, and may come back too late. The broker is a list, which loses, doubles and delays wake-ups.
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
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from jobs import crash_points, engine, wakeup
from jobs.context import JobContext
from jobs.crash_points import EngineCrashPoint
from jobs.engine import process_id
from jobs.errors import AlreadyRunning, JobError, NotPossible, Stopping
from jobs.models import FINISHED, Event, Job, Status, Step
from jobs.worker import prefetched
from jobs.worker.execution import run_job, run_together
from tests.jobs import engine_examples as examples
from tests.jobs import promises_of_the_engine

# The same ones each time, so that each change meets the same; with ENGINE_EXAMPLES, that many new ones.
EXAMPLES = int(os.environ.get("ENGINE_EXAMPLES", "30"))
PHASES = [Phase.generate, Phase.shrink]  # no explanations: they take minutes here
HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
WORKERS = 4
SINGLES = ["model_plain", "model_locked", "model_small"]
STEPS = ["needed", "batches", "last"]
POINTS = [
    EngineCrashPoint.CLAIMED,
    EngineCrashPoint.STEP_DECIDED,
    EngineCrashPoint.STEP_STARTED,
    EngineCrashPoint.BEFORE_FINISH,
    EngineCrashPoint.AFTER_FINISH,
]
# Written down again, not imported: the model must not agree with the engine's own table by itself.
MAY_BECOME = {
    "": {"queued"},
    "queued": {"running", "cancelled"},
    "running": {"queued", "completed", "completed_with_errors", "failed", "cancelled"},
    **{status: {"queued"} for status in ("completed_with_errors", "failed", "cancelled")},
    "completed": set(),
}
BADLY = ("failed", "cancelled", "completed_with_errors")
RETRIED = {"retried", "retried_by_hand"}
TRANSITIONS = {"started", "claimed", "requeued", *RETRIED, *FINISHED}
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


def why_no_retry(job: Job, step: str) -> str:
    """Why it must be refused; "" when it must not be."""
    steps = Step.objects.filter(run=job.root_id)
    again = steps.filter(status__in=BADLY)
    again = again.filter(key=step) if step else again.filter(jobs=job) if job.parent_id else again
    missing = steps.filter(required=True, status__in=("failed", "cancelled"))
    reasons = {
        "it is at work": job.is_active and not step,
        "that step did not fail": step and not again,
        "its worker has not cleaned up": Job.objects.of_run(job.root_id).filter(status="cancelled").claimed(),
        "its batch is at work": job.step and Job.objects.filter(batch=job.batch_id).active(),
        "a required step is missing": set(missing) - set(again),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


RUN = st.fixed_dictionaries(
    {
        "batches": st.integers(0, 5),
        "small": st.booleans(),
        "max_parallel_batches": st.integers(1, 3),
        "max_attempts": st.integers(1, 3),
        "retry_delay": st.sampled_from([0, 0, 30]),
        "skip": st.lists(st.sampled_from(STEPS), max_size=1),
    }
)
NUMBER = st.integers(0, WORKERS - 1)  # of a worker among those of whom it can be
BEFORE = st.sampled_from([0, 0, 1, 2, 4])  # jobs that it ends well before


def _item_error(key: str, context: JobContext) -> None:
    if context.job.type != "model_workflow":
        context.log("An item that failed", Event.Level.ERROR)


def _raising(error: BaseException) -> examples.Act:
    def act(key: str, context: JobContext) -> None:
        raise error

    return act


ENDS: list[examples.Act] = [
    _item_error,
    _raising(JobError("away", "The service is away.")),
    _raising(JobError("broken", "It is broken.", permanent=True)),
    _raising(KeyError("a fault of ours")),
    _raising(Stopping()),
    _raising(OperationalError("database is locked")),
]


# What may happen, and how often in proportion.
ON_A_WORKER = Counter(
    work=3,
    go_wrong=4,
    cancel_in_the_middle=2,
    cancel_another_in_the_middle=1,
    retry_in_the_middle=3,
    freeze_in_the_middle=3,
    freeze=1,
    kill=1,
    die_at_a_crash_point=3,
)
ANY_TIME = Counter(
    start_a_run=1,
    start_a_task=1,
    start_small_tasks=1,
    receive_a_wakeup=4,
    die_with_a_fresh_claim=1,
    lose_a_wakeup=1,
    recover=2,
    time_passes=2,
    cancel_a_job=1,
    retry_by_hand=3,
)
HAPPENINGS = list((ON_A_WORKER + ANY_TIME).elements())


class Engine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        Job.objects.all().delete()
        Broker.wakeups.clear()
        examples.cleaned_up.clear()
        Processes.alive.clear()
        self.born = 0
        self.workers = [self.new_worker() for _ in range(WORKERS)]
        self.seen: dict[UUID, Seen] = {}
        self.highest: dict[Any, int] = {}
        self.claims: Counter[tuple[UUID, int]] = Counter()
        self.last_event = 0
        self.runs: set[UUID] = set()
        self.turn = 0

    # The workers

    def new_worker(self) -> Worker:
        """Every other one lives on another host, where only its lease tells of its death."""
        self.born += 1
        host = process_id._host() if self.born % 2 else "elsewhere|boot|namespace"
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
            crash_points.ARMED = ""

    def bury(self, worker: Worker) -> None:
        Processes.alive.pop(int(worker.identity.split("|")[3]))
        self.workers[self.workers.index(worker)] = self.new_worker()

    def expire(self, **which: Any) -> None:
        Job.objects.claimed().filter(**which).update(lease_until=timezone.now() - LONG_AGO)

    def run_job(self, worker: Worker, act: examples.Act) -> None:
        """As one job of ``jobs.worker.execution.work``; what came too late must change nothing."""
        job = worker.job
        assert job is not None
        if job.type == "model_small":
            self.run_small_jobs(worker, job, act)
            return
        late: list[tuple[Any, ...]] = []

        def look(*_: Any) -> None:
            if Job.objects.get(pk=job.pk).claim_token != job.claim_token:
                late.append(snapshot())

        look()
        with self.being(worker):
            with examples.acting(act), examples.acting(look):
                worker.job = run_job(job, watch=False)
            if late:
                assert snapshot() == late[-1], "a worker without a claim wrote something"
                assert worker.job is None

    def run_small_jobs(self, worker: Worker, first: Job, act: examples.Act) -> None:
        """It prefetches some, and the act happens in one of these; what it lost by that it must not write to."""
        self.turn = (self.turn + 1) % 3
        lost: dict[UUID, dict[str, Any]] = {}
        seen: list[UUID] = []

        def act_in_turn(key: str, context: JobContext) -> None:
            self.promises_hold()
            seen.append(context.id)
            if len(seen) != 1 + self.turn:
                return
            act(key, context)
            row = Job.objects.filter(pk=context.id).values().get()
            if row["claim_token"] != context.token:
                lost[context.id] = dict(row)

        with self.being(worker):
            worker.job = None
            with examples.acting(act_in_turn):
                worker.job = run_together(first, 4, watch=False)
            for pk, row in lost.items():
                taken = worker.job is not None and worker.job.pk == pk
                assert taken or Job.objects.filter(pk=pk).values().get() == row, "a job that was lost was written to"

    # What may happen

    @initialize(run=RUN)
    def begin(self, run: dict[str, Any]) -> None:
        self.runs.add(engine.start("model_workflow", run, source="test").pk)

    # One rule for all: hypothesis leaves whole rules out of an example, and without work nothing happens.
    @rule(name=st.sampled_from(HAPPENINGS), number=NUMBER, before=BEFORE, detail=st.integers(0, 11))
    def something_happens(self, name: str, number: int, before: int, detail: int) -> None:
        crash_points.ARMED = ""
        if name in ON_A_WORKER:
            worker = self.at_work(number, before)
            if worker is not None:
                getattr(self, name)(worker, detail)
        else:
            getattr(self, name)(detail)

    def at_work(self, number: int, before: int) -> Worker | None:
        """A worker with a job in its hands, after it ended ``before`` others; None when there is no work."""
        if not busy(self):
            self.recover(0)
            if Broker.wakeups:
                self.claim(pick(free(self), number), Broker.wakeups.pop(0))
        worker = pick(busy(self) or [self.workers[0]], number)
        for _ in range(before):
            if worker.job is None:
                break
            self.run_job(worker, lambda *_: None)
            self.promises_hold()
            if worker.job is None:
                self.claim(worker, None)
        return worker if worker.job is not None else None

    def claim(self, worker: Worker, root_id: UUID | None) -> None:
        with self.being(worker):
            worker.job = engine.claim_next(root_id)

    # To a worker with a job

    def work(self, worker: Worker, _: int) -> None:
        self.run_job(worker, lambda *_: None)

    def go_wrong(self, worker: Worker, detail: int) -> None:
        self.run_job(worker, pick(ENDS, detail))

    def cancel_in_the_middle(self, worker: Worker, detail: int) -> None:
        whole_run, dies = detail % 2, detail % 3 == 0

        def act(key: str, context: JobContext) -> None:
            self.cancel_one(context.job.root_id if whole_run else context.id)
            if dies:
                raise Died

        self.run_job(worker, act)

    def cancel_another_in_the_middle(self, worker: Worker, detail: int) -> None:
        self.run_job(worker, lambda *_: self.cancel_a_job(detail))

    def retry_in_the_middle(self, worker: Worker, detail: int) -> None:
        """And then it may end in any way."""

        def act(key: str, context: JobContext) -> None:
            self.retry_by_hand(detail)
            if detail % 4 == 0:
                pick(ENDS, detail)(key, context)

        self.run_job(worker, act)

    def freeze_in_the_middle(self, worker: Worker, taken: int) -> None:
        """Its lease runs out, somebody else takes the job, and it thaws; then it ends in any way."""

        def act(key: str, context: JobContext) -> None:
            self.expire(claim_token=context.token)
            self.recover(0)
            if taken % 2 and free(self):
                self.claim(free(self)[-1], context.job.root_id)
                Processes.me = worker.identity
            if taken % 3 == 0:
                pick(ENDS, taken)(key, context)

        self.run_job(worker, act)

    def freeze(self, worker: Worker, _: int) -> None:
        """Until after its lease; it still believes in its job."""
        assert worker.job is not None
        self.expire(pk=worker.job.pk, claim_token=worker.job.claim_token)

    def kill(self, worker: Worker, _: int) -> None:
        self.bury(worker)

    def die_at_a_crash_point(self, worker: Worker, point: int) -> None:
        crash_points.ARMED = pick(POINTS, point)
        self.run_job(worker, lambda *_: None)

    # At any time

    def start_a_run(self, detail: int) -> None:
        active = Job.objects.active().filter(type="model_workflow").first()
        params = {"batches": detail % 5, "max_parallel_batches": 1 + detail % 3, "small": detail % 2 == 1}
        try:
            self.runs.add(engine.start("model_workflow", params, source="test").pk)
            assert active is None
        except AlreadyRunning as refused:
            assert active is not None
            assert refused.active_id == active.pk

    def start_a_task(self, detail: int) -> None:
        engine.start(pick(SINGLES, detail), source="test")

    def start_small_tasks(self, detail: int) -> None:
        for _ in range(2 + detail % 4):
            engine.start("model_small", source="test")

    def receive_a_wakeup(self, wakeup_number: int) -> None:
        """Somebody does; the wake-up may arrive again."""
        if Broker.wakeups and free(self):
            self.claim(free(self)[0], pick(Broker.wakeups, wakeup_number))
            if wakeup_number % 3:
                self.lose_a_wakeup(wakeup_number)

    def die_with_a_fresh_claim(self, wakeup_number: int) -> None:
        crash_points.ARMED = EngineCrashPoint.CLAIMED
        self.receive_a_wakeup(wakeup_number)

    def lose_a_wakeup(self, wakeup_number: int) -> None:
        if Broker.wakeups:
            Broker.wakeups.pop(wakeup_number % len(Broker.wakeups))

    def recover(self, detail: int) -> None:
        """As a supervisor does it."""
        engine.recover(stopped=detail % 4 == 1)
        engine.clean_up_orphaned()

    def time_passes(self, _: int) -> None:
        Job.objects.exclude(run_after=None).update(run_after=timezone.now() - LONG_AGO)

    def cancel_a_job(self, number: int) -> None:
        pks = list(Job.objects.order_by("-created_at", "-id").values_list("pk", flat=True))
        self.cancel_one(pick(pks, number))

    def retry_by_hand(self, number: int) -> None:
        """Of a run, of one of its steps, or of a batch."""
        worth_it = Q(status__in=BADLY) | Q(status="running", type="model_workflow")
        jobs = list(Job.objects.filter(worth_it).order_by("-created_at", "-id"))
        if not jobs:
            return
        job = pick(jobs, number)
        step = "" if job.parent_id or job.type != "model_workflow" else pick(["", *STEPS], number // 2)
        reason = why_no_retry(job, step)
        try:
            engine.retry(job.pk, step)
            assert not reason
        except NotPossible as refused:
            assert reason, str(refused)
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
        self.only_allowed_transitions_happen()
        jobs, steps = list(Job.objects.all()), list(Step.objects.all())
        self.each_transition_was_written_down(jobs)
        self.the_percentage_never_goes_back(jobs)
        promises_of_the_engine.all_hold(jobs, steps)

    def only_allowed_transitions_happen(self) -> None:
        for event in Event.objects.filter(id__gt=self.last_event).order_by("id"):
            self.last_event = event.pk
            if event.kind in TRANSITIONS:
                self.allow(event, self.seen.setdefault(event.job_id, Seen()))

    def allow(self, event: Event, seen: Seen) -> None:
        assert event.status in MAY_BECOME[seen.status], f"{seen.status} became {event.status}"
        assert event.kind == "retried_by_hand" or seen.status not in FINISHED
        assert event.kind != "retried" or event.job_id not in self.runs, "the engine itself never repeats a run"
        assert event.attempt == seen.attempt + (event.kind in RETRIED)
        seen.status, seen.attempt = event.status, event.attempt
        # Within an attempt it is claimed once, and once more each time that it was requeued.
        self.claims[event.job_id, event.attempt] += {"claimed": 1, "requeued": -1}.get(event.kind, 0)
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
        crash_points.ARMED = ""
        for worker in list(self.workers):
            self.bury(worker)
        self.expire(claimed_by__startswith="elsewhere")
        for _ in range(100):
            self.time_passes(0)
            self.recover(0)
            while Broker.wakeups:
                self.work_to_the_end(Broker.wakeups.pop())
            if not Job.objects.active().exists() and not Job.objects.claimed().exists():
                break
        self.only_allowed_transitions_happen()
        left = list(Job.objects.active().values()), list(Step.objects.values("key", "status", "run"))
        assert not Job.objects.active().exists(), f"a job never ends: {left}"
        assert not Job.objects.claimed().exists(), "a claim is never released"
        gone = {job.pk for job in examples.cleaned_up}
        for job in Job.objects.all():
            begun = any(self.claims[job.pk, attempt] for attempt in range(job.attempt + 1))
            assert job.pk in gone or not begun or job.pk in self.runs or job.status != Status.CANCELLED
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
        assert job.result.get("items", 0) == levels["info"]  # {} of what never began
        if job.type != "model_workflow":
            assert job.errors == levels["error"]
            return
        statuses = list(job.sub_jobs.values_list("status", flat=True))
        assert job.result["status"] == job.status
        assert job.result["jobs"] == len(statuses)
        assert (job.result["sum"] or 0) == levels["error"]
        wrong = set(statuses) - {"completed"} or job.steps.filter(status="failed").exists()
        assert job.status != Status.COMPLETED or not wrong


class Broker:
    """Where wake-ups wait."""

    wakeups: list[UUID] = []


class Processes:
    """The process table of this host, and who is being played."""

    alive: dict[int, str] = {}
    me = "nobody"


def _die(armed: str) -> bool:
    raise Died


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(max(900, 5 * EXAMPLES))  # a failure takes long: it is made small
def test_the_engine_keeps_its_promises_whatever_happens_in_whatever_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeup, "send", Broker.wakeups.append)
    monkeypatch.setattr(wakeup, "is_queue_empty", lambda: not Broker.wakeups)
    monkeypatch.setattr(process_id, "current", lambda: Processes.me)
    monkeypatch.setattr(process_id, "_started", lambda pid: Processes.alive.get(pid, ""))
    monkeypatch.setattr(prefetched, "LONGEST", 60.0)
    monkeypatch.setattr(crash_points, "ARMED", "")
    monkeypatch.setattr(crash_points, "is_first_time", _die)
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=EXAMPLES,
            derandomize="ENGINE_EXAMPLES" not in os.environ,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=HEALTH,
            database=None,
            report_multiple_bugs=False,
            phases=PHASES,
            print_blob=False,
        ),
    )
