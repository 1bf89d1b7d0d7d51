"""A browser far from the server shows each time by its own clock, in one format, in the admin too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.acceptance


@pytest.fixture
def run(site):
    return site.do("late_run()")


TOKYO = {
    "/jobs/{run}/": [".crumbs", "1 Dec 2026, 07:07"],
    "/jobs/{run}/items?what=failed": [".crumbs", "1 Dec 2026, 07:07"],
    "/jobs/{run}/log": [".whole-log", "1 Dec, 07:07:08"],
    "/jobs/": ["#main", "1 Dec, 07:07"],
    "/admin/jobs/job/": ["#result_list", "1 Dec 2026, 07:07"],
    "/admin/jobs/job/{run}/change/": [".field-created_at", "1 Dec 2026, 07:07"],
    "/admin/scenes/syncstate/": ["#result_list", "1 Dec 2026, 07:07"],
}


def test_every_page_has_the_clock_of_the_browser(site, visit, run):
    visitor = visit(timezone_id="Asia/Tokyo")
    for address, (place, time) in TOKYO.items():
        visitor.go(address.format(run=run))
        expect(visitor.page.locator(place)).to_contain_text(time)
        expect(visitor.page.locator("body")).not_to_contain_text("UTC")
    for address, place in (("/", ".overall"), ("/jobs/", "#main"), ("/admin/jobs/schedule/", "#result_list time")):
        visitor.go(address)
        expect(visitor.page.locator(place).first).to_contain_text("02:30")
    assert visitor.complaints == []


def test_german_dates_are_as_the_server_writes_them(visit, run):
    page = visit(timezone_id="Asia/Tokyo", locale="de-DE").page
    page.goto(page.url + f"jobs/{run}/")
    expect(page.locator(".crumbs")).to_contain_text("1. Dez 2026, 07:07")
    page.goto(page.url.partition("jobs/")[0] + "admin/jobs/schedule/")
    day = page.locator("#result_list time").first
    expect(day).to_have_text(re.compile(r"^(Mo|Di|Mi|Do|Fr|Sa|So) \d+\. [A-Z]\w\w \d{4}, 02:30$"))


def test_without_javascript_the_zone_of_the_server_is_named(visit, site, run):
    visitor = visit()
    cookies = visitor.context.cookies()
    plain = visitor.context.browser.new_context(java_script_enabled=False, timezone_id="Asia/Tokyo")
    plain.add_cookies(cookies)
    page = plain.new_page()
    page.goto(f"{site.url}/jobs/{run}/")
    expect(page.locator(".crumbs")).to_contain_text("30 Nov 2026, 22:07 UTC")
    plain.close()
