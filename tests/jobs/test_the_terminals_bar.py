"""The progress bar of a command on a terminal: titles are shown as they are, whatever signs they have."""

from __future__ import annotations

import io
import sys

import pytest

from jobs.management.base import progress_bar
from jobs.texts.words import printable

pytestmark = pytest.mark.one_database


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "title", ["[/b] Film", "Film [red]1080p[/red]", "[Group] Film [/]", "Film [bold", ":smile: Film"]
)
def test_brackets_in_a_title_are_shown_as_they_are(monkeypatch: pytest.MonkeyPatch, title: str) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar() as progress:
        task = progress.add_task("Process downloads", total=100)
        progress.update(task, completed=10, description=f"Torrent 1 of 2: {title}")
        progress.refresh()
    assert f"Torrent 1 of 2: {title}" in terminal.getvalue()


@pytest.mark.parametrize("title", ["\x1b[31mFilm", "Film\x1b]0;title\x07", "Film\nTwo", "Film\r100%", "Film\x9b2J"])
def test_what_controls_a_terminal_is_shown_as_a_sign(monkeypatch: pytest.MonkeyPatch, title: str) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar() as progress:
        progress.add_task(f"Torrent 1 of 2: {title}", total=100)
        progress.refresh()
    assert title not in terminal.getvalue() and "Film" in terminal.getvalue()
    assert printable(title) in terminal.getvalue() and printable(title).isprintable()
