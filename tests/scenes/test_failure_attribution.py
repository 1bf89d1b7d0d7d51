"""The rule of `scenes.attribution`: a failure is the item's, its place's or the service's, by what else happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from jobs.errors import JobError
from scenes.attribution.clues import Clue
from scenes.attribution.evidence import Failure, FailureEvidence, Suspect

pytestmark = pytest.mark.one_database

HERE, THERE, SERVICE = Suspect(place="/here"), Suspect(place="/there"), Suspect(service="timeout")


@dataclass(frozen=True, eq=False, kw_only=True)
class Film(Failure):
    name: str


class Remembered:
    """What earlier jobs learnt: which suspects are trusted. ``away``: what is seen to be away now."""

    def __init__(self) -> None:
        self.trusted: set[Suspect] = set()
        self.away: set[Suspect] = set()

    def is_trusted(self, suspect: Suspect) -> bool:
        return suspect in self.trusted

    def succeeded(self, suspect: Suspect) -> None:
        self.trusted.add(suspect)

    def looked_away(self, suspect: Suspect, reason: str) -> None:
        self.trusted.discard(suspect)

    def why_away(self, suspect: Suspect) -> str:
        return "gone" if suspect in self.away else ""


class Films(FailureEvidence[Film]):
    """Three timeouts in a row are never the films' own."""

    def __init__(self) -> None:
        self.remembered = Remembered()
        super().__init__(self.remembered)

    def error(self, suspect: Suspect, failures: Sequence[Film]) -> JobError:
        return JobError("at_fault", f"{suspect.place or suspect.service}: {len(failures)}")

    def limit(self, suspect: Suspect) -> int | None:
        return 3 if suspect.service else None


@pytest.fixture
def films() -> Films:
    return Films()


def fail(films: Films, suspect: Suspect, *names: str, clue: Clue = Clue.UNCLEAR, before: bool = False) -> None:
    for name in names:
        films.failed(Film(suspect, f"{name} is broken", clue, before, name=name))


def items(films: Films, *, at_the_end: bool = False) -> list[str]:
    return [failure.name for failure in films.item_failures(at_the_end=at_the_end)]


def test_as_long_as_nothing_is_certain_no_item_is_at_fault(films: Films) -> None:
    fail(films, HERE, "a")
    assert items(films) == []


def test_an_item_is_at_fault_when_another_one_of_its_place_succeeded_and_is_told_once(films: Films) -> None:
    fail(films, HERE, "a")
    fail(films, THERE, "b")
    films.succeeded(HERE)
    fail(films, HERE, "c")
    assert items(films) == ["a", "c"]
    assert items(films) == []


def test_an_item_that_is_named_is_at_fault_at_once(films: Films) -> None:
    fail(films, HERE, *"abcdef", clue=Clue.ITEM)
    assert items(films) == [*"abcdef"]


@pytest.mark.parametrize("count", [1, 5])
def test_a_place_in_which_nothing_ever_succeeded_is_in_doubt_and_no_other_one(films: Films, count: int) -> None:
    films.remembered.trusted.add(THERE)
    fail(films, HERE, *"abcde"[:count])
    fail(films, THERE, "z")
    assert items(films, at_the_end=True) == ["z"]
    assert [film.name for film in films.in_doubt] == [*"abcde"[:count]]
    with pytest.raises(JobError, match=f"/here: {count}"):
        films.check()


@pytest.mark.parametrize("clue", [Clue.AWAY, Clue.MISSING])
def test_items_that_cannot_be_reached_put_a_trusted_place_in_doubt_until_its_next_success(
    films: Films, clue: Clue
) -> None:
    films.remembered.trusted.add(HERE)
    fail(films, HERE, "a", clue=clue)
    assert items(films, at_the_end=True) == []
    fail(films, HERE, "b")
    assert items(films, at_the_end=True) == []
    fail(films, HERE, "c")
    films.succeeded(HERE)
    assert items(films, at_the_end=True) == ["c"]


def test_an_item_that_was_at_fault_before_is_so_again_in_a_trusted_place(films: Films) -> None:
    films.remembered.trusted.add(HERE)
    fail(films, HERE, "a", clue=Clue.AWAY)
    fail(films, HERE, "b", clue=Clue.AWAY, before=True)
    fail(films, THERE, "c", before=True)
    assert items(films, at_the_end=True) == ["b"]


def test_several_that_cannot_be_reached_after_the_last_success_mean_that_the_place_went_away(films: Films) -> None:
    films.succeeded(HERE)
    fail(films, HERE, "a", "b", clue=Clue.AWAY)
    assert items(films, at_the_end=True) == []


def test_a_single_one_after_the_last_success_is_at_fault_itself(films: Films) -> None:
    films.succeeded(HERE)
    fail(films, HERE, "a", clue=Clue.AWAY)
    assert items(films, at_the_end=True) == ["a"]


def test_a_place_that_is_seen_to_be_away_clears_nothing(films: Films) -> None:
    fail(films, HERE, "a")
    films.remembered.away.add(HERE)
    films.succeeded(HERE)
    assert items(films, at_the_end=True) == []


def test_what_no_item_can_cause_is_the_services_fault_whatever_succeeded(films: Films) -> None:
    films.succeeded(HERE)
    fail(films, HERE, "a")
    fail(films, HERE, "b", clue=Clue.SERVICE)
    assert films.is_service_at_fault
    assert items(films, at_the_end=True) == []
    with pytest.raises(JobError, match="b is broken"):
        films.check()


def test_failures_in_a_row_count_even_after_a_success_where_there_is_a_limit(films: Films) -> None:
    fail(films, SERVICE, "a")
    films.succeeded(HERE, SERVICE)
    fail(films, SERVICE, "b")
    assert films.is_near_a_limit and items(films) == ["a"]
    fail(films, SERVICE, "c", "d")
    assert films.is_at_fault(HERE, SERVICE) and not films.is_at_fault(HERE)
    assert items(films, at_the_end=True) == []
    with pytest.raises(JobError, match="timeout: 3"):
        films.check()


def test_fewer_than_the_limit_are_their_own_after_a_success(films: Films) -> None:
    films.succeeded(SERVICE)
    fail(films, SERVICE, "a")
    assert items(films) == []
    assert items(films, at_the_end=True) == ["a"]
