"""Several films at the taggers at once: while a job records one answer, it waits for others.

Only the question itself runs in a thread; what needs the database stays in the job's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from jobs.context import JobContext
from jobs.waiting import Waiter
from scenes.analysis.scene_inputs import SceneInput
from scenes.analysis.tagger.seeing import Answered
from scenes.analysis.tagger.slots import Slot, Slots
from scenes.clients.base import ServiceError
from scenes.clients.tagger.answers import VideoAnalysis

POLL_EVERY = 0.05  # seconds between two looks for a free slot, an answer, a cancel
SET_ASIDE = 30.0  # seconds in which a tagger that is away is not asked where there is another
AWAY = ("unreachable", "not_ready", "busy")  # error codes
Ask = Callable[[], VideoAnalysis]


class PendingQuestion(NamedTuple):
    """A question that is under way; ``at``: time.monotonic()."""

    scene_input: SceneInput
    slot: Slot
    at: float


class Pool:
    """The questions of a job that are under way.

    ``prepare`` makes the question about a scene for the tagger of that address; it may raise ServiceError.
    ``unfit``: the addresses of taggers that have no answer to it.
    """

    def __init__(
        self,
        job: JobContext,
        slots: Slots,
        prepare: Callable[[SceneInput, str], Ask],
        unfit: Callable[[SceneInput], set[str]],
        given_up: Waiter,
    ):
        self.job, self.slots, self.prepare, self.unfit = job, slots, prepare, unfit
        self._given_up = given_up  # the waiter of those who ask
        self._executor = ThreadPoolExecutor(max_workers=slots.limit, thread_name_prefix="tagger")
        self._under_way: dict[Future[VideoAnalysis], PendingQuestion] = {}
        self._idle: list[Slot] = []
        self._first: list[SceneInput] = []  # to be asked for before all that wait
        self._has_made_room = False
        self._none_free = -POLL_EVERY  # when that was seen last
        self._aside: dict[str, float] = {}  # address → until when it is not asked

    def answered(
        self, scene_inputs: Iterable[SceneInput], needs_answer: Callable[[SceneInput], bool]
    ) -> Iterator[SceneInput | None]:
        """Each scene once its question is answered, as they are; one that needs no answer at once.

        None for each moment in which no answer came. New questions are asked before an answer is given, but after one
        that failed: it may show that it is in vain.
        """
        try:
            yield from self._answered(iter(scene_inputs), needs_answer)
        finally:
            self.close()

    def _answered(
        self, waiting: Iterator[SceneInput], needs_answer: Callable[[SceneInput], bool]
    ) -> Iterator[SceneInput | None]:
        while True:
            while plain := self._fill(waiting, needs_answer):
                yield plain
            if not self._under_way and not self._first:
                return
            # For the next batch's questions, once all of this one's are put and a slot is free that none of them needs.
            if not self._first and not self._has_made_room and self.slots.is_one_free():
                self._has_made_room = True
                self.job.make_room()
            ended = self._ended()
            if not ended:
                yield None
            for scene_input in ended:
                succeeded = scene_input.answered is not None and scene_input.answered.error is None
                while succeeded and (plain := self._fill(waiting, needs_answer)):
                    yield plain
                yield scene_input

    def _fill(self, waiting: Iterator[SceneInput], needs_answer: Callable[[SceneInput], bool]) -> SceneInput | None:
        """Ask as much as there are slots for, up to a scene that needs no answer, which is returned."""
        if self._first and not self._idle and self.slots.are_all_held:
            return None  # what is first waits for a slot
        while scene_input := self._first.pop() if self._first else next(waiting, None):
            if not needs_answer(scene_input):
                self._release_idle()  # what it needs in its place may take long
                return scene_input
            slot = self._slot_for(scene_input)
            if slot is None:
                self._first.append(scene_input)
                return None
            try:
                future = self._executor.submit(self.prepare(scene_input, slot.address))
            except ServiceError as error:
                future = Future()
                future.set_exception(error)
            self._under_way[future] = PendingQuestion(scene_input, slot, time.monotonic())
        self._release_idle()
        return None

    def _slot_for(self, scene_input: SceneInput) -> Slot | None:
        self.slots.look()
        self._idle = [slot for slot in self._idle if slot.token in self.slots.held]
        avoided = self._avoided(scene_input)
        fit = [slot for slot in self._idle if slot.address not in avoided]
        if fit:
            self._idle.remove(fit[-1])
            return fit[-1]
        self._release_idle()
        if time.monotonic() - self._none_free < POLL_EVERY:
            return None
        slot = self.slots.take(avoided)
        if slot is None:
            self._none_free = time.monotonic()
        return slot

    def _release_idle(self) -> None:
        self.slots.release(*self._idle)
        self._idle.clear()

    def _ended(self) -> list[SceneInput]:
        """Those answered by now; waits a moment for one."""
        self._wait(self._under_way)
        found = []
        for future in [future for future in self._under_way if future.done()]:
            scene_input, slot, asked_at = self._under_way.pop(future)
            error = future.exception()
            if isinstance(error, ServiceError) and error.code in AWAY:
                self._aside[slot.address] = time.monotonic() + SET_ASIDE
                if slot.address in self._avoided(scene_input):  # another tagger may be there
                    self.slots.release(slot)
                    self._first.append(scene_input)
                    continue
            self._idle.append(slot)
            scene_input.answered = Answered(slot.address, future)
            scene_input.tagger_seconds = time.monotonic() - asked_at
            found.append(scene_input)
        return found

    def _wait(self, futures: Collection[Future[VideoAnalysis]]) -> None:
        if futures:
            wait(futures, timeout=POLL_EVERY, return_when=FIRST_COMPLETED)
            self.job.checkpoint()
        else:
            self.job.pause(POLL_EVERY)
        self.slots.look()

    def _avoided(self, scene_input: SceneInput) -> set[str]:
        """Taggers that are unfit for it or away, of each kind only as long as others are left."""
        now = time.monotonic()
        away = {address for address, until in self._aside.items() if until > now}
        avoided: set[str] = set()
        for some in (self.unfit(scene_input), away):
            if not avoided.union(some).issuperset(self.slots.addresses):
                avoided |= some
        return avoided

    def ask(self, call: Ask) -> VideoAnalysis:
        """One more question, in the slot of the one that was answered just now. Raises ServiceError."""
        future = self._executor.submit(call)
        while not future.done():
            self._wait([future])
        return future.result()

    def close(self) -> None:
        """Give up what is under way, and release all slots."""
        self._given_up.wake.set()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self.slots.release(*self.slots.held.values())
