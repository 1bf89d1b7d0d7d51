"""The rule of `scenes.attribution`: a failure is the item's, its place's or the service's, by what else happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from jobs.errors import JobError
from scenes.attribution.evidence import Evidence, Failure, Suspect

HERE, THERE, SERVICE = Suspect(place="/here"), Suspect(place="/there"), Suspect(service="timeout")
FEW = 2


@dataclass(frozen=True, eq=False)
class Film(Failure):
    name: str


class Films(Evidence[Film]):
    """Up to two bad films are likely; three timeouts in a row are not. A fire takes the service down."""

    def own_failures(self, failures: Sequence[Film]) -> list[Film]:
        return list(failures) if len(failures) <= FEW else []

    def error(self, suspect: Suspect, failures: Sequence[Film]) -> JobError:
        return JobError("at_fault", f"{suspect.place or suspect.service}: {len(failures)}")

    def limit(self, suspect: Suspect) -> int | None:
        return 3 if suspect.service else None

    def service_error(self, failures: Sequence[Film]) -> JobError | None:
        return JobError("fire", "It burns.") if any(failure.reason == "fire" for failure in failures) else None


@pytest.fixture
def films() -> Films:
    return Films()


def fail(films: Films, suspect: Suspect, *names: str, reason: str = "broken") -> None:
    for name in names:
        films.failed(Film(suspect, reason, name))


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


def test_few_items_are_at_fault_themselves_at_the_end(films: Films) -> None:
    fail(films, HERE, "a", "b")
    assert items(films, at_the_end=True) == ["a", "b"]
    films.check()


def test_many_items_of_which_none_succeeded_put_their_place_at_fault_and_no_other_one(films: Films) -> None:
    fail(films, HERE, "a", "b", "c")
    fail(films, THERE, "d")
    assert items(films, at_the_end=True) == ["d"]
    with pytest.raises(JobError, match="/here: 3"):
        films.check()


def test_what_no_item_can_cause_is_the_services_fault_whatever_succeeded(films: Films) -> None:
    films.succeeded(HERE)
    fail(films, HERE, "a")
    fail(films, HERE, "b", reason="fire")
    assert films.is_service_at_fault
    assert items(films, at_the_end=True) == []
    with pytest.raises(JobError, match="It burns"):
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
