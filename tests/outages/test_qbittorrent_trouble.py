"""qBittorrent away, hanging, refusing the login or banning us: the run fails with that reason, or waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from jobs.models import Job, Status
from scenes import services
from scenes.clients.base import Limits
from scenes.clients.qbittorrent import client
from scenes.models import RefusedLogin
from tests.outages.world import World, log_of, statuses_of

pytestmark = pytest.mark.one_database

ONLY_FIRST_FAILED = ["failed", *["pending"] * 5]
HASTY = Limits(connect=1, read=0.3, total=0.6)


def logins(world: World) -> int:
    return len(world.qbittorrent.server.control.asked("/auth/login"))


def away(world: World) -> None:
    world.qbittorrent.server.go_away()


def proxy(world: World) -> None:
    world.qbittorrent.server.control.arm("http", path="torrents/files", status=502, text="<html>Bad Gateway</html>")


def hanging(world: World) -> None:
    world.qbittorrent.server.control.arm("hang", path="torrents/files")


def cut_off(world: World) -> None:
    world.qbittorrent.server.control.arm("reset", path="torrents/files")


def come_back(world: World) -> None:
    world.qbittorrent.server.come_back()
    world.qbittorrent.server.control.clear()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.QBittorrentClient.__init__, "__kwdefaults__", {"read": HASTY, "write": HASTY})
    monkeypatch.setattr(services.qbittorrent, "__kwdefaults__", {"read": HASTY})


TROUBLE: dict[Callable[[World], None], tuple[str, str, str]] = {
    away: ("unreachable", "qBittorrent: no connection to http", "Is it running, and is the address"),
    proxy: ("server_error", "qBittorrent: failed with status 502", "or of the proxy before it"),
    hanging: ("timeout", "qBittorrent: gave no answer within", "does it hang?"),
    cut_off: ("broken_off", "qBittorrent: the connection to http", "Did it crash, or was it restarted?"),
}


def is_failed_with(job: Job, code: str, *words: str) -> bool:
    assert statuses_of(job) == ONLY_FIRST_FAILED, log_of(job)
    assert (job.status, job.error_code) == (Status.FAILED, code), job.error_message
    assert all(word in job.error_message for word in ("Process downloads failed:", *words)), job.error_message
    assert job.result is not None
    step = job.result["steps"]["process_downloads"]
    assert step["error"]["code"] == code and job.result["steps"]["stash_scan"]["status"] == "pending"
    assert job.result["steps"]["analysis_batches"] == []
    return True


@pytest.mark.parametrize("trouble", TROUBLE)
def test_in_trouble_for_good_the_run_fails_with_that_reason_and_the_next_one_makes_it_good(
    world: World, trouble: Callable[[World], None]
) -> None:
    trouble(world)
    job = world.run(max_attempts=2, retry_delay=0.05)
    code, *words = TROUBLE[trouble]
    assert is_failed_with(job, code, *words)
    assert job.sub_jobs.get().attempt == 2
    come_back(world)
    world.next_run_makes_it_good()


@pytest.mark.parametrize("trouble", [away, hanging, cut_off])
def test_in_trouble_for_a_moment_the_run_waits_and_completes(world: World, trouble: Callable[[World], None]) -> None:
    trouble(world)
    world.once_felt(lambda: come_back(world))
    job = world.run()
    assert job.status == Status.COMPLETED, log_of(job)
    world.nothing_is_lost()


def test_a_wrong_password_is_tried_once_in_all_runs_until_it_is_changed(world: World) -> None:
    world.configure(qbittorrent_password="not-the-one")
    for _ in range(2):
        job = world.run()
        assert is_failed_with(
            job, "login_refused", "qBittorrent: refuses user and password", "Correct user and password"
        )
        assert job.sub_jobs.get().attempt == 1
        assert "not-the-one" not in log_of(job)
    assert logins(world) == 1
    world.configure(qbittorrent_password=world.qbittorrent.password)
    world.next_run_makes_it_good()


def test_a_ban_says_what_lifts_it_and_is_not_tried_again_by_itself(world: World) -> None:
    for _ in range(5):
        world.qbittorrent.server.call(world.qbittorrent.login.attempt, "127.0.0.1", "admin", "no")
    job = world.run()
    assert is_failed_with(job, "banned", "qBittorrent: has banned this address", "restart qBittorrent or wait an hour")
    assert logins(world) == 1 and job.sub_jobs.get().attempt == 1
    world.qbittorrent.pass_time(3601)
    RefusedLogin.objects.update(banned_until=timezone.now())
    world.next_run_makes_it_good()
