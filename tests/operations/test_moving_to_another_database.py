"""The way from SQLite to PostgreSQL that docs/operations.md tells."""

from __future__ import annotations

import re
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from jobs.models import Supervisor
from jobs.web import tokens
from tests.operations.conftest import everything
from tests.operations.rows import make_run, make_traces
from tests.processes import ROOT
from tests.web.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


def to_the_millisecond(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    """JSON has no finer times; a watermark that is a little older only asks for a little more."""
    return [
        [v.replace(microsecond=v.microsecond // 1000 * 1000) if isinstance(v, datetime) else v for v in row]
        for row in rows
    ]


def linking_tables() -> set[str]:
    """Those whose rows have no number that anybody knows: they are kept with what they link."""
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table for model in models if model._meta.auto_created}


def test_every_row_that_counts_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "operations.md").read_text()
    dump, load = (re.findall(rf"^manage\.py ({name} .*)$", text, re.MULTILINE)[0] for name in ("dumpdata", "loaddata"))
    make_traces(make_run())
    tokens.create(make_user(), "for a program")
    before = everything()
    Supervisor.objects.create(process="nas|boot|ns|7|8", host="nas")
    call_command(*shlex.split(dump), verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    call_command(*shlex.split(load), verbosity=0)
    after = everything()
    counted = [name for name in before if name not in ("auth_permission", "django_content_type", "sqlite_sequence")]
    for name in counted:
        first = int(name in linking_tables())
        rows = [sorted(row[first:] for row in to_the_millisecond(all_rows[name])) for all_rows in (after, before)]
        assert rows[0] == rows[1]
