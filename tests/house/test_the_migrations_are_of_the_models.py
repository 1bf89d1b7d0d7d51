"""The tests' database is made from the models, so nothing else would notice a migration that was forgotten."""

from __future__ import annotations

import pytest
from django.core.management import call_command

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_no_change_of_a_model_lacks_its_migration(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        call_command("makemigrations", check_changes=True, dry_run=True)
    except SystemExit:
        pytest.fail(f"Run `makemigrations`, which would write:\n{capsys.readouterr().out}")
