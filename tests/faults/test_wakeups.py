"""The real run with wake-ups that come twice, late, in any order or never, while workers die and people cancel.

And through a real Redis, to which the web process sends.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from django_q.models import OrmQ
from redis import Redis

from jobs.models import Job, Status
from scenes.crash_points import CrashPoint
from scenes.demo.processes import free_port
from tests.acceptance.harness import new_token
from tests.faults import matrix
from tests.faults.cancelling import AFTERWARDS, AT_ONCE, CLEANS_UP, cancel_at_once, locks_are_free
from tests.faults.case import RUN
from tests.faults.conftest import Expected
from tests.faults.final_rows import differences
from tests.faults.holding import GENERATE, begin_held
from tests.faults.scenarios import everything_is_done, prepared
from tests.faults.services import Services
from tests.jobs.redis_server import needs_redis, redis
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
BROKER = {"DJANGO_SETTINGS_MODULE": "tests.jobs.example_app.settings"}
WAYS = matrix.selected(["chaos"], ["never", "twice", "late", "shuffled"])
TIMEOUT = 30  # seconds for a request
LONG = 240.0  # seconds for a run whose every wake-up may have to be missed first


@pytest.mark.parametrize("way", WAYS)
def test_a_run_whose_worker_dies_ends_the_same_when_wakeups_come(
    services: Services, expected: Expected, tmp_path: Path, way: str
) -> None:
    wanted = expected("link")
    with prepared(services, tmp_path, "link", **BROKER, STASHHOG_EXAMPLE_BROKER=way) as case:
        case.arm(CrashPoint.SCENE_TAGGED)
        begun = case.begin()
        if way == "never":  # also the wake-up of this process, too
            OrmQ.objects.all().delete()
        case.start_worker()
        run = case.end(begun, LONG)
        assert case.reached()
        assert run.status == Status.COMPLETED, run.result
        case.nothing_is_left_half_done()
        everything_is_done()
        different = differences(wanted, case.final_state())
    assert not different, "\n".join(different)


def test_a_cancel_while_no_worker_is_running_needs_no_wakeup(services: Services, tmp_path: Path) -> None:
    with prepared(services, tmp_path, "link", **BROKER, STASHHOG_EXAMPLE_BROKER="never") as case:
        case.arm(CrashPoint.GENERATE_SEEN, "frozen")
        case.start_worker()
        run = begin_held(case, GENERATE)
        case.wait_until_reached()
        case.stop_all()
        assert cancel_at_once(run) < AT_ONCE
        case.start_worker()
        until(locks_are_free, "the lock to be free", CLEANS_UP)
        AFTERWARDS[GENERATE.type](case, run)
        services.all_well()
        assert case.end(case.begin(), LONG).status == Status.COMPLETED
        case.nothing_is_left_half_done()
        everything_is_done()


@needs_redis
def test_a_run_that_the_web_process_started_goes_through_redis(
    services: Services, expected: Expected, tmp_path: Path
) -> None:
    wanted = expected("link")
    with redis(free_port(0)) as address, prepared(services, tmp_path, "link", STASHHOG_REDIS_URL=address) as case:
        url, token = case.start_web(), new_token()
        start = {"job_type": RUN, "params": {"batch_size": 2, "retry_delay": 0.2}}
        headers = {"Authorization": f"Bearer {token}"}
        requests.post(f"{url}/api/jobs", json=start, headers=headers, timeout=TIMEOUT).raise_for_status()
        assert wakeups_in(address) == 1, "the web process sent it elsewhere"
        case.start_worker()
        run = case.end(Job.objects.get(type=RUN))
        assert run.status == Status.COMPLETED, run.result
        assert not OrmQ.objects.exists()
        case.nothing_is_left_half_done()
        different = [line for line in differences(wanted, case.final_state()) if "'source'" not in line]
    assert not different, "\n".join(different)


def wakeups_in(address: str) -> int:
    """That wait in Redis, in whatever lists."""
    client = Redis.from_url(address)
    return sum(client.llen(key) for key in client.scan_iter() if client.type(key) == b"list")
