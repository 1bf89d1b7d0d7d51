"""A language in which every translated text stands in brackets, so that what is not translated is seen.

German would not do: “Status”, “Plan” and “Downloads” are the same in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import translation

TEXTS = {"gettext": 0, "ngettext": 0, "pgettext": 1, "npgettext": 1}  # which argument is the text
INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{2}")
BETWEEN = "\0"  # two texts of a page
SILENT = ("script", "style", "code", "svg", "kbd", "pre")
TRANSLATED = ("aria-label", "title", "placeholder", "alt", "data-confirm", "data-lost", "data-log-in")


def speak(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """From now on all translated texts are in brackets. Returned is a set that is filled with what is asked for."""
    asked: set[str] = set()
    translation.gettext("")  # Django chooses its functions when the first text is asked for
    chosen = translation._trans  # type: ignore[attr-defined]
    for name, place in TEXTS.items():
        monkeypatch.setattr(chosen, name, bracketed(getattr(chosen, name), place, asked))
    return asked


def bracketed(translate: Callable[..., str], place: int, asked: set[str]) -> Callable[..., str]:
    @wraps(translate)
    def speaking(*args: Any) -> str:
        if translation.get_language() is None:  # somebody wants it as it is written, and may keep that
            return translate(*args)
        asked.add(str(args[place]))
        text = translate(*args)
        return f"⟦{text}⟧" if text.strip() else text

    return speaking


class Reader(HTMLParser):
    """What a reader reads or hears of a page: ``texts`` in their order, and ``attributes``."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent.append(tag)
        is_button = tag == "input" and dict(attrs).get("type") in ("submit", "button")
        translated = (*TRANSLATED, "value") if is_button else TRANSLATED
        self.attributes += [value for name, value in attrs if name in translated and value]

    def handle_endtag(self, tag: str) -> None:
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(" ".join(data.split()))


def not_translated(page: str) -> set[str]:
    """The texts of a page that have a word outside of all brackets. A sentence with links in it is several texts."""
    reader = Reader()
    reader.feed(page)
    whole = BETWEEN.join([*reader.texts, *reader.attributes])
    while (less := INNERMOST.sub("", whole)) != whole:
        whole = less
    return {text.strip() for text in whole.split(BETWEEN) if WORD.search(text)}
