"""The tests' database is made from the models, so nothing else would notice a migration that was forgotten."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.core.management import call_command

from stashhog.ops.management.commands.makemigrations import merged

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_no_change_of_a_model_lacks_its_migration(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        call_command("makemigrations", check_changes=True, dry_run=True)
    except SystemExit:
        pytest.fail(f"Run `makemigrations`, which would write:\n{capsys.readouterr().out}")


@pytest.mark.parametrize("app", ["jobs", "scenes"])
def test_a_migration_makes_a_table_with_its_indexes_at_once(app: str) -> None:
    operations = import_module(f"{app}.migrations.0001_initial").Migration.operations
    assert len(merged(operations)) == len(operations), "Write it by `manage.py makemigrations`: it is applied sooner."
