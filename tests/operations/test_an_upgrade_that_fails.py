"""An upgrade that fails, and is started over by each restart, keeps the way back; with SQLite, where it has one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from stashhog.ops import backups
from tests.operations.conftest import everything
from tests.operations.rows import make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


@pytest.fixture(autouse=True)
def _goes_half_way(settings: Any) -> Iterator[None]:
    """The database is of a version without sessions; the upgrade goes half-way, whenever it is tried."""
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
    backups.sqlite.load(first)
    assert everything() == before


def test_a_restore_that_can_not_be_brought_up_to_date_changes_nothing_and_names_the_way_back(
    backups_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = backups.backup()
    make_run()
    before = everything()
    with pytest.raises(LookupError, match="nobody thought of"):
        call_command("restore", str(file))
    assert everything() == before
    (kept,) = set(backups_folder.iterdir()) - {file}
    assert f"What is there now is in {kept}." in capsys.readouterr().err


def test_what_the_database_says_of_it_is_a_sentence(settings: Any) -> None:
    settings.MIGRATION_MODULES = {"sessions": "tests.operations.an_impossible_upgrade"}
    file = backups.backup()
    before = everything()
    with pytest.raises(CommandError, match=r"could not be brought up to date: .*; the database is as it was"):
        call_command("restore", str(file))
    assert everything() == before


def test_a_database_that_changed_between_two_starts_is_backed_up_again(backups_folder: Path) -> None:
    start(times=3)
    make_run()
    start()
    assert len(list(backups_folder.iterdir())) == 3
