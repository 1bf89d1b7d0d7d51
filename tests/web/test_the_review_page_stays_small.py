"""However much waits for review, its page asks the database as often, and shows as much: the rest is a page further."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scenes.models import Change, Marker, Plan
from scenes.plans.proposing import tag_of
from scenes.plans.values import change_key
from scenes.web.review.page import LINES, SCENES
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene, make_tag

pytestmark = pytest.mark.django_db
MOST_QUERIES = 25  # with those of the session, the login and the menu
MOST_BYTES = 400_000
MOST_AFTER_A_CLICK = 37  # what it does, and the page


def fill(plan: Plan, scenes: range, changes: int) -> None:
    """Scenes with a tag and a marker of their own, and so many proposed tags."""
    for pk in scenes:
        make_scene(pk, f"Scene {pk}", tags=(make_tag(pk, f"There {pk}"),))
        Marker.objects.create(pk=pk, scene_id=pk, title="x", seconds=1, primary_tag_id=pk)
        names = [{"name": f"Tag {number}"} for number in range(changes)]
        Change.objects.bulk_create(
            Change(plan=plan, scene_id=pk, kind="add_tag", value=value, key=change_key("add_tag", value),
                   tag=tag_of("add_tag", value), detector="detect_tags") for value in names
        )  # fmt: skip


def queries_of(browser: Client, address: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get(address)
    assert answer.status_code == 200
    return len(captured), answer.text


def test_ten_times_as_much_takes_as_many_queries_and_no_more_room(browser: Client) -> None:
    plan = make_plan()
    fill(plan, range(1, 3), 3)
    browser.get("/review/")
    few, _ = queries_of(browser, "/review/")
    fill(plan, range(3, 23), 60)
    many, page = queries_of(browser, "/review/")
    assert many == few <= MOST_QUERIES
    assert page.count('class="change ') == SCENES * LINES and len(page.encode()) < MOST_BYTES
    assert "All 60 changes of this scene" in page


def test_a_click_takes_as_many_queries_whatever_it_decides_on(browser: Client) -> None:
    fill(make_plan(), range(1, 21), 60)
    browser.get("/review/")
    counts = {}
    for button, value in (("approve-change", 5), ("approve-scene", 20), ("reject-tag", "Tag 7"), ("approve-all", 1)):
        with CaptureQueriesContext(connection) as captured:
            browser.post("/review/decide", {button: value}, follow=True)
        counts[button] = len(captured)
    assert max(counts.values()) <= MOST_AFTER_A_CLICK, counts


def all_pages(browser: Client, address: str) -> Iterator[str]:
    while address:
        page = browser.get(address).text
        yield page
        _, _, rest = page.partition('<nav class="pages"')
        before, is_there, _ = rest.partition('" rel="next"')
        address = before.rpartition('href="')[2].replace("&amp;", "&") if is_there else ""


def test_every_change_is_on_exactly_one_page(browser: Client) -> None:
    plan = make_plan()
    fill(plan, range(1, 16), 2)
    add_tag(plan, 3, "Written", status="applied")
    found = [line for page in all_pages(browser, "/review/") for line in page.split('id="change-')[1:]]
    shown = [int(line.partition('"')[0]) for line in found]
    assert sorted(shown) == list(Change.objects.filter(status="proposed").order_by("pk").values_list("pk", flat=True))


def test_a_scene_with_many_changes_is_read_to_its_end(browser: Client) -> None:
    fill(make_plan(), range(1, 2), 450)
    pages = list(all_pages(browser, "/review/?scene=1"))
    assert [page.count('class="change ') for page in pages] == [200, 200, 50]
