"""What is outdated is asked of a tagger that looks for it: one with fewer models has no say in what it can't see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs.models import Status
from scenes.analysis.tagger.outdated import counts
from scenes.clients.tagger.recent import recent
from scenes.models import TaggerResult
from scenes.simulators.tagger import Tagger, running_tagger
from tests.scenes.analysis_factories import give_all
from tests.scenes.film_library import FilmLibrary
from tests.scenes.test_outdated_categories import LIGHT, MOVES, SEEN, again, analysed, proposed, upgrade

pytestmark = pytest.mark.django_db(transaction=True)
FILMS = (1, 2, 3)


@pytest.fixture(autouse=True)
def rules(transactional_db: None) -> None:
    """All that is seen is given."""
    give_all()


@pytest.fixture
def other(films: FilmLibrary, configure: Callable[..., Any]) -> Iterator[Tagger]:
    """A second tagger, asked first, that knows of light alone. The films were seen by an older model of moves."""
    for pk in FILMS:
        films.scene(pk, SEEN)
    analysed()
    upgrade(films)
    with running_tagger(mounts={"/media": films.folder}, answers="v3") as other:
        other.models, other.given = [dict(LIGHT)], films.tagger.given
        configure(tagger_parallel=1, tagger_url=f"{other.url},{films.tagger.url}")
        yield other


def test_a_tagger_without_the_category_is_not_asked_for_it(films: FilmLibrary, other: Tagger) -> None:
    assert again(detect_tags=False).status == Status.COMPLETED
    assert proposed(1) == set(), "what the new model gives is there already"
    assert counts() == [] and other.count.total == 0
    assert {str(row.model) for row in TaggerResult.objects.filter(category="actions")} == {"moves 2.0"}


def test_nor_is_one_too_old_to_tell_of_its_models(films: FilmLibrary, other: Tagger) -> None:
    other.answers = "newer"
    assert again(detect_tags=False).status == Status.COMPLETED
    assert proposed(1) == set()
    assert counts() == [] and other.count.total == 0


def test_each_tagger_is_asked_for_what_it_has(films: FilmLibrary, other: Tagger) -> None:
    other.models = [LIGHT | {"version": "2.0"}]
    upgrade(films, MOVES | {"version": "2.0"})
    for _ in range(2):
        assert again(detect_tags=False).status == Status.COMPLETED
    assert counts() == [] and [proposed(pk) for pk in FILMS] == [set(), set(), set()]
    rows = TaggerResult.objects.select_related("model")
    assert {(row.category, str(row.model)) for row in rows} == {
        ("actions", "moves 2.0"), ("moments", "moves 2.0"), ("light", "light 2.0"),
    }  # fmt: skip


def test_while_the_tagger_that_has_it_is_away_the_scenes_stay_outdated(films: FilmLibrary, other: Tagger) -> None:
    assert again(detect_tags=False, max_scenes=1).status == Status.COMPLETED
    films.tagger.server.go_away()
    recent.clear()
    assert again(detect_tags=False).error_code == "unreachable"
    assert [count.older for count in counts()] == [2, 2] and proposed(3) == proposed(1) == set()
