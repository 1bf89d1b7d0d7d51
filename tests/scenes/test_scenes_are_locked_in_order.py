"""Whoever changes several scenes, or makes several rows that others make, too, goes by their order: on PostgreSQL two
transactions that did not could wait for each other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import testing
from scenes import services
from scenes.analysis.recording import Handled, ScenesRecorded
from scenes.models import Scene, TaggerModelSet
from scenes.simulators.stash import RunningStash
from scenes.sync.fetched import FetchedScenes
from scenes.sync.saving import save
from tests.scenes.analysis_factories import make_scene

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sync_writes_scenes_in_the_order_of_their_ids(library: RunningStash) -> None:
    context = testing.context("sync")
    rows = services.stash(context).scene_page(1, 10)
    save(context, FetchedScenes(rows[::-1], timezone.now() + timedelta(minutes=1)))
    with connection.cursor() as cursor:
        place = "rowid" if connection.vendor == "sqlite" else "ctid"
        cursor.execute(f"SELECT id FROM scenes_scene ORDER BY {place}")
        assert [pk for (pk,) in cursor.fetchall()] == sorted(int(row["id"]) for row in rows)


def test_sets_of_models_are_made_in_order() -> None:
    context, now = testing.context("analysis"), timezone.now()
    models = [{f"category {number}": 1} for number in range(10, 30)]
    scenes = [make_scene(pk) for pk in range(1, 21)]
    rows = [Handled(scene.pk, "video_tags", context.id, now, now) for scene in scenes]
    with context.transaction():
        ScenesRecorded(handled=list(zip(rows, models, strict=True))).save(context)
    assert [made.models for made in TaggerModelSet.objects.order_by("pk")] == models


def test_scenes_are_locked_in_the_order_of_their_ids() -> None:
    for pk in (3, 1, 2):
        make_scene(pk)
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        assert Scene.objects.filter(pk__in=[3, 1, 2]).locked().update(video_analyzed=True) == 3
    locks = [query["sql"] for query in captured if "FOR NO KEY UPDATE" in query["sql"]]
    assert len(locks) == (connection.vendor == "postgresql")
    assert all(sql.endswith("ORDER BY 1 ASC FOR NO KEY UPDATE") for sql in locks)
