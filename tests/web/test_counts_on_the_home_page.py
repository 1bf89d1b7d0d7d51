"""Each count on the home page is the number of rows in the list that it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from django.utils.text import capfirst

from scenes.models import (
    Change,
    Detection,
    Download,
    Generation,
    Outcome,
    PlacedFile,
    Plan,
    Scan,
    Scene,
    SceneFile,
    StashTask,
)
from scenes.web.needs import needs

pytestmark = pytest.mark.django_db
PAGE = 50  # rows on a page of the admin
TILE = re.compile(r'<li class="(\w*)"><a href="([^"]+)"><b>(\d+)</b> <span>([^<]+)</span>')
STATUSES = list(Change.Status)


@pytest.fixture(autouse=True)
def _three_tries(configure: Callable[..., object]) -> None:
    configure(max_item_attempts=3)


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
    plan = Plan.objects.create()
    for scene in Scene.objects.all():
        common = {"plan": plan, "scene": scene, "kind": "add_tag", "value": {}, "detector": "d"}
        Change.objects.bulk_create(
            Change(**common, key=f"{scene.pk}{status}{outcome}", status=status, outcome=outcome)
            for status in STATUSES
            for outcome in Outcome
        )


def rows_of(browser: Client, address: str) -> int:
    """How many rows its pages have together."""
    rows, page = 0, 1
    while True:
        answer = browser.get(f"{address}{'&' if '?' in address else '?'}p={page}")
        assert answer.status_code == 200, "an address that the admin doesn't know is a redirect"
        here = answer.text.count('<th class="field-')
        rows += here
        if here < PAGE or f"p={page + 1}" not in answer.text:
            return rows
        page += 1


def test_every_count_equals_its_list(browser: Client) -> None:
    scenes()
    downloads()
    changes()
    tiles = TILE.findall(browser.get("/").text)
    assert sorted(label for *_, label in tiles) == sorted(capfirst(need.label) for need in needs())
    counts = {label: int(count) for _, _, count, label in tiles}
    assert {label: rows_of(browser, unescape(where)) for _, where, _, label in tiles} == counts
    assert all(counts.values()), "each kind has something here"


def test_without_anything_every_count_is_zero_and_leads_to_an_empty_list(browser: Client) -> None:
    page = browser.get("/").text
    assert "Nothing needs you" in page and TILE.findall(page)
    for _, where, count, _ in TILE.findall(page):
        assert (int(count), rows_of(browser, unescape(where))) == (0, 0)


def test_all_counts_take_one_query(django_assert_num_queries) -> None:
    downloads()
    with django_assert_num_queries(1):
        needs()


def failures(count: int) -> None:
    for number in range(count):
        download = Download.objects.create(hash=str(number), name=f"D{number}", outcome=Outcome.FAILED)
        PlacedFile.objects.create(download=download, name="f", size=1, outcome=Outcome.QUARANTINED)


def test_what_failed_says_that_it_is_cut_and_leads_to_lists_with_the_counts_that_it_says(browser: Client) -> None:
    scenes()
    downloads()
    changes()
    page = browser.get("/").text
    assert page.count('class="trouble"') == 20
    said = re.findall(r'<a href="([^"]+)">(\d+) ([\w ]+) failed or quarantined</a>', page)
    assert [what for *_, what in said] == [
        "downloads",
        "files",
        "detections",
        "changes",
        "scans",
        "previews",
        "Stash tasks",
    ]
    for where, count, _ in said:
        assert rows_of(browser, unescape(where)) == int(count) > 0


@pytest.mark.parametrize(("count", "cut"), [(0, False), (1, False), (20, False), (21, True)])
def test_what_failed_is_called_cut_only_when_it_is(browser: Client, count: int, cut: bool) -> None:
    failures(count)
    page = browser.get("/").text
    assert ("Only the first 20 are shown" in page) == cut
    assert (f"{count} downloads failed or quarantined" in page) == cut


def test_who_may_not_open_the_lists_is_told_the_counts_without_links(browser: Client) -> None:
    failures(21)
    User.objects.update(is_superuser=False)
    User.objects.get().user_permissions.set(Permission.objects.filter(codename="view_scene"))
    page = browser.get("/").text
    assert "21 downloads failed or quarantined" in page and "/admin/scenes/download" not in page
