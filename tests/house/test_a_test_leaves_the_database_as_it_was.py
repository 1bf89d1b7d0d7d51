"""``tests.emptying`` stands in for Django's own flush after each test that commits."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from scenes.models import Scene
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


def test_many_rows_go_too() -> None:
    before = rows()
    name = "x" * 250
    Scene.objects.bulk_create(Scene(id=number, title=name, created_at=BEGIN) for number in range(1, 5000))
    as_after_a_test()
    assert rows() == before
