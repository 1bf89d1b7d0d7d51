"""Which folders answer at all: whoever looks at one of a dead mount waits for ever."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import wait
from functools import partial
from pathlib import Path

from django.utils.translation import gettext_noop

from jobs.texts.translatable import Translatable as _
from scenes.paths import is_folder
from scenes.probes.asking import SharedQuestions
from stashhog.ops.doctor.findings import Finding, found

LONGEST = 3.0  # seconds for all of them; a disk that sleeps may need longer, and is said to
FIX = gettext_noop(
    "Its mount is dead, or its disk is overloaded, or was asleep: look once more, then at it (`mount`, the log of the "
    "system), and mount it again."
)

asker = SharedQuestions()


def that_hang(folders: Iterable[Path]) -> set[Path]:
    """Those that say nothing in time. No thread waits twice at one."""
    asked = {folder: asker.ask(str(folder), None, partial(is_folder, folder)) for folder in dict.fromkeys(folders)}
    wait(asked.values(), timeout=LONGEST)
    return {folder for folder, answer in asked.items() if not answer.done()}


def of_hanging(folder: Path) -> Finding:
    return found("disk", _("Disk"), _("{folder} does not answer within {n:g} s", folder=folder, n=LONGEST), _(FIX))
