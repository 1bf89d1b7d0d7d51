"""Scenes of which nothing is known yet are looked at side by side, and recorded together."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import testing
from jobs.context import JobContext
from scenes.clients.stash.client import StashClient
from scenes.models import Generation, OutputKind, Scene
from scenes.simulators.stash import RunningStash
from scenes.stash.generation import outcomes

pytestmark = pytest.mark.django_db(transaction=True)


def statements(context: JobContext, ids: list[int]) -> int:
    """Those that recording these scenes as complete takes."""
    row: Any = {"scene_markers": []}
    with CaptureQueriesContext(connection) as captured:
        outcomes.already_there(context, {pk: (row, ["sprites"]) for pk in ids})
    return len(captured)


def test_complete_scenes_are_recorded_in_the_same_statements_however_many_they_are(
    synced: RunningStash, context: JobContext
) -> None:
    OutputKind.objects.create(name="sprites")
    ids = list(Scene.objects.values_list("pk", flat=True))
    assert statements(context, ids[:2]) == statements(context, ids[2:])
    assert not Scene.objects.filter(generated_at=None).exists()
    assert Generation.objects.filter(outcome="done", code="already_there").count() == len(ids)
    assert OutputKind.lacking.through.objects.count() == len(ids)


def test_outputs_of_several_scenes_are_asked_for_at_once(synced: RunningStash, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, lock, at_once, most = StashClient.output_exists, threading.Lock(), 0, 0

    def counted(self: StashClient, url: str) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.2)
        with lock:
            at_once -= 1
        return ask(self, url)

    monkeypatch.setattr(StashClient, "output_exists", counted)
    testing.run("stash_generate")
    assert 3 <= most <= 8
