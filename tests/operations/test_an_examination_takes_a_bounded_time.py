"""Whatever hangs, the doctor, the page Health and /api/health answer in a few seconds, and say what hangs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from jobs.models import Scope
from scenes import configuration
from scenes.configuration.saving import save
from scenes.models import Destination, Download
from scenes.probes import running
from scenes.probes.asking import SharedQuestions
from scenes.probes.results import OK, ProbeResult
from stashhog.ops.doctor import examining
from stashhog.ops.doctor.findings import Finding
from stashhog.ops.notifications import rounds
from tests.clients.fakes import HANG, Fake, serving
from tests.web.factories import make_token, make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]  # of services and folders
AT_MOST = 20.0  # seconds, on a busy machine; one service after the other would take longer


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Fake]:
    with serving(lambda request: HANG) as fake:
        url = fake.url
        save({"stash_url": url, "qbittorrent_url": url, "tagger_url": url, "library_path": str(tmp_path)})
        yield fake


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A folder on a dead mount: whoever looks at it waits for ever. Gives who did."""
    folder, over, waiting = tmp_path / "dead", threading.Event(), []
    folder.mkdir()
    real = os.stat

    def stat(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).startswith(str(folder)) and not over.is_set():
            waiting.append(threading.current_thread().name)
            over.wait(60)
        return real(path, *args, **options)

    monkeypatch.setattr(os, "stat", stat)
    yield waiting
    over.set()


def api() -> Any:
    token = make_token(make_user("program"), Scope.READ)
    return Client(headers={"Authorization": f"Bearer {token}"}).get("/api/health").json()


def in_time(findings: list[Finding], begin: float) -> list[Finding]:
    assert time.monotonic() - begin < AT_MOST
    return findings


def test_services_that_hang_are_asked_side_by_side_and_each_is_said(hanging: Fake) -> None:
    begin = time.monotonic()
    findings = {one.key: one for one in in_time(examining.examine().findings, begin)}
    for name in ("stash", "qbittorrent", "tagger"):
        assert findings[name].level != "ok" and "answer" in findings[name].text, findings[name]


def test_the_api_says_so_as_well(hanging: Fake) -> None:
    begin = time.monotonic()
    answer = api()
    assert time.monotonic() - begin < AT_MOST and answer["level"] == "fail"
    assert {"stash", "qbittorrent", "tagger"} <= {one["key"] for one in answer["findings"] if one["level"] != "ok"}


def test_who_asks_again_meanwhile_asks_nothing_twice(hanging: Fake) -> None:
    config = configuration.current()

    def look() -> None:
        running.probe_all(config, 5.0)
        connection.close()

    askers = [threading.Thread(target=look) for _ in range(4)]
    for one in askers:
        one.start()
    for one in askers:
        one.join(20)
    stash = [one for one in hanging.received if "graphql" in one.line]
    assert len(stash) <= 3, "its test, the one without a key, and its folders"


def test_who_asks_after_the_time_of_a_question_starts_no_second_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    over, asked = threading.Event(), []

    def hangs(config: Any) -> Any:
        asked.append(config)
        over.wait(60)

    monkeypatch.setattr(running, "asker", SharedQuestions())
    monkeypatch.setattr(running, "PROBES", {"stash": hangs})
    for _ in range(4):
        (result,) = running.probe_all(configuration.current(), 0.1)
        assert result.code == "timeout"
        rounds.within_time("disk", lambda: hangs("disk")) if len(asked) < 2 else None
    assert len(asked) == 2
    over.set()


def test_a_service_that_is_slow_for_whoever_asks_has_answered_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def slow(config: Any) -> ProbeResult:
        over.wait(60)
        return ProbeResult("stash", OK, "It answers.")

    monkeypatch.setattr(running, "asker", SharedQuestions())
    monkeypatch.setattr(running, "PROBES", {"stash": slow})
    config = configuration.current()
    assert running.probe_all(config, 0.1)[0].code == "timeout"
    first = running.asker.ask("stash", config, lambda: None)
    over.set()
    first.result(30)
    over.clear()
    assert running.probe_all(config, 0.1)[0].code == OK
    over.set()


def test_backups_on_a_disk_that_hangs_are_said_and_not_waited_for(
    tmp_path: Path, dead: list[str], settings: Any
) -> None:
    settings.BACKUPS_DIR = tmp_path / "dead" / "backups"
    begin = time.monotonic()
    findings = in_time(examining.examine().findings, begin)
    assert any(one.key == "disk" and "backups" in one.text for one in findings)


def test_a_disk_that_hangs_is_said_and_not_waited_for(tmp_path: Path, dead: list[str]) -> None:
    fine = tmp_path / "fine"
    fine.mkdir()
    save({"library_path": str(tmp_path / "dead" / "library"), "path_map": f"stash:/data={tmp_path / 'dead'}"})
    Destination.objects.create(name="VR", folder=str(fine), categories="vr")
    Download.objects.create(hash="a" * 40, name="Alps", save_path=str(tmp_path / "dead" / "downloads"))
    for _ in range(3):
        begin = time.monotonic()
        findings = in_time(examining.examine().findings, begin)
    hangs = [one for one in findings if "does not answer" in one.text and "dead" in one.text]
    assert {one.key for one in hangs} == {"disk"} and all(one.level == "fail" and one.fix for one in hangs)
    assert any(one.key == "destination" and str(fine) in one.text for one in findings), "the others are looked at"
    assert len(dead) == len(set(dead)), "nobody waits twice for the same answer"
