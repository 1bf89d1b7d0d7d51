"""Names are found in texts as whole words, the longest first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes.analysis.text import NameMatcher, searchable, words
from tests.scenes.growth import LINEAR, growth

pytestmark = pytest.mark.one_database

LETTERS = st.text(alphabet="abAB éßİ猫-_. 7", max_size=12)
NAMES = st.lists(LETTERS, max_size=8)


def found(text: str, *names: str) -> list[str]:
    ids = NameMatcher((name, number) for number, name in enumerate(names)).ids(text)
    return [names[pk] for pk in ids]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A Dog on the beach", "dog"),
        ("DOG", "Dog"),
        ("my_big-dog.2026", "Big Dog"),
        ("Straße bei Nacht", "STRASSE"),
        ("Ein MÄDCHEN läuft", "Mädchen"),
        ("İstanbul", "i̇stanbul"),
        ("café society", "Cafe\u0301"),
        ("ﬁre at night", "fire"),
        ("東京 散歩", "東京"),
        ("हिन्दी गीत", "हिन्दी"),
        ("rock'n'roll party", "Rock'n'Roll"),
        ("(outdoor)", "Outdoor"),
        ("in 4K quality", "4K"),
    ],
)
def test_a_whole_word_is_found_whatever_its_case_and_separators(text: str, name: str) -> None:
    assert found(text, name) == [name]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("dogma and hotdogs", "dog"),
        ("a big dog", "big cat"),
        ("cafe society", "Café"),
        ("hindi", "हिन्दी"),
        ("", "dog"),
        ("dog", ""),
        ("dog", " - "),
        ("vitamin C and C++", "C++"),
        ("part 2 of 2026-02-01", "2026"),
        ("हिन्दी", "हि"),
    ],
)
def test_parts_of_words_single_letters_and_mere_numbers_are_not_found(text: str, name: str) -> None:
    assert found(text, name) == []


def test_the_longest_name_takes_its_words_wherever_it_stands() -> None:
    names = "sky", "blue sky", "sky at night", "night"
    assert found("Blue sky at night", *names) == ["sky at night"]
    assert found("Blue sky at noon, sky at night", *names) == ["blue sky", "sky at night"]
    assert found("blue-sky night", *names) == ["blue sky", "night"]


def test_a_name_that_is_there_again_on_its_own_is_found_beside_the_longer_one() -> None:
    assert found("blue sky over the sky", "sky", "blue sky") == ["blue sky", "sky"]


def test_owners_of_the_same_name_are_all_found() -> None:
    assert NameMatcher([("A-B x", 1), ("a_b X", 2), ("a_b X", 2)]).ids("a b x") == [1, 2]


@given(LETTERS, NAMES, LETTERS)
def test_a_text_that_is_a_name_between_other_names_is_found(name: str, others: list[str], around: str) -> None:
    # Longer than all others, so nothing takes its words.
    longest = f"{name} {'x' * 200}"
    assert longest in found(f"{around} {longest} {around}", *others, longest)


@given(LETTERS, NAMES)
def test_what_is_found_is_in_the_text_word_by_word(text: str, names: list[str]) -> None:
    text_words = words(text)
    for name in found(text, *names):
        parts = words(name)
        positions = range(len(text_words) - len(parts) + 1)
        assert searchable(parts) and any(text_words[at : at + len(parts)] == parts for at in positions)


@given(LETTERS, NAMES)
def test_a_name_in_the_text_is_found_unless_a_longer_one_took_a_word_of_it(text: str, names: list[str]) -> None:
    text_words, taken = words(text), [words(name) for name in found(text, *names)]
    for name in names:
        parts = words(name)
        if not searchable(parts) or parts in taken:
            continue
        here = range(len(text_words) - len(parts) + 1)
        if any(text_words[at : at + len(parts)] == parts for at in here):
            at_least = [other for other in taken if len(" ".join(other)) >= len(" ".join(parts))]
            assert any(set(other) & set(parts) for other in at_least)


@given(LETTERS, NAMES)
def test_case_changes_nothing(text: str, names: list[str]) -> None:
    assert found(text, *names) == found(words_again(text), *names)


def words_again(text: str) -> str:
    return " ".join(words(text)).casefold()


@given(st.permutations(["Ann Oak", "ann", "Oak", "Bob Elm", "ANN OAK", "Elm"]))
def test_what_is_found_does_not_depend_on_the_order_of_the_names(names: list[str]) -> None:
    text = "Elm, Bob Elm and Ann Oak: oak, ANN"
    assert list(dict.fromkeys(words(name) for name in found(text, *names))) == [
        ("elm",),
        ("bob", "elm"),
        ("ann", "oak"),
        ("oak",),
        ("ann",),
    ]


@pytest.mark.parametrize("piece", ["word ", "a\u0327\u0301", "\u0301\u0327", "ﬁ½ ", "ẞ", "हि", "猫", "_", "ﷺ", "ann "])
def test_ten_times_the_text_takes_no_more_than_about_ten_times_as_long(piece: str) -> None:
    matcher = NameMatcher((" ".join(["ann"] * count), count) for count in range(1, 8))
    assert growth(matcher.ids, piece, 10_000) < LINEAR


def test_marks_beyond_those_of_any_language_are_cut() -> None:
    assert words("z" + "\u0301" * 500) == words("z" + "\u0301" * 30) != words("z")
