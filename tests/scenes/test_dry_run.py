"""A dry run tells what a run would do, and does nothing."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import testing
from jobs.models import Job, Status
from scenes.models import DryRunItem
from tests.scenes.placing import Place

pytestmark = pytest.mark.django_db(transaction=True)


def dry_run(**params: Any) -> Job:
    return testing.run("process_new_scenes", dry_run=True, max_attempts=1, **params)


def test_a_torrent(place: Place) -> None:
    place.add("One", ["One/a.mp4", "One/a.srt", "One/readme.nfo"])
    job = dry_run()
    for row in DryRunItem.objects.all():
        print(row.step, row.kind, row.name, row.action, row.outcome, row.code, row.target, row.message)
    print(job.message, job.result)
    for s in job.steps.all():
        print(s.key, s.status, s.message, s.error_message)
    assert job.status == Status.COMPLETED
    assert not place.in_library()
