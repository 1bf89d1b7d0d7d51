"""Looking at folders for a page: the mount of one may hang, and then so does whoever looks at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import wait
from functools import partial
from pathlib import Path
from typing import TypeVar

from django.utils.translation import gettext_noop

from jobs.texts.translatable import Translatable
from scenes.paths import is_folder
from scenes.probes.asking import SharedQuestions

LONGEST = 1.0  # seconds that a page waits
SILENT = gettext_noop("being looked at, and has not answered yet: does its mount hang?")
HANGS = Translatable(gettext_noop("It has not answered yet: does its mount hang?"))

T = TypeVar("T")
asker = SharedQuestions()


def is_usable(folder: Path) -> bool:
    return is_folder(folder) and may_write(folder)


def may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def usable(folders: Iterable[Path]) -> dict[Path, bool | None]:
    """Which of them can be written to; None: no answer yet. Waits LONGEST, for all of them."""
    asked = {path: asker.ask(f"folder {path}", None, partial(is_usable, path)) for path in dict.fromkeys(folders)}
    wait(asked.values(), timeout=LONGEST)
    return {folder: answer.result() if answer.done() else None for folder, answer in asked.items()}


def looked(name: str, about: object, look: Callable[[], T], within: float | None = None) -> T | None:
    """What ``look()`` finds, which takes no database; None: no answer within so many seconds, or LONGEST."""
    answer = asker.ask(name, about, look)
    wait([answer], timeout=LONGEST if within is None else within)
    return answer.result() if answer.done() else None
