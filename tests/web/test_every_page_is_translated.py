"""Every page, in a language in which translated texts stand in brackets: whatever stands outside of them is data.

And German has each text that a page asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import trans_real

from jobs.declare import registry
from tests.web import pseudo
from tests.web.permissions.stage import Stage
from tests.web.permissions.table import ACTIONS, ADMIN, NOBODY, PAGES

ERRORS = ("400.html", "403.html", "404.html", "500.html", "503.html", "403_csrf.html", "login_locked.html")
IN_AN_ERROR = {"came_from": "", "asked": "", "minutes": 2, "seconds": 5}

# Names of products and of the stage's rows, codes and values as they are stored, and what errors say.
NAMES = {
    "StashHog", "Stash", "qBittorrent", "API", "English", "JSON", "VR", "vr", "SQLite", "PostgreSQL", "Django Q", "ID",
    "boss", "owner", "somebody", "admin", "operator", "viewer", "Admin", "Operator", "Viewer", "Night", "Nightly",
    "phone", "here", "library", "test", "stashhog", "covers", "Refused.", "boss ·",
}  # fmt: skip
CODES = {
    "True", "False", "started", "queued", "sync", "analysis", "process_new_scenes", "incremental_sync", "trigger",
    "detect_tags", "deleted_in_stash", "command", "scan", "take", "hardlink", "hardlink_or_copy", "copy", "move",
    "keep", "remove_torrent", "remove_torrent_and_files", "never", "several", "several_or_unclear", "always",
    "localtime",
}  # fmt: skip
STEPS = {  # of a row; the pages of jobs translate them
    "Process downloads", "Stash metadata scan", "Incremental sync", "Analyse scenes", "Generate metadata", "Completion",
}  # fmt: skip
REASONS = {  # sentences of errors, which are stored, or which programs get too
    "No Stash is set: give its address in the settings (STASHHOG_STASH_URL).",
    "No qBittorrent is set: give its address in the settings (STASHHOG_QBITTORRENT_URL).",
    "No video tagger is set, so only names are looked for.",
    "No language model is set, so names are only looked for by matching.",
}
PACKAGES = {"Python", "Django", "django-q2", "channels", "daphne", "django-ninja"}
KNOWN = NAMES | CODES | STEPS | REASONS | PACKAGES | available_timezones()
PATTERNS = re.compile(
    r"""[^\w]*·\ StashHog | StashHog\ [\d.]+ | A\ ·\ StashHog          # titles, and the version
    | .*\|\ Can\ .* | .*permission\ relationships?:.* | .*\ object\ \(\d+\) | Attempted\ Access:.*  # of other apps
    | [0-9a-f-]{6,40} | \S*/\S* | /.*:\ No\ such\ file\ or\ directory | shog_\w* | \{.*\} | [*.\w-]+,[*.,/\w\ -]*
    | sample/,.* | (\d+\ (h|min|s)\ ?)+ | \d+\ +\d{4},\ \d\d:\d\d\ UTC | /mnt/vr\ ·\ hardlink
    | (\w+:\ )+it\ can't\ be\ reached\..* | viewer:\ .*;\ operator:\ .*;\ admin:.*""",
    re.VERBOSE,
)


def addresses() -> list[str]:
    """Of all pages; those that nobody may open are one page."""
    rules = {**PAGES, **ADMIN}
    return sorted({address for (method, address), rule in rules.items() if method == "GET" and rule != NOBODY})


def is_known(text: str) -> bool:
    """Whether it is data, alone or after a word that was translated (": phone", "of scene 7")."""
    parts = [part for part in re.split(r"^[\W\d]+|[:,]$", text) if part]
    return all(part in KNOWN or PATTERNS.fullmatch(part) for part in parts) or bool(PATTERNS.fullmatch(text))


@pytest.fixture(autouse=True)
def _types_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without those of the tests that the same process ran before."""
    tasks = {type: one for type, one in registry._tasks.items() if not is_of_a_test(one.function)}
    workflows = {type: one for type, one in registry._workflows.items() if not is_of_a_test(one)}
    monkeypatch.setattr(registry, "_tasks", tasks)
    monkeypatch.setattr(registry, "_workflows", workflows)


def is_of_a_test(declared: Any) -> bool:
    return str(declared.__module__).startswith("tests.")


@pytest.mark.django_db
def test_each_text_of_each_page_is_translated_and_german_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.add_the_rest()
    client = Client(headers={"accept-language": "de"})
    client.force_login(User.objects.create_superuser("boss"))
    asked, left = pseudo.speak(monkeypatch), defaultdict(set)
    pages: dict[str, str] = {name: render_to_string(name, IN_AN_ERROR) for name in ERRORS}
    for address in addresses():
        answer = client.get(stage.filled(address))
        if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            assert answer.headers["Content-Language"] == "de", address
            pages[address] = answer.text
    for address, page in pages.items():
        for text in pseudo.not_translated(page):
            if not is_known(text):
                left[text].add(address)
    assert {text: min(where) for text, where in left.items()} == {}
    assert len(pages) > 150
    assert not_in_german(asked) == set()


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


def acts(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    """What every form of a page and every action of the admin sends, and where to."""
    for method, address in PAGES:
        if method == "POST" and address not in ("/logout", "/language", "/healthz", "/readyz"):
            yield stage.filled(address), stage.body(address)
    for label, action in ACTIONS:
        row = stage.row(label, action)
        for confirmed in ({}, {"post": "yes"}):
            given = {"action": action, "_selected_action": [row.pk], **confirmed}
            yield f"/admin/{label.replace('.', '/')}/", given


@pytest.mark.django_db
def test_what_is_said_of_each_act_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.add_the_rest()
    client = Client(headers={"accept-language": "de"})
    client.force_login(User.objects.create_superuser("boss"))
    left: dict[str, str] = {}
    asked = pseudo.speak(monkeypatch)
    for address, body in acts(stage):
        with transaction.atomic():
            stage.make_ready(address)
            answer = client.post(address, body, follow=True)
            transaction.set_rollback(True)
        texts = pseudo.not_translated(answer.text) if answer.headers["Content-Type"].startswith("text/html") else set()
        left |= {text: f"{address} {body}" for text in texts if not is_known(text)}
    assert not left, "\n".join(left)
    assert not_in_german(asked) == set()
