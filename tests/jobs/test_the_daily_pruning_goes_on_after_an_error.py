"""One piece of the pruning that fails, of a locked database say, does not end it for the day."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.utils import timezone

from jobs import testing
from jobs.models import Job
from jobs.worker import retention
from jobs.worker.retention import DAY
from jobs.worker.supervisor import PRUNE_CHECK_INTERVAL, ClusterSupervisor
from tests.jobs import engine_examples  # noqa: F401 - registers the examples

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_failed_piece_left_is_removed_at_the_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    testing.run("model_plain")
    old = timezone.now() - 4000 * DAY
    Job.objects.update(created_at=old, finished_at=old)
    supervisor = ClusterSupervisor([])

    def locked(before: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(retention, "prune_some_runs", locked)
        with pytest.raises(OperationalError):
            look_often(supervisor)
    look_often(supervisor)
    assert Job.objects.exists(), "its next turn has not come"
    supervisor.prune_checked -= PRUNE_CHECK_INTERVAL
    look_often(supervisor)
    assert not Job.objects.exists()


def look_often(supervisor: ClusterSupervisor) -> None:
    for _ in range(10):
        supervisor.prune()
