"""The web process may die: between the row of a new run and its wake-up, or while the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from jobs.crash_points import EngineCrashPoint
from jobs.models import Job, Status
from tests.acceptance.harness import new_token
from tests.faults.case import RUN, Case
from tests.faults.conftest import Expected, Note
from tests.faults.final_rows import differences
from tests.faults.matrix import Fault
from tests.faults.scenarios import prepared
from tests.faults.services import Services
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
TIMEOUT = 30  # seconds for each request


def asked(url: str, token: str, method: str, path: str, **body: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, f"{url}/api/{path}", json=body or None, headers=headers, timeout=TIMEOUT)


def assert_shown(case: Case, token: str, run: Job) -> None:
    """By a fresh web process."""
    shown = asked(case.start_web(), token, "GET", f"jobs/{run.pk}").json()
    assert (shown["status"], shown["percent"]) == ("completed", 100)
    assert shown["result"]["summary"]["total_synced_items"] == 3


@pytest.mark.parametrize("point", [EngineCrashPoint.STARTED, EngineCrashPoint.WAKEUP_SENT])
def test_a_run_whose_web_process_died_while_starting_it_is_done_all_the_same(
    services: Services, expected: Expected, note: Note, tmp_path: Path, point: EngineCrashPoint
) -> None:
    wanted = expected("link")
    with prepared(services, tmp_path, "link") as case:
        token = new_token()
        case.start_worker()
        case.arm(point)
        url = case.start_web()
        with pytest.raises(requests.ConnectionError):
            asked(url, token, "POST", "jobs", job_type=RUN, params={"batch_size": 2, "retry_delay": 0.2})
        case.armed = {}
        run = case.end(Job.objects.get(type=RUN))
        note(Fault(point, "", "link", "web"), case.seconds_to_resume(point))
        assert run.status == Status.COMPLETED, run.result
        assert_shown(case, token, run)
        case.nothing_is_left_half_done()
        different = [line for line in differences(wanted, case.final_state()) if "'source'" not in line]
    assert not different, "\n".join(different)


def test_a_run_goes_on_without_the_web_process(services: Services, expected: Expected, tmp_path: Path) -> None:
    wanted = expected("link")
    with prepared(services, tmp_path, "link") as case:
        services.slow(tagger=0.3)
        token = new_token()
        case.start_worker()
        case.start_web()
        run = case.begin()
        until(lambda: run.sub_jobs.claimed().filter(type="analysis").exists(), "the analysis", 30)
        case.kill_web()
        assert case.end(run).status == Status.COMPLETED
        assert_shown(case, token, run)
        different = differences(wanted, case.final_state())
    assert not different, "\n".join(different)
