"""`jobs/` can be taken into any Django project: nothing in it names what StashHog does, or is set for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import global_settings

from tests.processes import ROOT

JOBS = ROOT / "jobs"
OF_THE_PRODUCT = re.compile(r"stash|shog|scene|torrent|tagger|download|analy[sz]|process_new", re.IGNORECASE)
SETTING = re.compile(r"(?:\bsettings\.|_get\(\")([A-Z][A-Z_]+)")
VARIABLE = re.compile(r"environ(?:\.get\(|\[|\.pop\(| \| \{)\"(\w+)\"|^FD = \"(\w+)\"", re.MULTILINE)


def texts() -> Iterator[tuple[Path, str]]:
    """All that is ours: not the bundled libraries, nor what Python and gettext compiled."""
    for path in sorted(JOBS.rglob("*")):
        if path.is_file() and path.suffix != ".mo" and not {"vendor", "__pycache__"} & set(path.parts):
            yield path.relative_to(ROOT), path.read_text()


def test_nothing_in_it_speaks_of_stash_scenes_or_downloads() -> None:
    lines = [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts()
        for number, line in enumerate([str(path), *text.splitlines()])
        if OF_THE_PRODUCT.search(line)
    ]
    assert not lines, "\n".join(lines)


def test_the_search_would_find_it() -> None:
    assert all(map(OF_THE_PRODUCT.search, ("STASHHOG_CRASH_AT", "A fault in StashHog", "SCENE_TAGGED", "Scene 3 of 7")))
    assert len(list(texts())) > 80


@pytest.mark.parametrize("found", [SETTING, VARIABLE])
def test_its_settings_and_variables_are_its_own_or_djangos(found: re.Pattern[str]) -> None:
    names = {
        name
        for _, text in texts()
        for match in found.findall(text)
        for name in ([match] if isinstance(match, str) else match)
    }
    names.discard("")
    assert (
        names
        and {name for name in names if not name.startswith("JOBS_") and not hasattr(global_settings, name)} == set()
    )
