"""/healthz and /readyz: for containers and proxies, which have no login and come by an address of their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from jobs.models import Supervisor

pytestmark = pytest.mark.django_db
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
