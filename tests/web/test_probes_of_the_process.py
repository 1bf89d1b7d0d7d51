"""/healthz and /readyz: for containers and proxies, which have no login and come by an address of their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from jobs.models import Supervisor
from stashhog.ops.doctor import readiness

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
BY_IP = Client(headers={"Host": "10.1.2.3:8000"})


def probed(path: str) -> tuple[int, bytes]:
    answer = BY_IP.get(path)
    return answer.status_code, answer.content


def test_a_process_that_answers_is_alive_whatever_host_is_asked_for() -> None:
    assert probed("/healthz") == (200, b"ok")
    assert BY_IP.get("/jobs/").status_code == 400  # so it is none of the allowed hosts


def test_it_is_ready_when_a_worker_runs_and_says_nothing_else() -> None:
    assert probed("/readyz") == (503, b"not ready")
    Supervisor.objects.create(process="here", host="here")
    assert probed("/readyz") == (200, b"ok")


def test_it_is_not_ready_while_tables_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    Supervisor.objects.create(process="here", host="here")
    monkeypatch.setattr("stashhog.ops.doctor.readiness.unapplied", lambda: 1)
    assert probed("/readyz") == (503, b"not ready")


def test_it_is_not_ready_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any) -> int:
        raise OperationalError("away")

    monkeypatch.setattr("stashhog.ops.doctor.readiness.unapplied", away)
    assert probed("/readyz") == (503, b"not ready")
    assert probed("/healthz") == (200, b"ok")


def test_it_counts_what_is_not_applied_as_django_does_and_reads_the_code_once(django_assert_num_queries: Any) -> None:
    Supervisor.objects.create(process="here", host="here")
    assert probed("/readyz") == (200, b"ok")
    with django_assert_num_queries(3):  # whether there is the table, what is in it, and the workers
        assert probed("/readyz") == (200, b"ok")
    [last] = MigrationExecutor(connection).loader.graph.leaf_nodes("jobs")
    MigrationRecorder(connection).record_unapplied(*last)
    executor = MigrationExecutor(connection)
    assert len(executor.migration_plan(executor.loader.graph.leaf_nodes())) == readiness.unapplied() == 1
    assert probed("/readyz") == (503, b"not ready")
