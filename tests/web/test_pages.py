"""The pages, as the server renders them."""

from __future__ import annotations

import re

import pytest

from jobs.models import Event, Job, Status, Supervisor
from scenes.models import Download, Outcome
from tests.web.factories import STEPS, make_job, make_run, make_sub_job

pytestmark = pytest.mark.django_db


def test_an_empty_list_says_what_to_start(browser):
    page = browser.get("/jobs/").text
    assert "Nothing has run yet." in page and "Process new scenes" in page


def test_the_button_starts_a_run_with_the_options_and_shows_it(browser, user):
    answer = browser.post(
        "/jobs/start",
        {"job_type": "process_new_scenes", "batch_size": "20", "max_scenes": "", "skip": ["stash_scan", "completion"]},
    )
    job = Job.objects.get()
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    assert job.params["batch_size"] == 20 and job.params["skip"] == ["stash_scan", "completion"]
    assert job.started_by == user and job.source == "page"
    assert "No worker is running" in browser.get(answer.headers["Location"]).text


def test_a_second_start_links_to_the_run_that_is_active(browser):
    browser.post("/jobs/start", {"job_type": "process_new_scenes"})
    page = browser.post("/jobs/start", {"job_type": "process_new_scenes"}, follow=True).text
    assert "One is running already" in page and f'href="/jobs/{Job.objects.get().pk}/"' in page


@pytest.mark.parametrize("value", ["many", "-3", "1.5", "1e999", "nan"])
def test_an_option_that_can_not_be_used_is_told_and_nothing_starts(browser, value):
    page = browser.post("/jobs/start", {"job_type": "process_new_scenes", "batch_size": value}, follow=True).text
    assert "Scenes in a batch must be" in page and not Job.objects.exists()


def test_the_list_is_filtered_and_paged(browser):
    for _ in range(30):
        make_job("sync", Status.COMPLETED)
    failed = make_job("sync", Status.FAILED)
    page = browser.get("/jobs/?status=failed&type=sync").text
    assert page.count('class="row"') == 1 and str(failed.pk) in page
    first = browser.get("/jobs/").text
    assert first.count('class="row"') == 25
    older = re.search(r'href="\?(cursor=[^"]+)" rel="next"', first)
    assert older
    second = browser.get(f"/jobs/?{older[1]}").text
    assert second.count('class="row"') == 6 and "Newest" in second


def test_a_filter_that_there_is_not_leads_back_to_the_list_with_a_word(browser):
    assert "There is no status" in browser.get("/jobs/?status=great", follow=True).text
    assert "cursor" in browser.get("/jobs/?cursor=x", follow=True).text


def test_the_card_lists_the_six_steps_and_names_the_current_one(browser):
    run = make_run(at=4, percent=65)
    page = browser.get(f"/jobs/{run.pk}/").text
    for _, name, _, _ in STEPS:
        assert f"<h3>{name}</h3>" in page
    assert "Step 4 of 6: Analyse scenes" in page
    assert page.count('aria-current="step"') == 1
    weights = re.findall(r'<progress class="w(\d+) ', page)
    assert weights == ["15", "15", "15", "35", "15", "5"]
    filled = re.findall(r'<progress class="w\d+ [^"]*" max="100" value="(\d+)"', page)
    assert filled == ["100", "100", "100", "57", "0", "0"]


def test_the_card_shows_the_active_sub_jobs_with_type_status_and_progress(browser):
    run = make_run(at=4)
    make_sub_job(run, "analysis_batches", "analysis", percent=37, message="Scene 37 of 100", number=1)
    make_sub_job(run, "analysis_batches", "analysis", Status.QUEUED, number=2)
    page = browser.get(f"/jobs/{run.pk}/").text
    assert "batch 1" in page and "Scene 37 of 100" in page and 'value="37"' in page
    assert "Batch 1 of 2: scene 37 of 100" in page and "Queued" in page


def test_a_batch_that_failed_stays_on_a_card_with_hundreds_of_batches(browser):
    run = make_run(at=4)
    for number in range(1, 61):
        status = Status.FAILED if number == 3 else Status.COMPLETED
        message = "The tagger is away" if number == 3 else ""
        make_sub_job(run, "analysis_batches", "analysis", status, number=number, error_message=message)
    page = browser.get(f"/jobs/{run.pk}/").text
    assert "The tagger is away" in page and "All batches</a>" in page and " more<" not in page


def test_the_card_takes_as_many_queries_for_many_sub_jobs_as_for_one(browser, django_assert_max_num_queries):
    run = make_run(at=4)
    for number in range(1, 41):
        make_sub_job(run, "analysis_batches", "analysis", Status.COMPLETED, number=number)
    with django_assert_max_num_queries(33):
        browser.get(f"/jobs/{run.pk}/")


def test_errors_are_shown_with_what_to_do_and_without_markup_of_others(browser):
    run = make_run(Status.FAILED, at=1, percent=5, error_code="unreachable", error_message="<b>Is it running?</b>")
    Event.objects.create(job=run, kind="failed", level="error", message="<script>alert(1)</script>")
    page = browser.get(f"/jobs/{run.pk}/").text
    assert "&lt;b&gt;Is it running?&lt;/b&gt;" in page and "<script>alert" not in page


def test_a_finished_run_has_a_summary_and_no_cancel_button(browser):
    summary = {"total_synced_items": 42, "total_errors": 0}
    run = make_run(Status.COMPLETED, percent=100, result={"summary": summary})
    page = browser.get(f"/jobs/{run.pk}/").text
    assert "Synced items" in page and "<dd>42</dd>" in page
    assert f"/jobs/{run.pk}/cancel" not in page


def test_cancelling_from_the_page_cancels_the_run(browser):
    browser.post("/jobs/start", {"job_type": "process_new_scenes"})
    job = Job.objects.get()
    assert browser.post(f"/jobs/{job.pk}/cancel", {"confirmed": "yes"}).headers["Location"] == f"/jobs/{job.pk}/"
    job.refresh_from_db()
    assert job.status == Status.CANCELLED
    assert "has ended already" in browser.post(f"/jobs/{job.pk}/cancel", follow=True).text


@pytest.mark.parametrize(
    "address", ["/jobs/00000000-0000-4000-8000-000000000000/", "/jobs/7", "/nothing", "/admin/nothing/"]
)
def test_an_address_with_nothing_there_is_answered_with_a_page_of_ours(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text and 'href="/"' in answer.text and "Log out" in answer.text


def test_without_a_login_the_page_of_an_unknown_address_shows_nothing(client):
    page = client.get("/nothing")
    assert page.status_code == 404 and "There is nothing at this address" in page.text
    assert "Log out" not in page.text and "Settings" not in page.text


def test_home_counts_what_the_library_needs(browser, django_assert_max_num_queries):
    Download.objects.create(hash="a" * 40, name="x", save_path="/x", outcome=Outcome.FAILED)
    Supervisor.objects.create(process="somebody", host="here", workers=4)
    with django_assert_max_num_queries(45):
        page = browser.get("/").text
    assert re.search(r'class="bad"><a [^>]*data-count="1"><b>1</b> <span>Downloads failed', page)
    assert "No Stash is set." in page and "No worker is running" not in page


def test_every_page_has_strict_headers_and_no_inline_script_or_style(browser):
    run = make_run()
    for address in ("/", "/jobs/", f"/jobs/{run.pk}/", "/admin/", "/admin/jobs/job/"):
        answer = browser.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["X-Frame-Options"] == "DENY"
        assert "no-store" in answer.headers["Cache-Control"] or "no-cache" in answer.headers["Cache-Control"]
        scripts = re.findall(r"<script\b(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", answer.text)
        assert not scripts and " style=" not in answer.text and " onclick=" not in answer.text
