"""Every count on any page is the number of rows in the list that it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from jobs.models import Schedule, Status
from scenes.models import (
    Change,
    Destination,
    Detection,
    Download,
    Generation,
    Outcome,
    Plan,
    RefusedLogin,
    Scan,
    Scene,
    SceneFile,
    StashTask,
    SyncState,
    TagRule,
)
from scenes.web.library.counts import counts
from tests.web.factories import make_job, make_run, make_token, make_user

pytestmark = pytest.mark.django_db
# What a count counts, and what its list shows of it, by how the list's address begins.
LISTED = {
    "/scenes/": r'<li id="scene-\d+">',
    "/downloads/?download=": r'<li><span><span class="badge ',
    "/downloads/": r'class="panel download"',
    "/review/": r'class="change ',
    "/needs/?need=": r"<li><div>",
    "/needs/": r'class="panel need ',
    "/jobs/": r'class="row"',
    "/admin/": r'<th class="field-',
}
PAGES = (
    "/", "/needs/", "/review/", "/review/?status=approved", "/scenes/", "/downloads/", "/jobs/", "/jobs/?status=active",
    "/settings/", "/settings/all/", "/guide/", "/health/", "/system/", "/admin/", "/admin/scenes/scene/",
)  # fmt: skip
# A link that says a number, and is no count of rows.
NO_COUNT = re.compile(r"\d+ of \d+|^Scene \d+|^\d+$")


@dataclass
class Anchor:
    """``count``: what it says that it counts; None: nothing."""

    address: str
    count: int | None
    text: str = ""


class Anchors(HTMLParser):
    """All links of a page; a count of the menu is in an element of its own."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[Anchor] = []
        self.is_open, self.is_badge = False, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            counted = given.get("data-count")
            self.found.append(Anchor(given.get("href") or "", int(counted) if counted else None))
            self.is_open = True
        self.is_badge = self.is_open and given.get("class") == "count"

    def handle_data(self, data: str) -> None:
        if self.is_open:
            self.found[-1].text += data
            if self.is_badge:
                self.found[-1].count = int(data)
                self.is_badge = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.is_open = False


def scenes() -> None:
    """Present ones and those gone from Stash, with and without a file, previews, analysis, failures."""
    now, number = timezone.now(), 0
    for gone in (None, now):
        for generated in (None, now):
            for outcome in (None, *Outcome):
                for analysed in (False, True):
                    number += 1
                    scene = Scene.objects.create(
                        pk=number, title=f"S{number}", created_at=now, remote_updated_at="x", deleted_at=gone,
                        generated_at=generated, video_analyzed=analysed,
                    )  # fmt: skip
                    if number % 3:
                        SceneFile.objects.create(pk=number, scene=scene, path=f"/f/{number}.mp4")
                    if outcome is None:
                        continue
                    Generation.objects.create(scene=scene, outcome=outcome)
                    StashTask.objects.create(scene_id=number, kind=StashTask.Kind.IDENTIFY, outcome=outcome)
                    for detector in ("detect_tags", "detect_video_tags", "detect_studios"):
                        Detection.objects.create(scene=scene, detector=detector, outcome=outcome)


def downloads() -> None:
    """Every outcome of a download, and every pair of outcomes of a file."""
    for download_outcome in Outcome:
        for number in range(3):
            download = Download.objects.create(hash=f"{download_outcome}{number}", name="D", outcome=download_outcome)
            for outcome in Outcome:
                for scan in Outcome:
                    file = download.files.create(name=f"{outcome}-{scan}", size=1, outcome=outcome)
                    Scan.objects.create(file=file, outcome=scan)


def changes() -> None:
    """Of every status; more of one scene and of one tag than a page shows."""
    plan = Plan.objects.create()
    common: dict[str, Any] = {"plan": plan, "kind": "add_tag", "detector": "d"}
    for scene in Scene.objects.all():
        Change.objects.bulk_create(
            Change(**common, scene=scene, value={"name": "Dog"}, key=f"{scene.pk}{status}{outcome}", status=status,
                   outcome=outcome, tag="dog")
            for status in Change.Status
            for outcome in Outcome
        )  # fmt: skip
    many = [Change(**common, scene_id=1, value={"name": f"t{n}"}, key=f"m{n}", tag=f"t{n}") for n in range(30)]
    Change.objects.bulk_create(many)


def the_rest() -> None:
    RefusedLogin.objects.create(fingerprint="f", message="Refused.")
    SyncState.load()
    SyncState.objects.update(another_library=True)
    make_run(Status.COMPLETED, at=7)
    make_job("sync", Status.FAILED, error_code="x", error_message="Why.")
    make_job("stash_scan", Status.FAILED, error_code="x", error_message="Why.")
    Destination.objects.create(name="VR", folder="/mnt/vr", categories="vr")
    TagRule.objects.create(tag_name="y")
    TagRule.objects.create(tag_name="z")
    Schedule.objects.create(name="Nightly", job_type="sync", cron="0 3 * * *")
    make_token(make_user("robot"))


@pytest.fixture
def everything(configure: Callable[..., object]) -> None:
    configure(max_item_attempts=3)
    scenes()
    downloads()
    changes()
    the_rest()


def rows_of(browser: Client, address: str) -> int:
    """How many rows its pages have together."""
    pattern = next(pattern for begin, pattern in LISTED.items() if address.startswith(begin))
    rows, following = 0, address
    while following:
        answer = browser.get(following)
        assert answer.status_code == 200, f"{following}: an address that a list does not know is a redirect"
        text = answer.text
        rows += sum(rows_in(browser, part, pattern) for part in text.split("<article"))
        following = next_of(following, text)
    return rows


def rows_in(browser: Client, part: str, pattern: str) -> int:
    """A page names some changes of a scene, and leads to the others."""
    whole = re.search(r'<a href="(/review/[^"]+)" data-count="\d+">All ', part)
    return rows_of(browser, unescape(whole[1])) if whole else len(re.findall(pattern, part))


def next_of(address: str, page: str) -> str:
    """The page after it of the same list; "" after the last."""
    path = address.partition("?")[0]
    if path.startswith("/admin/"):
        number = int((re.findall(r"\bp=(\d+)", address) or ["1"])[0]) + 1
        found = re.search(rf'<a[^>]* href="(\?[^"]*\bp={number})"', page)
        return path + unescape(found[1]) if found else ""
    found = re.search(r'<a href="([^"]+)" rel="next"', page)
    return "" if not found else unescape(found[1]) if found[1].startswith("/") else path + unescape(found[1])


def says_a_count(anchor: Anchor) -> bool:
    text = anchor.text.strip()
    has_number = re.search(r"(?<![\w.:])\d[\d,]*(?= \w|$)", text) and not NO_COUNT.search(text)
    return bool(has_number) and any(anchor.address.startswith(begin) for begin in LISTED)


def counts_on(browser: Client, address: str) -> list[Anchor]:
    page = browser.get(address)
    assert page.status_code == 200, address
    anchors = Anchors(page.text).found
    for anchor in anchors:
        if anchor.count is None and says_a_count(anchor):
            pytest.fail(f"{address}: “{anchor.text.strip()}” leads to a list: give it data-count, or another word.")
    return [anchor for anchor in anchors if anchor.count is not None]


def test_every_count_on_any_page_equals_its_list(browser: Client, everything: None) -> None:
    found: dict[tuple[str, int], str] = {}
    browser.get("/health/")  # what it finds needs a person from then on
    for page in PAGES:
        for anchor in counts_on(browser, page):
            base = page.partition("?")[0] if anchor.address.startswith("?") else ""
            found.setdefault((base + anchor.address, anchor.count or 0), page)
    wrong = [
        f"{page}: {count} leads to {address}, which has {rows}"
        for (address, count), page in found.items()
        if (rows := rows_of(browser, address)) != count
    ]
    assert not wrong, "\n".join(wrong)
    assert len(found) > 30, "something is counted on most pages"


def test_each_kind_of_the_librarys_counts_has_something_here(browser: Client, everything: None) -> None:
    assert all(count for _, count in counts())


def test_without_anything_every_count_is_zero_and_leads_to_an_empty_list(browser: Client) -> None:
    found = [
        anchor
        for anchor in counts_on(browser, "/")
        if "need=" in anchor.address and not anchor.address.startswith("/needs/")
    ]
    assert len(found) == 5
    assert {(anchor.count, rows_of(browser, anchor.address)) for anchor in found} == {(0, 0)}


def test_the_librarys_counts_take_one_query(django_assert_num_queries: Any) -> None:
    downloads()
    with django_assert_num_queries(1):
        counts()


def test_who_may_not_open_a_list_is_told_its_count_without_a_link(browser: Client) -> None:
    downloads()
    User.objects.update(is_superuser=False)
    User.objects.get().user_permissions.set(Permission.objects.filter(codename="view_scene"))
    page = browser.get("/").text
    assert "Downloads waiting" in page and 'href="/downloads/' not in page
