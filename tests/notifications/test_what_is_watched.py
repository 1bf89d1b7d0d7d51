"""Services, disks and workers are looked at by one process at a time, and told when they have changed for good."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from jobs.models import Maintenance, Supervisor
from scenes.configuration.saving import save
from scenes.simulators.stash import running_stash
from stashhog.ops.notifications import rounds
from stashhog.ops.notifications.conditions import Kind, Observation, remember
from stashhog.ops.notifications.models import Cause, Condition, Message
from tests.clients.fakes import http, serving
from tests.notifications.conftest import MakeChannel

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def channel(make_channel: MakeChannel) -> None:
    make_channel()


def titles() -> list[str]:
    return list(Message.objects.order_by("id").values_list("title", flat=True))


def look(*seen: bool, kind: Condition.Kind = Kind.SERVICE) -> None:
    """True: it was well."""
    for good in seen:
        remember(Observation(kind, "stash", not good, "Stash: no answer.", "Stash"))


def test_a_service_is_down_after_three_looks_in_a_row_and_back_after_two(clock: Any) -> None:
    look(True, False, False, True, False, False)
    assert titles() == [], "a moment's trouble"
    look(False)
    assert titles() == ["Stash is down"] and Message.objects.get().text == "Stash: no answer."
    look(False, False, True, False, True)
    assert titles() == ["Stash is down"]
    clock.shift(timedelta(hours=2))
    look(True)
    assert titles() == ["Stash is down", "Stash is back"]
    back = Message.objects.get(cause=Cause.SERVICE_BACK)
    assert back.text == "It was down for 2 hours." and back.path == "/health/"
    look(True, True)
    assert len(titles()) == 2


def test_what_is_found_and_what_is_told_are_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    look(False, False)

    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("stashhog.ops.notifications.conditions.write", broken)
    with pytest.raises(ZeroDivisionError):
        look(False)
    assert not Condition.objects.get().is_bad, "so the next look tells it"
    monkeypatch.undo()
    look(False)
    assert titles() == ["Stash is down"]


def test_services_are_asked_by_their_connection_tests(tmp_path: Path) -> None:
    with running_stash([tmp_path]) as stash:
        save({"stash_url": stash.url, "qbittorrent_url": "http://127.0.0.1:9"})
        for _ in range(3):
            rounds.observe_all()
        states = {one.name: one.is_bad for one in Condition.objects.filter(kind=Kind.SERVICE)}
        assert states == {"stash": False, "qbittorrent": True}, "what is not set is not looked at"
        assert titles() == ["qBittorrent is down"] and "127.0.0.1" in Message.objects.get().text
        save({"qbittorrent_url": None})
        rounds.observe_all()
        assert [one.name for one in Condition.objects.filter(kind=Kind.SERVICE)] == ["stash"]


def test_services_that_are_well_are_asked_every_five_minutes_and_others_every_minute(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad: set[str] = set()
    asked: list[str] = []

    def ask() -> list[Observation]:
        asked.append(timezone.localtime().strftime("%M"))
        return [Observation(Kind.SERVICE, name, name in bad, "", name) for name in ("stash", "qbittorrent")]

    monkeypatch.setattr(rounds, "observe_services", ask)
    for minute in range(12):
        if minute == 6:
            bad.add("stash")
        rounds.of_supervisor()
        clock.shift(MINUTE)
    assert asked == ["00", "05", "10", "11"]
    assert Condition.objects.get(name="stash").contrary == 2


def test_a_service_that_refuses_us_is_down_and_its_key_is_not_told() -> None:
    with serving(lambda request: http(401)) as fake:
        address = fake.url.replace("http://", "http://me:planted-secret@")
        save({"stash_url": address, "stash_api_key": "planted-secret"})
        for _ in range(3):
            rounds.observe_all()
    assert titles() == ["Stash is down"]
    assert "planted-secret" not in str(list(Message.objects.values())) + str(list(Condition.objects.values()))


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def disk_has(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def change(free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100 * 1024**3, 0, free))

    return change


def test_a_disk_that_is_almost_full_is_told_by_the_doctors_limits(disk_has: Callable[[int], None]) -> None:
    disk_has(50 * 1024**3)
    rounds.observe_all()
    disk_has(1024**3)
    rounds.observe_all()
    assert titles() == []
    rounds.observe_all()
    assert titles() == ["A disk is almost full"] and "1.0\xa0GB of 100.0\xa0GB free" in Message.objects.get().text
    assert Condition.objects.get(kind=Kind.DISK).value == 1024**3


def test_a_disk_that_is_away_is_no_full_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(path: Any) -> None:
        raise OSError("away")

    monkeypatch.setattr(shutil, "disk_usage", away)
    for _ in range(3):
        rounds.observe_all()
    assert titles() == [] and not Condition.objects.filter(kind=Kind.DISK).exists()


def test_one_of_all_supervisors_looks_each_minute(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(rounds, "observe_all", lambda: looks.append(1))
    for _ in range(6):  # of three hosts, every five seconds
        for _host in range(3):
            rounds.of_supervisor()
        clock.shift(timedelta(seconds=10))
    assert len(looks) == 1
    rounds.of_supervisor()
    assert len(looks) == 2
    Maintenance.objects.update(last_started_at=timezone.now() + timedelta(days=1))
    rounds.of_supervisor()
    assert len(looks) == 3, "the clock was set back"


def test_the_web_says_and_sends_that_no_worker_runs_after_five_minutes(receiver: Any, clock: Any) -> None:
    Supervisor.objects.create(process="here", host="here")
    for _ in range(4):
        rounds.of_web()
        clock.shift(MINUTE)  # its heartbeat is old by then
    assert titles() == []
    for _ in range(3):
        rounds.of_web()
        clock.shift(MINUTE)
    assert titles() == ["No worker is running"] and receiver.titles == ["StashHog: No worker is running"]
    Supervisor.objects.update(heartbeat_at=timezone.now())
    remember(rounds.observe_workers())
    assert not Condition.objects.get(kind=Kind.WORKER).is_bad and len(titles()) == 1


def test_the_web_leaves_the_outbox_to_the_workers_while_there_are_any(receiver: Any) -> None:
    Supervisor.objects.create(process="here", host="here")
    look(False, False, False)
    rounds.of_web()
    assert receiver.titles == []
    rounds.of_supervisor()
    assert receiver.titles == ["StashHog: Stash is down"]
