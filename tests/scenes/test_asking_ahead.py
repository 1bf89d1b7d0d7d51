"""Answers are asked for ahead: some at once, in order, and never more than can be dealt with."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from scenes.sync.fetching import ahead

pytestmark = pytest.mark.one_database


def test_as_many_calls_as_allowed_are_made_at_once_and_their_answers_come_in_order() -> None:
    both = threading.Barrier(2)

    def call(number: int) -> int:
        both.wait(timeout=30)
        return number

    with ahead((partial(call, number) for number in range(4)), at_once=2) as answers:
        assert list(answers) == [0, 1, 2, 3]


def test_no_more_is_asked_for_than_a_few_answers_ahead_of_what_was_taken() -> None:
    begun: list[int] = []
    with ahead((partial(begun.append, number) for number in range(50)), at_once=2) as answers:
        next(answers)
        assert len(begun) <= 3


def test_another_call_begins_when_whoever_deals_with_an_answer_says_so_and_not_before() -> None:
    begun, third = list[int](), threading.Event()

    def call(number: int) -> None:
        begun.append(number)
        if number == 2:
            third.set()

    with ahead((partial(call, number) for number in range(50)), at_once=2) as answers:
        next(answers)
        assert not third.is_set() and 2 not in begun
        answers.go_on()
        answers.go_on()
        assert third.wait(timeout=30)
        next(answers)
        assert len(begun) <= 3, "one call for each answer"


def test_a_failed_call_is_raised_where_its_answer_would_have_come() -> None:
    def fail() -> int:
        raise OSError("gone")

    with ahead([lambda: 1, fail, lambda: 3]) as answers:
        assert next(answers) == 1
        with pytest.raises(OSError, match="gone"):
            next(answers)


def test_the_first_ones_are_asked_for_before_anybody_wants_them() -> None:
    begun = threading.Event()
    with ahead([begun.set]):
        assert begun.wait(timeout=30)
