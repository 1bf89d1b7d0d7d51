"""The home page says in a sentence how it is, and shows what the last days were like."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job, Schedule, Status, Supervisor
from jobs.scheduling import pausing
from scenes.models import Download, Outcome, Scene
from scenes.simulators.qbittorrent import NewFile, running_qbittorrent
from scenes.web.home import waiting
from scenes.web.home.charts import DAYS, charts, step_times
from scenes.web.home.overall import Situation, last_run, overall_status
from scenes.web.service_states import ServiceState
from tests.web.factories import make_run, next_of

pytestmark = pytest.mark.django_db
FINE = (ServiceState("Stash", "fine", "Stash answers."), ServiceState("Video tagger", "unset", "None is set."))
AWAY = ServiceState("Stash", "bad", "Stash does not answer.")


def past_run(status: str = Status.COMPLETED, hours: int = 3, scenes: int = 10, **columns: Any) -> Job:
    run = make_run(status, at=7, result={"summary": {"total_scenes_analyzed": scenes}}, **columns)
    begun = timezone.now() - timedelta(hours=hours, minutes=5)
    Job.objects.filter(pk=run.pk).update(created_at=begun, started_at=begun, finished_at=begun + timedelta(minutes=5))
    return Job.objects.get(pk=run.pk)


def overall(**situation: Any) -> tuple[str, str]:
    found = overall_status(Situation(**{"states": FINE, **situation}))
    return found.level, re.sub("<[^>]+>", "", " ".join([found.head, *found.rest]))


def test_all_well() -> None:
    soon = timezone.localtime(timezone.now() + timedelta(hours=2))
    level, text = overall(run=past_run(), next_at=soon)
    assert (level, text) == ("ok", f"All well. Last run 3\xa0hours ago: 10 scenes. Next at {soon:%H:%M %Z}.")
    assert overall() == ("ok", "All well. Nothing has run yet.")
    just_ended = past_run()
    just_ended.finished_at = timezone.now() - timedelta(seconds=50)
    assert overall(run=just_ended)[1].startswith("All well. Last run a few seconds ago: 10 scenes.")


def test_one_that_is_away_comes_before_all_else() -> None:
    assert overall(states=(AWAY,), needing=5) == ("bad", "To put right: Stash. Nothing has run yet.")
    assert overall(states=(AWAY,), worker_alive=False)[1].startswith("To put right: worker, Stash.")


def test_a_run_that_failed_is_not_well_and_says_why() -> None:
    run = past_run(Status.FAILED, error_message="qBittorrent: no connection. Is it running?")
    level, text = overall(run=run)
    assert level == "bad" and text.startswith("The last run failed.") and "Is it running?" in text


def test_what_needs_a_person_is_counted() -> None:
    assert overall(needing=1)[1].startswith("It works, and 1 thing needs you.")
    assert overall(needing=4, run=past_run(Status.COMPLETED_WITH_ERRORS, errors=2)) == (
        "person", "It works, and 4 things need you. Last run 3\xa0hours ago: 10 scenes, 2 failures.",
    )  # fmt: skip


def test_a_service_that_was_not_asked_yet_is_not_called_well() -> None:
    assert overall(states=(ServiceState("Stash", "unknown", "…"),))[0] == "unknown"


def test_a_run_at_work_and_a_pause_are_said() -> None:
    assert "A run is at 50 %." in overall(run=make_run())[1]
    pause = SimpleNamespace(begun_at=timezone.now(), reason="Moving the disks.")
    assert re.search(r"^Paused since \d\d:\d\d UTC: nothing new begins. Moving the disks.", overall(pause=pause)[1])


def test_a_dry_run_is_no_last_run() -> None:
    run = past_run()
    past_run(hours=1, params={"dry_run": True})
    assert last_run() == run


def verdict_on(browser: Client) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", re.findall(r'<div class="overall.*?</div>', browser.get("/").text, re.S)[0])


def test_the_page_says_it_with_the_schedule_and_the_pause(browser: Client) -> None:
    Supervisor.objects.create(process="somebody", host="here", workers=4)
    Schedule.objects.create(name="Nightly", job_type="process_new_scenes", cron="0 2 * * *", enabled=True)
    assert "To put right: Stash, qBittorrent, Destinations." in verdict_on(browser)
    assert re.search(r"Next at .*02:00 UTC *\.", verdict_on(browser))
    Schedule.objects.update(enabled=False)
    assert "Next at" not in verdict_on(browser)
    pausing.pause(source="test")
    assert "Paused" not in verdict_on(browser), "what is wrong comes first"


def test_while_a_run_is_active_it_is_opened_instead_of_another_one_started(browser: Client) -> None:
    for address in ("/", "/jobs/"):
        page = browser.get(address).text
        assert "Process new scenes</button>" in page and "Open the run" not in page
    run = make_run()
    for address in ("/", "/jobs/"):
        page = browser.get(address).text
        assert f'href="/jobs/{run.pk}/">Open the run</a>' in page and "Process new scenes</button>" not in page
    assert "Step 4 of 6: Analyse scenes." in browser.get("/").text


def test_the_parts_that_are_read_again_are_the_same_ones_before_and_after_the_first_run(browser: Client) -> None:
    # live.js puts each part of the page as it is now in the place of the one with the same number.
    before = browser.get("/").text
    assert "Last run" not in before and "Step 4 of 6" not in before
    make_run()
    after = browser.get("/").text
    assert "Step 4 of 6" in after
    assert after.count("data-refresh") == before.count("data-refresh")


def test_the_form_has_every_parameter_of_a_run(browser: Client) -> None:
    page = browser.get("/").text
    for name in ("batch_size", "max_parallel_batches", "skip", "max_attempts", "retry_delay", "dry_run",
                 "auto_approve", "max_scenes"):  # fmt: skip
        assert f'name="{name}"' in page


def test_charts_count_the_days(browser: Client) -> None:
    now = timezone.now()
    for number, days in enumerate((0, 0, 1, DAYS + 3)):
        Scene.objects.create(pk=number + 1, title="x", created_at=now - timedelta(days=days), remote_updated_at="x")
    Scene.objects.create(pk=99, title="gone", created_at=now, remote_updated_at="x", deleted_at=now)
    past_run(Status.COMPLETED_WITH_ERRORS, hours=24, errors=3)
    past_run(Status.FAILED, hours=24)
    scenes, errors = charts()
    assert scenes.sentence == f"3 new scenes in {DAYS} days" and errors.sentence == f"4 errors in {DAYS} days"
    assert len(scenes.bars) == DAYS
    assert [bar.title.partition(": ")[2] for bar in scenes.bars[-2:]] == ["1 scene", "2 scenes"]
    assert [bar.height for bar in scenes.bars[-2:]] == [40, 80] and scenes.bars[0].height == 0
    assert sum(bar.height > 0 for bar in errors.bars) == 1
    page = browser.get("/").text
    assert page.count('<rect class="bar"') == 2 * DAYS and " style=" not in page


def test_seconds_per_step_are_those_of_the_runs_of_these_days() -> None:
    run = past_run()
    for index, step in enumerate(run.steps.order_by("index")):
        assert step.started_at is not None
        step.finished_at = step.started_at + timedelta(seconds=10 * (index + 1))
        step.save()
    times = step_times()
    assert [time.seconds for time in times] == [10, 20, 30, 40, 50, 60]
    assert times[-1].width == 100 and times[0].width == 16.7
    Job.objects.update(created_at=timezone.now() - timedelta(days=DAYS + 1))
    assert step_times() == []


def test_what_waits_in_qbittorrent_is_asked_live(
    browser: Client, configure: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No qBittorrent is set" in browser.get("/waiting").text
    with running_qbittorrent(tmp_path) as qbittorrent:
        configure(
            qbittorrent_url=qbittorrent.url,
            qbittorrent_username=qbittorrent.username,
            qbittorrent_password=qbittorrent.password,
        )
        assert "Nothing finished waits" in browser.get("/waiting").text
        torrent = qbittorrent.add_torrent("Dune Walk", [NewFile("Dune Walk/one.mp4", 5_000)])
        monkeypatch.setattr(waiting, "FRESH", 0.0)
        page = browser.get("/waiting").text
        assert "1 finished torrent in qBittorrent for the next run." in page and "Dune Walk" in page
        Download.objects.create(hash=torrent.hash, name="Dune Walk", outcome=Outcome.DONE)
        assert "Nothing finished waits" in browser.get("/waiting").text
        qbittorrent.server.go_away()
        assert "no connection" in browser.get("/waiting").text
        qbittorrent.server.come_back()


def test_all_that_waits_in_qbittorrent_has_a_list_of_its_own(
    browser: Client, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"Torrent {number:03}" for number in range(230)]
    monkeypatch.setattr(waiting, "ask", lambda config: waiting.Waiting(names))
    monkeypatch.setattr(waiting, "FRESH", -1.0)
    (address,) = re.findall(r'<a href="([^"]+)" data-count="230">All 230</a>', browser.get("/waiting").text)
    named: list[str] = []
    while address:
        named += re.findall(r"<li><bdi>([^<]+)</bdi></li>", browser.get(address).text)
        following = next_of(browser, address)
        address = following and f"/waiting/list{following}"
    assert named == names
    monkeypatch.setattr(waiting, "ask", lambda config: waiting.Waiting(names[:5]))
    assert "All 5" not in browser.get("/waiting").text, "they are all there"


def test_a_download_that_needs_a_person_makes_the_page_say_so(browser: Client) -> None:
    Download.objects.create(hash="a" * 40, name="x", outcome=Outcome.FAILED)
    page = browser.get("/").text
    assert "What needs you" in page and "Nothing needs you" not in page


@pytest.mark.parametrize("rows", [1, 40])
def test_the_page_takes_as_many_queries_for_many_rows_as_for_few(
    browser: Client, django_assert_max_num_queries: Any, rows: int
) -> None:
    for number in range(rows):
        Scene.objects.create(pk=number + 1, title="x", created_at=timezone.now(), remote_updated_at="x")
        past_run(hours=number)
        Download.objects.create(hash=str(number), name="x", outcome=Outcome.FAILED)
    with django_assert_max_num_queries(55):
        browser.get("/")
