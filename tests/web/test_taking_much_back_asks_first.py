"""A button that takes back many writes asks first, with how many and what becomes of them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from scenes.models import Change
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates


@pytest.fixture(autouse=True)
def written() -> None:
    """Three changes in Stash, one that was there before, one that is taken back already, one that waits."""
    make_scene(1, "Harbour")
    plan = make_plan()
    for number in range(5):
        add_tag(plan, 1, f"Tag {number}", status="applied")
    Change.objects.update(before={"present": False}, after={"present": True})
    Change.objects.filter(value__name="Tag 3").update(before={"present": True})
    Change.objects.filter(value__name="Tag 4").update(status="reverted")


def asked(browser: Client, address: str, button: str) -> str:
    found = re.search(rf'<button[^>]* {button}[^>]* data-confirm="([^"]*)"', browser.get(address).text)
    return unescape(found[1]) if found else ""


def test_all_of_a_scene_with_the_number_that_is_in_stash(browser: Client) -> None:
    assert asked(browser, "/scenes/1/", 'name="all"') == (
        "Take back all 3 changes that StashHog wrote to this scene? No later analysis proposes them again."
    )
    add_tag(make_plan(), 1, "Cat", status="proposed")
    assert asked(browser, "/scenes/1/", 'name="all"').endswith("The 1 change of it that waits for review is rejected.")


def test_all_of_a_scene_on_the_page_of_what_was_written(browser: Client) -> None:
    assert asked(browser, "/review/?status=applied", 'name="revert-scene"') == (
        "Take back the 4 changes that were written to Harbour? No later analysis proposes them again."
    )


def test_one_alone_needs_no_question(browser: Client) -> None:
    assert not asked(browser, "/scenes/1/", 'name="change"')
