"""What stands on a page beside translated texts, and is data: names, codes, values as they are stored."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.utils.translation import trans_real

from jobs.declare import registry

# Names of products and of the stage's rows, codes and values as they are stored, and what errors say.
NAMES = {
    "StashHog", "Stash", "qBittorrent", "API", "English", "JSON", "VR", "vr", "SQLite", "PostgreSQL", "Django Q", "ID",
    "Django Q |", "X", "Phone", "_AI", "handled",
    "boss", "owner", "somebody", "admin", "operator", "viewer", "Night", "Nightly",
    "phone", "here", "library", "test", "stashhog", "covers", "Refused.", "boss ·",
}  # fmt: skip
CODES = {  # in texts of errors and of commands
    "localtime",
}  # fmt: skip
STEPS = {  # of a row; the pages of jobs translate them
    "Process downloads", "Stash metadata scan", "Incremental sync", "Analyse scenes", "Generate metadata", "Completion",
}  # fmt: skip
REASONS = {  # sentences of errors, which are stored, or which programs get too
    "No Stash is set. Give “Stash address” in the settings.",
    "No qBittorrent is set. Give “qBittorrent address” in the settings.",
    "No video tagger is set, so only names are looked for.",
    "No language model is set, so names are only looked for by matching.",
}
PACKAGES = {"Python", "Django", "django-q2", "channels", "daphne", "django-ninja"}
KNOWN = NAMES | CODES | STEPS | REASONS | PACKAGES | available_timezones()
PATTERNS = re.compile(
    r"""[^\w]*·\ StashHog | StashHog\ [\d.]+ | A\ ·\ StashHog          # titles, and the version
    | .*\|\ Can\ .* | .*permission\ relationships?:.* | .*\ object\ \(\d+\) | Attempted\ Access:.*  # of other apps
    | [0-9a-f-]{6,64} | \S*/\S* | /.*:\ No\ such\ file\ or\ directory | shog_\w* | [*.\w-]+,[*.,/\w\ -]*
    | sample/,.* | (\d+\ (h|min|s)\ ?)+,? | \d+\ +\d{4},\ \d\d:\d\d\ UTC | /mnt/vr\ ·
    | :\ .*⟧;\ : .*⟧\.  # what roles may, which is cut out of what scopes may
    | (\w+:\ )+it\ can't\ be\ reached\..*""",
    re.VERBOSE,
)


def is_known(text: str) -> bool:
    """Whether it is data, alone or after a word that was translated (": phone", "of scene 7")."""
    parts = [part for part in re.split(r"^[\W\d]+|[:,]$", text) if part]
    return all(part in KNOWN or PATTERNS.fullmatch(part) for part in parts) or bool(PATTERNS.fullmatch(text))


def types_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without those of the tests that the same process ran before."""
    tasks = {type: one for type, one in registry._tasks.items() if not is_of_a_test(one.function)}
    workflows = {type: one for type, one in registry._workflows.items() if not is_of_a_test(one)}
    monkeypatch.setattr(registry, "_tasks", tasks)
    monkeypatch.setattr(registry, "_workflows", workflows)


def is_of_a_test(declared: Any) -> bool:
    return str(declared.__module__).startswith("tests.")


def not_in_german(asked: set[str]) -> set[str]:
    """What a page translated once more is in the brackets already; what only joins others has no words."""
    catalogue: Any = trans_real.translation("de")._catalog  # type: ignore[attr-defined]
    lacking = {text for text in asked if not (catalogue.get(text) or catalogue.get((text, 1)))}
    words = {text for text in lacking if re.search(r"\w", re.sub(r"\{\w*\}", "", text))}
    return {text for text in words if "⟦" not in text} - NAMES - OTHERS


# What other apps translate, and have no German for.
OTHERS = {
    "%(truncated_text)s…", "Cluster key", "", "Deutsch", "Lock until", "Name of the target cluster", "d", "Task",
    "Prevent any cluster from pulling until", "access attempt expiration", "identify",
}  # fmt: skip
