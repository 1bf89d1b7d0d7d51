"""Finding names in texts: whole words, longest first, letter case ignored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

Words = tuple[str, ...]
MIN_LENGTH = 2  # letters and digits of a name: "A" or "X" would be found nearly everywhere
MOST_MARKS = 30  # one after the other, as Unicode's "stream-safe" texts have at most
_ASCII = re.compile(r"[a-z0-9]+")


def words(text: str) -> Words:
    """The words of a text as they are compared, separated by all but letters, digits and their accents.

    So "Blue_Sky-2.0" is "blue", "sky", "2", "0". Compatible forms are alike ("ﬁ" is "fi"), accents count.
    """
    if text.isascii():
        return tuple(_ASCII.findall(text.lower()))
    same_case = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", with_few_marks(text)).casefold())
    return tuple(re.findall(rf"(?:[^\W_]|{a_mark(same_case)})+", same_case))


def a_mark(text: str) -> str:
    """A pattern of the marks that are in the text.

    Vowel signs of Indian scripts, for one, are marks and no letters to Python, but don't end a word.
    """
    marks = sorted(letter for letter in set(text) if is_mark(letter))
    return f"[{''.join(marks)}]" if marks else r"[^\s\S]"


@lru_cache(maxsize=4096)
def is_mark(letter: str) -> bool:
    return unicodedata.category(letter).startswith("M")


def with_few_marks(text: str) -> str:
    """Without marks beyond MOST_MARKS in a row: Python sorts them one by one, which takes 5 s for 80,000."""
    if len(text) <= MOST_MARKS:
        return text
    return re.sub(rf"({a_mark(text)}{{{MOST_MARKS}}}){a_mark(text)}+", r"\1", text)


def searchable(name: Words) -> bool:
    """Whether such a name is searched for: no single letter, and no mere number (numbering, dates)."""
    letters = "".join(name)
    return len(letters) >= MIN_LENGTH and not letters.isdecimal()


class Match(NamedTuple):
    """A name in a text: the words from ``start`` up to ``end``, and whose name it is."""

    start: int
    end: int
    ids: tuple[int, ...]

    def written(self, text: str) -> str:
        """As it is in that text; in lower case where the letters of the text are not those that were compared."""
        if not text.isascii():
            return " ".join(words(text)[self.start : self.end])
        places = list(islice(_ASCII.finditer(text.lower()), self.start, self.end))
        return text[places[0].start() : places[-1].end()]

    def letters(self, text_words: Words) -> int:
        """How long the name is, a space between its words."""
        return len(" ".join(text_words[self.start : self.end]))


class NameMatcher:
    """Finds many names at once; the time per text does not grow with their number.

    Built from pairs of a name and the id of what has it. Names that differ only in case or in what separates
    their words are the same name: both ids are found.
    """

    def __init__(self, names: Iterable[tuple[str, int]]):
        self._ids: dict[Words, tuple[int, ...]] = {}
        # First word → how many words the names have that begin with it. Tuples, which are no work for the collector.
        self._lengths: dict[str, tuple[int, ...]] = {}
        for name, pk in names:
            self.add(words(name), pk)

    def add(self, name: Words, pk: int) -> None:
        """One more name of what has this id; one that is not searchable is left out."""
        if not searchable(name):
            return
        known = self._ids.setdefault(name, (pk,))
        if pk not in known:
            self._ids[name] = (*known, pk)
        lengths = self._lengths.get(name[0], ())
        if len(name) not in lengths:
            self._lengths[name[0]] = (*lengths, len(name))

    def ids(self, text: str) -> list[int]:
        """Whose names are in the text, each once, in the order of the text."""
        return list(dict.fromkeys(pk for match in self.found(text) for pk in match.ids))

    def found(self, text: str) -> list[Match]:
        """The names in the text, in its order.

        The longest name takes its words first, wherever it stands; they are in no shorter one then.
        """
        text_words = words(text)
        free = [True] * len(text_words)
        taken: list[Match] = []
        for match in sorted(self.matches(text_words), key=lambda match: (-match.letters(text_words), match.start)):
            if all(free[match.start : match.end]):
                free[match.start : match.end] = [False] * (match.end - match.start)
                taken.append(match)
        return sorted(taken)

    def matches(self, text_words: Words) -> Iterable[Match]:
        """Every name in the text, also where several overlap."""
        for start, word in enumerate(text_words):
            for length in self._lengths.get(word, ()):
                if ids := self._ids.get(text_words[start : start + length]):
                    yield Match(start, start + length, ids)
