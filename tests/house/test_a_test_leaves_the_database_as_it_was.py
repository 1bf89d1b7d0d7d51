"""``tests.emptying`` stands in for Django's own flush after each test that commits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction

from scenes.models import Scene
from tests.processes import until
from tests.scenes.analysis_factories import BEGIN, make_scene
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, list[Any]]:
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(cursor.fetchall(), key=str)
        return found


def as_after_a_test() -> None:
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)


def test_what_a_test_added_is_gone() -> None:
    before = rows()
    make_user()
    make_scene(1)
    as_after_a_test()
    assert rows() == before


def test_what_was_made_with_the_tables_is_as_it_was() -> None:
    before = rows()
    Group.objects.first().permissions.clear()  # type: ignore[union-attr]
    Permission.objects.filter(codename__startswith="add").delete()
    ContentType.objects.filter(model="scene").update(model="other")
    as_after_a_test()
    assert rows() == before
    assert ContentType.objects.get_for_model(Scene).pk in ContentType.objects.values_list("pk", flat=True)


def read_one_table_and_then_all(holds_one: threading.Event) -> None:
    """As a read of several tables that the test gave up may do, which takes its locks in an order of its own."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(Scene._meta.db_table)}")
            holds_one.set()
            if connection.vendor == "postgresql":
                until(lambda: is_emptying(cursor), "the other to begin")
            for table in tables:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    finally:
        connection.close()


def is_emptying(cursor: Any) -> bool:
    cursor.execute("SELECT pg_stat_clear_snapshot()")  # else it is as it was when the transaction first looked
    cursor.execute("""SELECT EXISTS (SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND query LIKE 'DO $$ BEGIN%')""")
    return bool(cursor.fetchone()[0])


def test_it_waits_for_a_read_that_goes_on_meanwhile() -> None:
    before, holds_one = rows(), threading.Event()
    make_scene(1)
    with ThreadPoolExecutor(1) as threads:
        read = threads.submit(read_one_table_and_then_all, holds_one)
        assert holds_one.wait(30)
        as_after_a_test()
        read.result(30)
    assert rows() == before


def test_many_rows_go_too() -> None:
    before = rows()
    name = "x" * 250
    Scene.objects.bulk_create(Scene(id=number, title=name, created_at=BEGIN) for number in range(1, 5000))
    as_after_a_test()
    assert rows() == before
