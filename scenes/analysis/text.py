"""Finding names in texts: whole words, longest first, letter case ignored."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

Words = tuple[str, ...]
MIN_LENGTH = 2  # letters and digits of a name: "A" or "X" would be found nearly everywhere


def words(text: str) -> Words:
    """The words of a text as they are compared, separated by all but letters, digits and their accents.

    So "Blue_Sky-2.0" is "blue", "sky", "2", "0". Compatible forms are alike ("ﬁ" is "fi"), accents count.
    """
    same_case = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return tuple("".join(letters) for inside, letters in groupby(same_case, in_word) if inside)


@lru_cache(maxsize=4096)
def in_word(letter: str) -> bool:
    """Whether a character belongs to a word, rather than ending it."""
    # Vowel signs of Indian scripts, for one, are marks and no letters to Python, but don't end a word.
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def searchable(name: Words) -> bool:
    """Whether such a name is searched for: no single letter, and no mere number (numbering, dates)."""
    letters = "".join(name)
    return len(letters) >= MIN_LENGTH and not letters.isdecimal()


class Match(NamedTuple):
    """A name in a text: the words from ``start`` up to ``end``, and whose name it is."""

    start: int
    end: int
    owners: tuple[int, ...]

    def letters(self, text_words: Words) -> int:
        """How long the name is, a space between its words."""
        return len(" ".join(text_words[self.start : self.end]))


@dataclass
class _Node:
    """What may come after the words so far; ``owners`` where they are a whole name."""

    next_words: dict[str, _Node] = field(default_factory=dict)
    owners: tuple[int, ...] = ()


class NameMatcher:
    """Finds many names at once; the time per text does not grow with their number.

    Built from pairs of a name and its owner (an id). Names that differ only in case or in what separates
    their words are the same name: both owners are found.
    """

    def __init__(self, names: Iterable[tuple[str, int]]):
        self._root = _Node()
        for name, owner in names:
            self.add(words(name), owner)

    def add(self, name: Words, owner: int) -> None:
        """One more name of this owner; one that is not searchable is left out."""
        if not searchable(name):
            return
        node = self._root
        for word in name:
            node = node.next_words.setdefault(word, _Node())
        if owner not in node.owners:
            node.owners += (owner,)

    def owners(self, text: str) -> list[int]:
        """Whose names are in the text, each once, in the order of the text.

        The longest name takes its words first, wherever it stands; they are in no shorter one then.
        """
        text_words = words(text)
        free = [True] * len(text_words)
        taken: list[Match] = []
        for match in sorted(self.matches(text_words), key=lambda match: (-match.letters(text_words), match.start)):
            if all(free[match.start : match.end]):
                free[match.start : match.end] = [False] * (match.end - match.start)
                taken.append(match)
        return list(dict.fromkeys(owner for match in sorted(taken) for owner in match.owners))

    def matches(self, text_words: Words) -> Iterable[Match]:
        """Every name in the text, also where several overlap."""
        for start in range(len(text_words)):
            node = self._root
            for end in range(start, len(text_words)):
                next_node = node.next_words.get(text_words[end])
                if next_node is None:
                    break
                node = next_node
                if node.owners:
                    yield Match(start, end + 1, node.owners)
