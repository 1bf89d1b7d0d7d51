"""Pictures of all pages, in light and dark, wide and on a phone: `make screenshots`.

It also says of each page what the browser's console said, and whether something is wider than the screen.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, QUIET, Site

WIDTHS = {"wide": 1280, "phone": 390}
# After " | " the admin action that is asked for of all rows.
PAGES = {
    "home": "/",
    "now": "/jobs/?status=active",
    "history": "/jobs/",
    "run": "/jobs/{run}/",
    "run-at-work": "/jobs/{running}/",
    "run-with-errors": "/jobs/{completed_with_errors}/",
    "run-cancelled": "/jobs/{cancelled}/",
    "run-failed": "/jobs/{failed}/",
    "batches": "/jobs/{running}/items?what=batches&step=analysis_batches",
    "failed-items": "/jobs/{running}/items?what=failed",
    "log": "/jobs/{running}/log",
    "review": "/review/",
    "scenes": "/scenes/",
    "scene": "/scenes/1/",
    "scene-rows": "/admin/scenes/scene/",
    "scene-row": "/admin/scenes/scene/1/change/",
    "tags": "/admin/scenes/tag/",
    "performers": "/admin/scenes/performer/",
    "studios": "/admin/scenes/studio/",
    "changes": "/admin/scenes/change/",
    "plans": "/admin/scenes/plan/",
    "downloads": "/downloads/",
    "download-rows": "/admin/scenes/download/",
    "settings": "/settings/",
    "settings-stash": "/settings/stash/",
    "settings-library": "/settings/library/",
    "settings-all": "/settings/all/",
    "guide": "/guide/",
    "guide-services": "/guide/services/",
    "guide-folders": "/guide/folders/",
    "guide-existing": "/guide/existing/",
    "guide-dry-run": "/guide/dry-run/",
    "guide-run": "/guide/run/",
    "needs-you": "/needs/",
    "destinations": "/admin/scenes/destination/",
    "destination": "/admin/scenes/destination/add/",
    "delete": "/admin/scenes/destination/1/delete/",
    "delete-several": "/admin/scenes/destination/ | delete_selected",
    "forget-library": "/admin/scenes/syncstate/ | accept_another_library",
    "schedule": "/admin/jobs/schedule/",
    "notifications": "/admin/notifications/channel/",
    "rules": "/admin/scenes/tagrule/",
    "tokens": "/admin/jobs/apitoken/",
    "users": "/admin/auth/user/",
    "user": "/admin/auth/user/1/change/",
    "health": "/health/",
    "system": "/system/",
    "job-rows": "/admin/jobs/job/",
    "start": "/admin/jobs/job/start/process_new_scenes/",
    "quiet-hours": "/admin/jobs/quiethours/",
    "schedule-form": "/admin/jobs/schedule/add/",
    "messages": "/admin/notifications/message/",
    "stash-jobs": "/admin/scenes/stashjob/",
    "groups": "/admin/auth/group/",
    "steps": "/admin/jobs/step/",
    "events": "/admin/jobs/event/",
    "sync-state": "/admin/scenes/syncstate/",
    "tables": "/admin/",
    "password": "/admin/password_change/",
    "not-found": "/nothing",
}


def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        site = Site(Path(place))
        try:
            runs = {"run": site.do("scenery()"), **site.do("big_runs()")}
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
                for scheme in ("light", "dark"):
                    for look, width in WIDTHS.items():
                        pictures(browser, site, folder, names, (scheme, look, width, runs))
                browser.close()
        finally:
            site.close()


def show(page: Page, address: str) -> None:
    address, _, action = address.partition(" | ")
    page.goto(address)
    if action:
        page.check("#action-toggle")
        page.select_option("[name=action]", action)
        with page.expect_navigation():
            page.click("[name=index]")


def pictures(
    browser: Browser, site: Site, folder: Path, names: list[str], how: tuple[str, str, int, dict[str, str]]
) -> None:
    scheme, look, width, runs = how
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{site.url}/admin/login/?next=/")
    page.screenshot(path=str(folder / f"login-{look}-{scheme}.png"))
    page.fill("#id_username", "ada")
    page.fill("#id_password", "a long password")
    page.click("[type=submit]")
    page.wait_for_url(f"{site.url}/")
    for name, address in PAGES.items():
        if names and name not in names:
            continue
        problems.clear()
        show(page, site.url + address.format(**runs))
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(folder / f"{name}-{look}-{scheme}.png"), full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append("wider than the screen")
        for line in problems:
            sys.stdout.write(f"{name} {look} {scheme}: {line}\n")
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
