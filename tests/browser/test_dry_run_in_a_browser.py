"""The report of a dry run on the page of its run: light, dark, and on a phone; and the options that start one."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.acceptance

LONG = "/mnt/library/A_very_long_name_without_any_space_" + "x" * 150 + ".mp4"
TORRENTS = ("process_downloads", "torrent")
FILES = ("process_downloads", "file")
LINES = [  # step and kind, name, action, outcome, code, message
    (TORRENTS, "Film (2026)", "", "done", "linked", "It would end so. Files: 1 linked, 1 no video."),
    (FILES, "Film (2026)/film.mp4", "link", "done", "linked", f"It would be linked to {LONG}."),
    (FILES, "Film (2026)/readme.nfo", "", "not_wanted", "no_video", "It is no video."),
    (TORRENTS, "Far", "", "failed", "other_filesystem", "It would end so. Files: 1 other filesystem."),
    (FILES, "Far/far.mp4", "", "failed", "other_filesystem", "They are on different file systems."),
    (("analysis_batches", "scene"), "Old film", "analyse", "", "detect_tags", "In batch 1, by detect_tags."),
]


@pytest.fixture
def report(site: Any) -> str:
    message = "Dry run, nothing was done: 1 file would be linked"
    run = site.do(f"make_run(status='completed', params={{'dry_run': True}}, message={message!r})")
    job = site.do(f"make_sub_job(Job.objects.get(pk='{run}'), 'process_downloads', 'dry_run', status='completed')")
    for (step, kind), *columns in LINES:
        values = dict(zip(("name", "action", "outcome", "code", "message"), columns, strict=True))
        site.do(f"DryRunItem.objects.create(job_id='{job}', step='{step}', kind='{kind}', **{values!r})")
    return str(run)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_read_on_any_screen(site: Any, visit: Any, report: str, width: int, scheme: str) -> None:
    visitor = visit(width=width, color_scheme=scheme)
    visitor.go(f"/jobs/{report}/")
    page = visitor.page
    expect(page.get_by_role("heading", name="What a run would do")).to_be_visible()
    expect(page.locator(".lines .badge").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is scrolled to the side"
    assert page.locator(".lines li").count() == 6
    assert visitor.complaints == []


def test_a_dry_run_is_started_with_the_options(site: Any, visit: Any) -> None:
    page = visit().page
    page.get_by_text("Options").first.click()
    page.get_by_label("Dry run").select_option("true")
    page.get_by_role("button", name="Process new scenes").click()
    expect(page.locator("h1")).to_have_text("Process new scenes")
    assert site.do("Job.objects.get().params['dry_run']") is True
    expect(page.get_by_text("It is being looked at.")).to_be_visible()
