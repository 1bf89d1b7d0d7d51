"""An upgrade that fails, and is begun anew by each restart, keeps the way back; with SQLite, where it has one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from jobs import backups
from tests.operations.conftest import everything
from tests.operations.rows import make_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _goes_half_way(settings: Any) -> Iterator[None]:
    """The database is of a version without sessions; the upgrade goes half-way, and no further, whenever it is tried."""
    call_command("migrate", "sessions", "zero", verbosity=0)
    settings.MIGRATION_MODULES = {"sessions": "tests.operations.half_an_upgrade"}
    yield
    settings.MIGRATION_MODULES = {}
    call_command("migrate", verbosity=0)


def start(times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(LookupError):
            call_command("prepare")


def test_starts_that_fail_again_and_again_take_no_backup_away(backups_folder: Path, settings: Any) -> None:
    settings.BACKUPS_KEPT = 2
    make_run()
    nightly = [backups.backup() for _ in range(2)]
    before = everything()
    start(times=5)
    made = sorted(set(backups_folder.iterdir()) - set(nightly))
    assert len(made) == 2, "one of the version before, one of the upgrade half-way"
    assert all(path.exists() for path in nightly)
    first = next(path for path in made if path.stem.endswith("before-upgrade"))
    backups.sqlite.put_back(first)
    assert everything() == before


def test_a_database_that_changed_between_two_starts_is_backed_up_again(backups_folder: Path) -> None:
    start(times=3)
    make_run()
    start()
    assert len(list(backups_folder.iterdir())) == 3
