"""The card of a run: what happened, by name; what failed, with why and a link; how long it takes; many batches."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import engine
from jobs.declare.items import items
from jobs.models import Batch, Event, Job, Status
from jobs.web.cards.expected import seconds_left, usual_seconds
from jobs.web.cards.snapshot import load
from scenes.models import Detection, Download, Outcome, PlacedFile, Plan, Scan, Scene
from tests.web.factories import make_job, make_run, make_sub_job

pytestmark = pytest.mark.django_db
HOSTILE = "<i>שקיעה 🌅</i> " + "very_long_" * 25


def card(browser: Client, job: Job) -> str:
    return browser.get(f"/jobs/{job.pk}/").text


def ended(job: Job) -> Job:
    """As its worker ends it: counted from rows."""
    from jobs.engine.finishing import end, status_for
    from jobs.engine.reporting import report_of

    report = report_of(job)
    end(job.parent or job, job, status_for(report, None), report)
    return job


def scene(pk: int, title: str) -> Scene:
    return Scene.objects.create(pk=pk, title=title, created_at=timezone.now(), remote_updated_at="x")


def a_run_in_which_things_failed() -> Job:
    """A file that Stash does not find, and a scene that the tagger can't read; with what went well beside them."""
    run = make_run(at=4, percent=50)
    downloads = make_sub_job(run, "process_downloads", "process_downloads")
    scan = make_sub_job(run, "stash_scan", "stash_scan")
    for number, name in enumerate(("Harbour", HOSTILE)):
        download = Download.objects.create(hash=f"{number}" * 40, name=name, save_path="/x", outcome=Outcome.DONE)
        file = PlacedFile.objects.create(
            download=download, name=f"{name}.mp4", size=1, outcome=Outcome.DONE, job=downloads, placed_by=downloads
        )
        why = "Stash did not take it. Look into its log." if number else ""
        Scan.objects.create(file=file, job=scan, outcome=Outcome.FAILED if number else Outcome.DONE, message=why)
    analysis = make_sub_job(run, "analysis_batches", "analysis")
    plan = Plan.objects.create(job=analysis)
    plan.put([scene(1, "Dawn over the harbour").pk, scene(2, "Night").pk])
    Detection.objects.create(scene_id=1, detector="detect_video_tags", outcome=Outcome.DONE, job=analysis)
    for detector in ("detect_video_tags", "detect_tags"):
        Detection.objects.create(
            scene_id=2, detector=detector, outcome=Outcome.FAILED, job=analysis, message="The file ends in the middle."
        )
    for job in (downloads, scan, analysis):
        ended(job)
    return run


def test_every_step_names_what_failed_with_why_and_a_link(browser: Client) -> None:
    run = a_run_in_which_things_failed()
    page = card(browser, run)
    step = {key: part(page, f"step-{key}") for key in ("process_downloads", "stash_scan", "analysis_batches")}
    assert "failures" not in step["process_downloads"]
    file = PlacedFile.objects.get(name__startswith="<i>")
    assert f'href="/downloads/?download={file.download_id}"' in step["stash_scan"]
    assert "Stash did not take it. Look into its log." in step["stash_scan"] and "&lt;i&gt;שקיעה" in step["stash_scan"]
    assert step["analysis_batches"].count('href="/scenes/2/"') == 1, "one scene, though two detectors failed"
    assert "The file ends in the middle." in step["analysis_batches"] and "/scenes/1/" not in step["analysis_batches"]


def part(page: str, key: str) -> str:
    return page.partition(f'id="{key}"')[2].partition('id="step-')[0]


def test_what_failed_stays_named_when_a_later_run_did_it_well(browser: Client) -> None:
    run, other = a_run_in_which_things_failed(), make_job("analysis")
    Detection.objects.filter(scene=2).update(outcome=Outcome.DONE, job=other, message="")
    assert "The file ends in the middle." in card(browser, run)


def test_what_later_jobs_did_again_stays_as_it_was_on_the_card_of_the_run(browser: Client) -> None:
    run = a_run_in_which_things_failed()
    Job.objects.filter(pk=run.pk).update(status=Status.COMPLETED_WITH_ERRORS, single_flight="", errors=2)
    analysis = run.sub_jobs.get(type="analysis")
    Detection.objects.create(scene_id=2, detector="detect_studios", outcome=Outcome.DONE, job=analysis)
    Plan.objects.get(job=analysis).put([scene(3, "Never looked at").pk])
    sections = [(one.sentence, [item.name for item in one.first]) for one in items().done(run)]
    assert sections[1] == ("1 scene analysed", ["Dawn over the harbour"])
    later = make_job("analysis", Status.COMPLETED)
    Detection.objects.exclude(detector="detect_studios").update(outcome=Outcome.DONE, job=later, message="")
    assert [(one.sentence, [item.name for item in one.first]) for one in items().done(run)] == sections
    happened = card(browser, run).partition('id="happened"')[2].partition("</details>")[0]
    assert "1 scene analysed" in happened and "The file ends in the middle." in happened


def test_scenes_of_a_batch_that_did_not_end_well_are_a_later_jobs_alone() -> None:
    run = make_run(Status.CANCELLED, at=4)
    analysis = make_sub_job(run, "analysis_batches", "analysis", Status.CANCELLED)
    Plan.objects.create(job=analysis).put([scene(1, "Dawn").pk])
    later = make_job("analysis", Status.COMPLETED)
    Plan.objects.create(job=later).put([1])
    Detection.objects.create(scene_id=1, detector="detect_tags", outcome=Outcome.DONE, job=later)
    assert not items().done(run) and [one.count for one in items().done(later)] == [1]


def test_what_failed_in_an_earlier_attempt_is_not_named(browser: Client) -> None:
    run = a_run_in_which_things_failed()
    run.sub_jobs.filter(type="analysis").update(attempt=2, errors=0)
    assert "The file ends in the middle." not in part(card(browser, run), "step-analysis_batches")


def test_a_run_that_ended_says_first_what_happened_by_name(browser: Client) -> None:
    run = a_run_in_which_things_failed()
    Job.objects.filter(pk=run.pk).update(status=Status.COMPLETED_WITH_ERRORS, single_flight="", errors=2)
    page = card(browser, run)
    happened = page.partition('id="happened"')[2].partition("</details>")[0]
    assert " open>" in happened and page.index('id="happened"') < page.index('id="steps"')
    assert "2 torrents placed" in happened and "1 scene analysed" in happened and "2 failed" in happened
    assert "Dawn over the harbour" in happened and "Harbour</bdi>" in happened
    assert 'href="/scenes/1/"' in happened and 'href="/scenes/2/"' in happened


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.RUNNING])
def test_scenes_that_no_detector_handled_are_not_said_to_be_analysed(status: Status) -> None:
    run = make_run(at=4, percent=50)
    analysis = make_sub_job(run, "analysis_batches", "analysis", status)
    Plan.objects.create(job=analysis).put([scene(pk, f"Scene {pk}").pk for pk in (1, 2, 3)])
    assert not items().done(run)
    Detection.objects.create(scene_id=1, detector="detect_tags", outcome=Outcome.DONE, job=analysis)
    assert [one.sentence for one in items().done(run)] == ["1 scene analysed"]


def test_more_than_fits_leads_to_a_list_of_all_page_by_page(browser: Client) -> None:
    job = make_job("analysis", Status.COMPLETED_WITH_ERRORS, errors=120, result={"failed": 120})
    Event.objects.bulk_create(
        Event(
            job=job,
            kind="item_failed",
            message=f"Film {number}",
            data={"name": f"Film {number}", "reason": "Broken", "kind": "scene", "key": str(number)},
        )
        for number in range(1, 121)
    )
    page = card(browser, job)
    address = re.search(r'href="([^"]*what=failed[^"]*)">All 120 that failed', page)[1]  # type: ignore[index]
    seen: list[str] = []
    while address:
        listed = browser.get(address.replace("&amp;", "&")).text
        seen += re.findall(r"<bdi>Film (\d+)</bdi>", listed)
        following = re.search(r'href="([^"]*)" rel="next"', listed)
        address = f"/jobs/{job.pk}/items{following[1]}" if following else ""
    assert seen == [str(number) for number in range(1, 121)]
    large = f"what=failed&start={10**20}"
    for odd in ("what=torrents", "what=%00", "what=failed&start=x", "what=failed&step=%00", large):
        assert browser.get(f"/jobs/{job.pk}/items?{odd}").status_code in (200, 400, 404)


@pytest.fixture
def big(browser: Client) -> Job:
    """A run of 500 batches: two at work, three failed, 200 ended, the rest queued."""
    run = make_run(at=4, percent=60)
    step = run.steps.get(key="analysis_batches")
    status = dict.fromkeys(range(3, 201), Status.COMPLETED) | dict.fromkeys((1, 2, 200), Status.FAILED)
    status |= dict.fromkeys((201, 202), Status.RUNNING)
    batches = Batch.objects.bulk_create(
        Batch(step=step, number=number, status=status.get(number, Status.QUEUED)) for number in range(1, 501)
    )
    Job.objects.bulk_create(
        Job(
            type="analysis", status=batch.status, parent=run, step=step, batch=batch, started_at=timezone.now(),
            message="Scene 3 of 100: a title", params={"scene_ids": list(range(100))},
            error_message=f"The tagger is away: {batch.number}" if batch.status == Status.FAILED else "",
        )
        for batch in batches
    )  # fmt: skip
    return run


def test_500_batches_are_a_count_those_at_work_those_that_failed_and_a_list(browser: Client, big: Job) -> None:
    page = card(browser, big)
    step = part(page, "step-analysis_batches")
    assert "<b>200 of 500</b> batches ended" in step and "2 at work" in step and "3 went wrong" in step
    assert set(re.findall(r"batch (\d+)</span>", step)) == {"1", "2", "200", "201", "202"}
    assert "The tagger is away: 200" in step and len(page) < 60_000
    assert not re.search(r"… and \d+ more", page)
    listed = browser.get(f"/jobs/{big.pk}/items?what=batches&step=analysis_batches&start=450").text
    assert set(re.findall(r"batch (\d+)</span>", listed)) == {str(number) for number in range(451, 501)}
    assert 'rel="next"' not in listed and 'rel="prev"' in listed and len(listed) < 200_000


def test_a_card_takes_as_many_queries_for_500_batches_as_for_8(browser: Client, big: Job) -> None:
    card(browser, big)  # what is asked once a run
    with CaptureQueriesContext(connection) as many:
        card(browser, big)
    Batch.objects.filter(step__run=big, number__gt=204).delete()
    Batch.objects.filter(step__run=big, number__lt=197).delete()
    with CaptureQueriesContext(connection) as few:
        card(browser, big)
    assert len(many) == len(few) <= 30


def run_that_took(seconds: int, days_ago: int) -> Job:
    begun = timezone.now() - timedelta(days=days_ago)
    run = make_run(Status.COMPLETED, at=7)
    Job.objects.filter(pk=run.pk).update(created_at=begun)
    run.steps.update(started_at=begun, finished_at=begun + timedelta(seconds=seconds))
    return run


def test_the_time_that_is_left_is_what_earlier_runs_usually_took(browser: Client) -> None:
    for days_ago, seconds in enumerate((60, 60, 5000), start=1):
        run_that_took(seconds, days_ago)
    run_that_took(9, days_ago=-1)  # begun later
    run = make_run(at=4)
    assert set(usual_seconds(run).values()) == {60}
    left = seconds_left(run.steps.all(), usual_seconds(run))
    assert left == pytest.approx(60 - 40 + 2 * 60, abs=10)
    page = card(browser, run)
    assert "<dd>about 2 min</dd>" in page and page.count("usually 1 min 0 s") == 3
    assert "usually" not in card(browser, run_that_took(5, days_ago=100))


def test_a_dry_run_says_nothing_of_how_long_a_run_takes() -> None:
    Job.objects.filter(pk=run_that_took(1, days_ago=1).pk).update(params={"dry_run": True})
    run = make_run(at=4)
    assert not usual_seconds(run)
    other = run_that_took(60, days_ago=-1)
    Job.objects.filter(pk=other.pk).update(params={"dry_run": True})
    assert set(usual_seconds(other).values()) == {1}


def test_earlier_runs_are_found_by_an_index_and_are_few(browser: Client) -> None:
    for number in range(25):
        run_that_took(60 + number, days_ago=number + 1)
    run = make_run(at=4)
    with CaptureQueriesContext(connection) as captured:
        usual_seconds(run)
    runs, _ = [query["sql"] for query in captured if "LIMIT 100" in query["sql"] or "run_id" in query["sql"]]
    assert "LIMIT 100" in runs
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{runs}")
        plan = str(cursor.fetchall())
    assert "TEMP B-TREE" not in plan and "Sort" not in plan and "job_" in plan
    assert usual_seconds(run) is usual_seconds(run), "asked once a run"


def test_the_message_is_that_of_the_step_that_is_shown() -> None:
    run = make_run(at=3, percent=35, message="Incremental sync")
    make_sub_job(run, "incremental_sync", "sync", Status.COMPLETED, message="All is synced")
    run.steps.filter(index=3).update(status=Status.COMPLETED)
    (between,) = load([run])
    assert between.current_step and between.current_step.index == 4 and between.message == ""
    run.steps.filter(index=4).update(message="Analyse scenes: Stash is away. Retried in 30 s.")
    assert load([run])[0].message.startswith("Analyse scenes: Stash is away")
    run.steps.filter(index=4).update(status=Status.RUNNING)
    make_sub_job(run, "stash_scan", "stash_scan", message="Of another step, that was retried alone")
    make_sub_job(run, "analysis_batches", "analysis", message="Scene 1 of 2")
    assert load([run])[0].message == "Scene 1 of 2"


def test_a_cancelled_run_offers_to_go_on_and_does(browser: Client) -> None:
    run = make_run(at=4)
    make_sub_job(run, "analysis_batches", "analysis", Status.COMPLETED)
    make_sub_job(run, "analysis_batches", "analysis", Status.QUEUED, number=2)
    engine.cancel(run.pk)
    page = card(browser, run)
    assert ">Go on</button>" in page and "Retry what failed" not in page
    browser.post(f"/jobs/{run.pk}/retry")
    run.refresh_from_db()
    assert run.status == Status.QUEUED and run.sub_jobs.filter(status=Status.QUEUED).count() == 1
    assert run.sub_jobs.filter(status=Status.COMPLETED).count() == 1


def test_what_failed_is_offered_once_to_be_retried(browser: Client) -> None:
    run = make_run(Status.COMPLETED_WITH_ERRORS, at=7, errors=1)
    run.steps.update(status=Status.COMPLETED)
    run.steps.filter(index=2).update(status=Status.FAILED)
    make_sub_job(run, "stash_scan", "stash_scan", Status.FAILED, error_message="Stash is away.")
    page = card(browser, run)
    assert page.count("/retry") == 1 and ">Retry what failed</button>" in page
    run.steps.filter(index=4).update(status=Status.FAILED)
    page = card(browser, run)
    of_steps = re.findall(rf'/jobs/{run.pk}/retry#step-\w+" name="step"', page)
    assert len(of_steps) == 2, "each of two steps can be retried alone"


def test_that_no_worker_runs_is_said_on_the_card_of_what_waits(browser: Client) -> None:
    assert "so this job waits" in card(browser, make_run(Status.QUEUED, at=1))
    assert "so this job waits" not in card(browser, make_job("sync", Status.COMPLETED))
