"""Which of the library's names a language model means, if any.

It may choose, and never invent: a name counts when it is the whole name, or alias, of just one in the library,
and when the scene's texts resemble it. So nothing that a title orders it to say gets into the library.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from scenes.analysis.text import NameMatcher, Words, searchable, words

SIMILARITY = 0.8  # of two words, as difflib has it: one wrong letter in five
SHORT = 3  # letters: so short a word has to be the same
LONGEST_INSIDE = 5  # letters: so short a name is in many a word, as "Ana" is in "banana"


def ids_of(matcher: NameMatcher, mentioned: Iterable[str], texts: Iterable[str]) -> list[int]:
    """Of the names that count, each id once, in their order."""
    text_words = tuple(word for text in texts for word in words(text))
    found = ((id_of(matcher, name), words(name)) for name in mentioned)
    return list(dict.fromkeys(pk for pk, name in found if pk is not None and resembles(name, text_words)))


def id_of(matcher: NameMatcher, name: str) -> int | None:
    """Whose name it is; None when nobody's, or more than one's."""
    whole = (0, len(words(name)))
    for match in matcher.found(name):
        if (match.start, match.end) == whole and len(match.ids) == 1:
            return match.ids[0]
    return None


def resembles(name: Words, text: Words) -> bool:
    """Whether the name is in the text with other spaces, or each of its words is there, nearly."""
    if not searchable(name):
        return False
    joined = "".join(name)
    if len(joined) > LONGEST_INSIDE and joined in "".join(text):
        return True
    known = set(text)
    return all(
        word in known or (len(word) > SHORT and get_close_matches(word, known, n=1, cutoff=SIMILARITY)) for word in name
    )
