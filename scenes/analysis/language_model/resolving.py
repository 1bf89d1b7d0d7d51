"""Which of the library's names a language model means, if any.

It may choose, and never invent: a name counts when the library has exactly one owner for it, and when the scene's
texts resemble it. So nothing that a title orders it to say gets into the library.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from scenes.analysis.text import Words, searchable, words

SIMILARITY = 0.8  # of two words, as difflib has it: one wrong letter in five
SHORT = 3  # letters: so short a word has to be the same


class Resolver:
    """Made from pairs of a name and its owner (an id)."""

    def __init__(self, names: Iterable[tuple[str, int]]):
        self._owners: dict[str, set[int]] = {}
        for name, owner in names:
            self._owners.setdefault("".join(words(name)), set()).add(owner)

    def owners(self, mentioned: Iterable[str], texts: Iterable[str]) -> list[int]:
        """Of the names that count, each owner once, in their order."""
        text_words = tuple(word for text in texts for word in words(text))
        found = (self.owner(name) for name in mentioned if resembles(words(name), text_words))
        return list(dict.fromkeys(owner for owner in found if owner is not None))

    def owner(self, name: str) -> int | None:
        """Whose name it is, however its words are separated; None when nobody's, or more than one's."""
        owners = self._owners.get("".join(words(name)), set())
        return next(iter(owners)) if len(owners) == 1 else None


def resembles(name: Words, text: Words) -> bool:
    """Whether the name is in the text with other spaces, or each of its words is there, nearly."""
    if not searchable(name):
        return False
    if "".join(name) in "".join(text):
        return True
    return all(_is_near(word, text) for word in name)


def _is_near(word: str, text: Words) -> bool:
    if len(word) <= SHORT:
        return word in text
    return bool(get_close_matches(word, set(text), n=1, cutoff=SIMILARITY))
