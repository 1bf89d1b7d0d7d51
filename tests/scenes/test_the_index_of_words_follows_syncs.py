"""The index of words is as the tables are: after syncs, which insert or update in one statement, after a dry run, which
leaves it alone, and after a table was made again."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import CharField, Q

from jobs import testing
from jobs.models import Status
from scenes.bulk.columns import model_field
from scenes.bulk.tables import Table
from scenes.dry_run.database import scratch_database
from scenes.models import Scene, SceneFile, SyncState
from scenes.search import indexes, sqlite
from scenes.search.finding import narrowed, with_word
from scenes.simulators.stash import RunningStash
from scenes.sync.forgetting import accept_another_library
from scenes.sync.saving import FILES, SCENES
from tests.scenes.analysis_factories import make_scene
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
IS_SQLITE = connection.vendor == "sqlite"
WORDS = ["lighthouse", "harbour", "garden", "number", "winter"]


@pytest.fixture(params=[(3, 4096), (2, 1), (4096, 4096)])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """After how many rows the index takes in how many."""
    for name, rows in zip(("MANY", "TAKEN_AT_ONCE"), request.param, strict=True):
        monkeypatch.setattr(sqlite, name, rows)


def assert_all_are_found() -> None:
    for word in WORDS:
        has_it = Q(title__icontains=word) | Q(files__path__icontains=word)
        by_index = with_word(word, names=False)
        assert by_index is not None
        expected = set(Scene.objects.filter(has_it).values_list("pk", flat=True))
        assert set(narrowed(Scene.objects.filter(has_it), [word]).values_list("pk", flat=True)) == expected
        assert expected <= {row["pk"] for row in by_index}


def with_value(table: Table, pk: int, name: str, value: str) -> tuple[Any, ...]:
    """A row of a sync: as the one that is there, or as the first one."""
    values = (table.rows("id", [pk]) or table.rows("id", [1]))[0]
    row = dict(zip([field.name for field in table.fields], values, strict=True)) | {"id": pk, name: value}
    return tuple((row | {"scene": pk} if table is FILES else row).values())


def test_rows_are_inserted_and_updated_again_and_again(many: None) -> None:
    make_scene(1, "As it was", path="/data/1.mp4")
    chance = random.Random(7)
    for _ in range(60):
        pks = sorted(chance.sample(range(1, 9), 3))
        with transaction.atomic():
            SCENES.upsert([with_value(SCENES, pk, "title", " ".join(chance.sample(WORDS, 2))) for pk in pks])
            FILES.upsert([with_value(FILES, pk, "path", f"/data/{chance.choice(WORDS)}/{pk}.mp4") for pk in pks])
            indexes.take_in()
        if chance.random() < 0.2:
            Scene.objects.filter(pk=chance.choice(pks)).exclude(pk=1).delete()
        assert_all_are_found()
    if IS_SQLITE:
        assert_index_and_notes_are_at_one()


def assert_index_and_notes_are_at_one() -> None:
    """The index has each row once, but those that are noted as new; and those noted as gone still."""
    for index in indexes.INDEXES:
        noted, table = f"{index.name}_noted", index.table
        in_index = f"SELECT id FROM {index.name}_docsize"
        expected = (
            f"SELECT id FROM {table} WHERE id NOT IN (SELECT id FROM {noted} WHERE NOT known)"
            f" UNION SELECT id FROM {noted} WHERE known"
        )
        with connection.cursor() as cursor:
            assert set(cursor.execute(in_index).fetchall()) == set(cursor.execute(expected).fetchall())


def test_a_title_and_a_path_that_change_twice_are_synced(library: RunningStash, many: None) -> None:
    user = User(library)
    for number in range(3):
        user.set_title(3, f"Lighthouse {number}")
        user.rename_file(4, f"/seeded/harbour {number}.mp4")
        job = testing.run("sync")
        assert job.status == Status.COMPLETED, job.error_message
    assert Scene.objects.get(pk=3).title == "Lighthouse 2"
    assert_all_are_found()


@pytest.mark.one_database
def test_a_sync_and_forgetting_have_it_take_in_what_they_changed(
    library: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MANY", 3)
    assert testing.run("sync").status == Status.COMPLETED
    assert noted() == [0, 0]
    assert_index_and_notes_are_at_one()
    SyncState.objects.update(another_library=True)
    assert accept_another_library() > 3
    assert noted() == [0, 0]
    assert_index_and_notes_are_at_one()


def noted() -> list[int]:
    """How many rows of each index are noted."""
    with connection.cursor() as cursor:
        tables = (f"{index.name}_noted" for index in indexes.INDEXES)
        return [cursor.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


def test_a_dry_run_leaves_it_as_it_was_and_has_none(many: None) -> None:
    for pk in range(1, 9):
        make_scene(pk, f"Lighthouse {pk}")
    before = contents()
    with scratch_database([Scene, SceneFile]):
        Scene.objects.filter(pk__lt=5).update(title="Harbour")
        SceneFile.objects.filter(pk=1).delete()
        make_scene(20, "Garden", path=None)
        assert Scene.objects.filter(title__contains="Harbour").count() == 4
        kinds = kinds_of_copied_indexes()
    assert contents() == before
    assert kinds == (set() if IS_SQLITE else {"btree"})


def contents() -> list[list[Any]]:
    """Of all tables of the index; PostgreSQL keeps it itself."""
    if not IS_SQLITE:
        return []
    tables = [f"{index.name}{part}" for index in indexes.INDEXES for part in ("_noted", "_data", "_docsize")]
    with connection.cursor() as cursor:
        return [cursor.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]


def kinds_of_copied_indexes() -> set[str]:
    if IS_SQLITE:
        return set()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname LIKE 'pg_temp%'")
        return {sql.split(" USING ")[1].split()[0] for (sql,) in cursor.fetchall()}


@pytest.mark.one_database
@pytest.mark.parametrize(("model", "name"), [(Scene, "title"), (SceneFile, "path"), (Scene, "date")])
def test_a_migration_may_make_the_table_again(model: type[Scene], name: str) -> None:
    make_scene(1, "Lighthouse", path="/data/harbour.mp4")
    old = model_field(model, name)
    new = CharField(max_length=4000, default="x")
    new.set_attributes_from_name(name)
    new.model = model
    with connection.schema_editor() as editor:
        editor.alter_field(model, old, new)
    assert Scene.objects.filter(title="Lighthouse").exists()
    call_command("migrate", verbosity=0)
    make_scene(2, "Harbour")
    assert_all_are_found()
    with connection.schema_editor() as editor:
        editor.alter_field(model, new, old)
    indexes.make()


@pytest.mark.one_database
def test_an_index_that_another_version_made_is_made_again() -> None:
    make_scene(1, "Lighthouse")
    trigger = "scenes_scene_trigrams_inserted"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger}")
        cursor.execute(f"CREATE TRIGGER {trigger} AFTER INSERT ON scenes_scene BEGIN SELECT 1; END")
    assert with_word("lighthouse", names=False) is None
    indexes.make()
    make_scene(2, "Harbour")
    assert_all_are_found()
