"""What a person sees and does: start, watch, cancel; light and dark; a phone; a restart of the server."""

from __future__ import annotations

import re
import signal
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.acceptance

# The buttons that are narrower than their text.
CUT_OFF = """[...document.querySelectorAll("button")]
    .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"""
LONG = "A_very_long_name_without_any_space_" * 6


def run_of(site: Any) -> str:
    """A run at work with two batches; its id."""
    run = site.do("make_run(at=4, percent=50)")
    for number in (1, 2):
        site.do(f"make_sub_job(Job.objects.get(pk='{run}'), 'analysis_batches', 'analysis', number={number})")
    return run


def change(site: Any, job: str, **columns: Any) -> None:
    site.do(f"change(Job.objects.get(pk='{job}'), **{columns!r})")


def test_a_run_is_started_watched_and_cancelled(site, visit):
    page = visit().page
    page.get_by_role("button", name="Process new scenes").click()
    expect(page.locator("h1")).to_have_text("Process new scenes")
    expect(page.locator(".card-title .badge")).to_contain_text("Queued")
    expect(page.get_by_text("No worker is running, so this job waits")).to_be_visible()
    page.evaluate("window.loadedOnce = true")
    job = page.url.rstrip("/").rsplit("/", 1)[1]

    site.do(f"Step.objects.filter(run='{job}', index=1).update(status='running')")
    change(site, job, status="running", percent=5)
    expect(page.locator(".now")).to_contain_text("Step 1 of 6: Process downloads")
    expect(page.locator(".bar-line > .percent")).to_have_text("5 %")
    expect(page.locator("[aria-current=step]")).to_contain_text("Process downloads")

    page.locator(".card-title").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="No, leave it").click()
    expect(page.locator(".card-title .badge")).to_contain_text("Running")
    assert page.evaluate("window.loadedOnce")
    page.locator(".card-title").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".card-title .badge")).to_contain_text("Cancelled")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert site.do(f"Job.objects.get(pk='{job}').status") == "cancelled"


def test_updates_leave_open_parts_focus_and_choice_alone(site, visit):
    run = run_of(site)
    visitor = visit()
    visitor.go(f"/jobs/{run}/")
    page = visitor.page
    visitor.is_live()
    page.locator("#parameters > summary").click()
    page.locator("#log > summary").focus()
    change(site, run, percent=65)
    expect(page.locator(".bar-line > .percent")).to_have_text("65 %")
    assert page.locator("#parameters").get_attribute("open") is not None
    assert page.evaluate("document.activeElement.parentElement.id") == "log"


def test_the_progress_of_both_batches_is_seen_without_a_reload(site, visit):
    run = run_of(site)
    visitor = visit()
    visitor.go(f"/jobs/{run}/")
    jobs = site.do(f"[job.pk.hex for job in Job.objects.filter(parent='{run}').order_by('batch__number')]")
    for number, job in enumerate(jobs, start=1):
        change(site, job, percent=30 + number, message=f"Scene {number} of 100")
        expect(visitor.page.locator(".sub-job").nth(number - 1)).to_contain_text(f"{30 + number} %")
    expect(visitor.page.locator(".now")).to_contain_text("Batch 1 of 2: scene 1 of 100")


def test_the_list_shows_new_jobs_and_keeps_to_its_filter(site, visit):
    visitor, filtered = visit(), visit()
    visitor.go("/jobs/")
    filtered.go("/jobs/?status=running")
    visitor.is_live()
    filtered.is_live()
    expect(visitor.page.get_by_text("Nothing has run yet.")).to_be_visible()
    expect(filtered.page.get_by_text("No job fits this filter.")).to_be_visible()
    run = run_of(site)
    for window in (visitor, filtered):
        expect(window.page.locator(".row")).to_have_count(1)
        expect(window.page.locator(".row .badge")).to_contain_text("Running")
    change(site, run, status="completed", percent=100, single_flight="")
    expect(visitor.page.locator(".row .badge")).to_contain_text("Completed")
    expect(filtered.page.locator(".row")).to_have_count(0)
    expect(visitor.page.get_by_text("Nothing has run yet.")).to_be_hidden()


def test_home_counts_again_when_a_job_changed(site, visit):
    visitor = visit()
    visitor.is_live()
    failed = visitor.page.locator(".needing li", has_text="Downloads failed")
    expect(failed).to_have_count(0)
    site.do(
        "__import__('scenes.models').models.Download.objects.create("
        "hash='a'*40, name='x', save_path='/x', outcome='failed')"
    )
    site.do("make_job('process_downloads', 'completed_with_errors')")
    expect(failed).to_contain_text("1")
    expect(visitor.page.locator(".row")).to_have_count(1)


def test_a_page_probes_a_server_that_is_away_and_opens_no_websocket_until_it_answers(site, visit):
    run = run_of(site)
    visitor = visit()
    visitor.go(f"/jobs/{run}/")
    visitor.is_live()
    visitor.page.evaluate("window.loadedOnce = true")
    site.go_away()
    expect(visitor.page.locator("#live")).to_have_text("Reconnecting…")
    change(site, run, percent=95)
    visitor.page.wait_for_timeout(6000)  # waits that double would be long by now
    probes: list[Any] = []
    sockets: list[Any] = []
    visitor.page.on("request", lambda request: probes.append(request))
    visitor.page.on("websocket", lambda socket: sockets.append(socket))
    for _ in range(200):  # of waits that double, one is that long by now
        if len(probes) < 6:
            visitor.page.wait_for_timeout(100)
    assert len(probes) >= 6 and not sockets, "for which a browser makes a page wait that has had many in vain"
    site.come_back()
    expect(visitor.page.locator(".bar-line > .percent")).to_have_text("95 %")
    visitor.is_live()
    assert sockets  # more than one where the server is slow: one that is silent while it answers otherwise is replaced
    change(site, run, status="failed", error_code="x", error_message="It broke. Fix it.", single_flight="")
    expect(visitor.page.locator(".problem-box")).to_contain_text("It broke. Fix it.")
    assert visitor.page.evaluate("window.loadedOnce")


def test_a_page_notices_that_the_server_says_nothing_any_more_and_is_right_once_it_does(site, visit):
    run = run_of(site)
    visitor = visit()
    visitor.go(f"/jobs/{run}/")
    visitor.is_live()
    site.process.send_signal(signal.SIGSTOP)
    try:
        expect(visitor.page.locator("#live")).to_have_text("Reconnecting…")
        change(site, run, percent=77)
    finally:
        site.process.send_signal(signal.SIGCONT)
    expect(visitor.page.locator(".bar-line > .percent")).to_have_text("77 %")
    visitor.is_live()


def test_a_login_that_ended_asks_for_a_new_one_also_after_a_restart(site, visit):
    visitor = visit()
    visitor.go(f"/jobs/{run_of(site)}/")
    visitor.is_live()
    site.go_away()
    site.do("__import__('django.contrib.sessions.models').contrib.sessions.models.Session.objects.all().delete()")
    site.come_back()
    expect(visitor.page.locator("#live")).to_contain_text("You are logged out. Log in again")
    visitor.page.get_by_role("link", name="Log in again").click()
    visitor.page.wait_for_url(re.compile("/admin/login/"))


def test_a_run_is_watched_to_its_end_which_says_what_happened(site, visit):
    page = visit().page
    page.get_by_role("button", name="Process new scenes").click()
    expect(page.locator(".message.success")).to_contain_text("was started")
    page.evaluate("window.loadedOnce = true")
    run = page.url.rstrip("/").rsplit("/", 1)[1]
    begin(site, run)
    expect(page.locator(".message.success")).to_be_visible()
    expect(page.locator(".sub-job")).to_contain_text("37 %")
    job = site.do(f"Job.objects.get(parent='{run}').pk.hex")
    failed = {"name": LONG, "reason": "The disk is full.", "kind": "download", "key": "7"}
    site.do(f"Job.objects.get(pk='{job}').events.create(kind='item_failed', level='warning', data={failed!r})")
    change(site, job, status="completed_with_errors", errors=1, percent=100)
    site.do(f"Step.objects.filter(run='{run}', index=1).update(status='completed_with_errors')")
    change(site, run, status="completed_with_errors", percent=100, single_flight="", errors=1, result={"summary": {}})
    expect(page.locator("#happened")).to_contain_text("1 failed")
    expect(page.locator("#step-process_downloads .failures a")).to_have_attribute("href", "/downloads/?download=7")
    expect(page.locator(".message.success")).to_have_count(0)
    assert page.evaluate("window.loadedOnce")


def begin(site: Any, run: str) -> None:
    """Its first step is at work."""
    site.do(f"make_sub_job(Job.objects.get(pk='{run}'), 'process_downloads', 'process_downloads', percent=37)")
    site.do(f"Step.objects.filter(run='{run}', index=1).update(status='running')")
    change(site, run, status="running", percent=5)


def test_a_pause_is_said_on_an_open_page_and_goes_again(site, visit):
    visitor = visit()
    visitor.go(f"/jobs/{run_of(site)}/")
    visitor.is_live()
    site.do("__import__('jobs.scheduling.pausing').scheduling.pausing.pause(source='test', reason='Disk swap')")
    expect(visitor.page.locator("#pause")).to_contain_text("Disk swap")
    visitor.page.get_by_role("button", name="Resume").click()
    expect(visitor.page.locator("#pause")).not_to_contain_text("Disk swap")


def background(visitor: Any) -> str:
    return visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_light_and_dark_follow_the_system_until_somebody_chooses(visit):
    light, dark = visit(color_scheme="light"), visit(color_scheme="dark")
    assert background(light) != background(dark)
    chosen = background(dark)
    light.page.get_by_role("button", name="Light or dark").click()
    assert background(light) == chosen
    light.go("/jobs/")
    assert background(light) == chosen
    light.go("/admin/")
    assert light.page.evaluate("document.documentElement.dataset.theme") == "dark"


def fits(visitor, address):
    sizes = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert sizes[0] <= sizes[1], (address, sizes)
    assert visitor.page.evaluate(CUT_OFF) == [], address


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_wider_than_the_screen(site, visit, width):
    visitor = visit(width=width)
    for address in ("/", "/jobs/"):
        visitor.go(address)
        for summary in visitor.page.locator(".start summary").all():
            summary.click()
        fits(visitor, address)
    run = run_of(site)
    site.do(f"make_job('sync', 'failed', error_code='x', error_message='{LONG}')")
    change(site, run, message=LONG)
    sub_job = site.do(f"Job.objects.filter(parent='{run}').first()")
    change(site, sub_job, message=LONG)
    for address in ("/", "/jobs/", f"/jobs/{run}/"):
        visitor.go(address)
        visitor.is_live()
        fits(visitor, address)


def test_the_keyboard_alone_starts_a_run(visit):
    page = visit().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Process new scenes":
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/jobs/.+/"))


def test_no_page_makes_the_browser_complain_or_loads_anything_from_elsewhere(site, visit):
    run = run_of(site)
    visitor = visit()
    asked: set[str] = set()
    visitor.page.on("request", lambda request: asked.add(request.url))
    for address in ("/", "/jobs/", f"/jobs/{run}/", "/admin/", "/admin/jobs/job/", "/api/docs"):
        visitor.go(address)
        visitor.page.wait_for_load_state("networkidle")
    expect(visitor.page.get_by_text("Start a job")).to_be_visible()
    assert visitor.complaints == []
    assert {url for url in asked if not url.startswith((site.url, "data:"))} == set()


def test_logging_out_ends_at_the_login_page(visit):
    visitor = visit()
    visitor.page.get_by_role("button", name="Log out").click()
    visitor.page.wait_for_url(re.compile("/admin/login/"))
    visitor.go("/jobs/")
    assert "/admin/login/" in visitor.page.url


@pytest.mark.parametrize("address", ["/settings/all/", "/admin/password_change/", "/admin/auth/user/add/"])
def test_what_the_browser_thinks_of_forms_with_passwords_is_nothing(visit: Any, site: Any, address: str) -> None:
    """It says as "verbose" that a form should be several, or that its user is missing."""
    visitor = visit()
    console: list[str] = []
    visitor.page.on("console", lambda message: console.append(message.text))
    visitor.go(address)
    visitor.page.wait_for_function("document.readyState === 'complete'")
    visitor.page.evaluate("new Promise((done) => requestIdleCallback(() => setTimeout(done, 500)))")
    assert [text for text in console if "[DOM]" in text] == []
