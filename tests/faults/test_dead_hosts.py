"""A host dies with all its processes: another one continues their jobs when the lease has expired."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.models import Status
from scenes.crash_points import CrashPoint
from tests.faults import matrix
from tests.faults.conftest import Expected, Note
from tests.faults.final_rows import differences
from tests.faults.matrix import Fault
from tests.faults.scenarios import prepared
from tests.faults.services import Services

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]

# The default, 30 s, in `make faults`; a short one in between, since nothing depends on its length.
LEASE, HEARTBEAT = 30.0 if matrix.everything() else 3.0, 0.5  # seconds
LATER = 60.0  # seconds after the lease: half of one is promised and the table tells, but machines may be busy


@pytest.mark.parametrize("point", [CrashPoint.FILE_LINKED, CrashPoint.SCENE_TAGGED])
def test_another_host_goes_on_when_the_lease_is_over(
    services: Services, expected: Expected, note: Note, tmp_path: Path, point: CrashPoint
) -> None:
    wanted = expected("link")
    lease = {"STASHHOG_LEASE": f"{LEASE:g}", "STASHHOG_HEARTBEAT": f"{HEARTBEAT:g}"}
    with prepared(services, tmp_path, "link", **lease) as case:
        case.arm(point, "cluster")
        for name in ("attic", "cellar"):  # whichever reaches the point first is lost, and never comes back
            case.start_worker(STASHHOG_HOST_NAME=name)
        run = case.end(case.begin(), restart=False)
        seconds = case.seconds_to_resume()
        note(Fault(point, "", "link", f"host, lease {LEASE:g} s"), seconds)
        # The lease was renewed up to a heartbeat (and a look of 0.25 s) before the death.
        assert LEASE - HEARTBEAT - 1 < seconds < LEASE + LATER
        assert run.status == Status.COMPLETED, run.result
        case.nothing_is_left_half_done()
        different = differences(wanted, case.final_state())
    assert not different, "\n".join(different)
