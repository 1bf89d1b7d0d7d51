"""A dry run's connection: copies of some tables can be written to, and nothing else."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from jobs import testing
from jobs.models import Job
from scenes.bulk.tables import Table
from scenes.dry_run.database import scratch_database
from scenes.models import Download, Place, PlacedFile, Scene
from tests.scenes.analysis_factories import make_scene

pytestmark = pytest.mark.django_db(transaction=True)
COPIED = (Download, PlacedFile, Place)


def hashes() -> list[str]:
    return sorted(Download.objects.values_list("hash", flat=True))


def test_what_is_written_to_a_copy_is_seen_and_is_gone_afterwards() -> None:
    kept = Download.objects.create(hash="a", name="A")
    with scratch_database(COPIED):
        new = Download.objects.create(hash="b", name="B")
        assert new.pk > kept.pk
        Download.objects.filter(hash="a").update(name="other")
        PlacedFile.objects.bulk_create([PlacedFile(download=one, name="f", size=1) for one in (kept, new)])
        assert hashes() == ["a", "b"] and PlacedFile.objects.filter(download__hash="b").count() == 1
    assert hashes() == ["a"] and Download.objects.get().name == "A" and not PlacedFile.objects.exists()
    assert Download.objects.create(hash="c", name="C").pk == kept.pk + 1, "no number is used up"


def test_no_other_table_can_be_written_to() -> None:
    make_scene(1, "One")
    job = testing.run("sync")
    with scratch_database(COPIED):
        assert Scene.objects.get().title == "One"
        for write in (
            lambda: Scene.objects.update(title="x"),
            lambda: Scene.objects.all().delete(),
            lambda: Job.objects.filter(pk=job.pk).update(percent=F("percent") + 1),
            lambda: Job.objects.select_for_update().filter(pk=job.pk).update(percent=3),
            lambda: connection.cursor().execute("DROP TABLE scenes_scene"),
            lambda: connection.cursor().execute("CREATE TABLE extra (id integer)"),
            lambda: connection.cursor().execute("DELETE FROM scenes_setting"),
            lambda: connection.cursor().execute("UPDATE sqlite_master SET sql = ''"),
            lambda: connection.cursor().execute("PRAGMA writable_schema = 1"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                write()
    assert Scene.objects.get().title == "One"


def test_other_tables_are_read_by_many_ids_at_once() -> None:
    make_scene(1, "One")
    with scratch_database(COPIED):
        assert Table(Scene, ("id", "title")).rows("id", [1, 2]) == [(1, "One")]


def test_its_rules_are_those_of_the_tables() -> None:
    Download.objects.create(hash="a", name="A")
    with scratch_database(COPIED):
        with pytest.raises(IntegrityError), transaction.atomic():
            Download.objects.create(hash="a", name="A")
        Download.objects.bulk_create([Download(hash="a", name="A")], ignore_conflicts=True)
        row, is_new = Place.objects.get_or_create(use=Place.Use.LIBRARY, root="/x", mapping="")
        assert is_new and not Place.objects.update_or_create(use=row.use, root="/x", mapping="", defaults={})[1]
        with transaction.atomic():
            assert Download.objects.select_for_update().get().name == "A"


def test_others_write_meanwhile_and_it_can_be_left_for_a_moment() -> None:
    with scratch_database(COPIED) as scratch:
        with transaction.atomic():
            Download.objects.create(hash="b", name="B")
            with scratch.left():
                Download.objects.create(hash="c", name="C")
                assert hashes() == ["c"]
        assert hashes() == ["b"]
    assert hashes() == ["c"]


def test_it_is_left_after_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), scratch_database(COPIED):
        raise ZeroDivisionError
    Download.objects.create(hash="c", name="C")
    assert hashes() == ["c"]
