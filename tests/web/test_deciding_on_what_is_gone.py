"""That much is gone from Stash, or that it has another library, is decided on a page with the facts and two buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from jobs import engine
from scenes.models import Scene, SyncState
from tests.scenes.analysis_factories import make_scene
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db
Configure = Callable[..., Any]
GONE, OTHER = "/needs/missing/", "/needs/another-library/"


@pytest.fixture(autouse=True)
def asked() -> None:
    for number in (1, 2, 3):
        make_scene(number, f"Film {number}")
    SyncState.load()
    SyncState.objects.update(missing_ids=[1, 2], another_library=True)


def test_what_needs_a_person_leads_there(browser: Client) -> None:
    page = browser.get("/needs/").text
    for address in (GONE, OTHER):
        assert f'<a class="button" href="{address}">Look and decide</a>' in page
    assert "/admin/scenes/syncstate/" not in page.partition("<main")[2]


def test_the_page_tells_the_facts_and_has_two_buttons(browser: Client) -> None:
    page = browser.get(GONE).text.partition("<main")[2]
    assert "No longer in Stash: 2 scenes." in page and "The next sync marks 2 scenes as deleted" in page
    assert 'href="/scenes/1/"' in page and "Film 2" in page and "Film 3" not in page
    assert re.search(r'<button class="danger" name="accept" value="1" data-confirm="The next sync marks 2', page)
    assert '<a class="button" href="/needs/">Leave it as it is</a>' in page
    other = browser.get(OTHER).text
    assert "Our copy of the old library goes: 3 scenes" in other and "Film 1" not in other


def test_the_address_of_stash_is_shown_without_the_login_of_a_proxy(browser: Client, configure: Configure) -> None:
    configure(stash_url="http://me:s3cret@nas:9999/stash/graphql?apikey=k3y")
    for address in (GONE, OTHER):
        page = browser.get(address).text
        assert "<bdi>http://nas:9999/stash</bdi>" in page and "s3cret" not in page and "k3y" not in page


def test_all_that_is_gone_is_named_page_by_page(browser: Client) -> None:
    for number in range(4, 64):
        make_scene(number, f"Film {number}")
    SyncState.objects.update(missing_ids=list(range(1, 64)))
    names: list[str] = []
    addresses = [""]
    for address in addresses:
        page = browser.get(f"{GONE}{address}").text
        names += re.findall(r'href="/scenes/(\d+)/"', page)
        addresses += re.findall(r'href="(\?after=\d+)" rel="next"', page)
    assert names == [str(number) for number in range(1, 64)]
    assert 'href="/scenes/1/"' in browser.get(f"{GONE}?after=no+number").text


def test_what_is_gone_is_accepted(browser: Client) -> None:
    page = browser.post(GONE, {"accept": "1"}, follow=True).text
    assert "2 accepted as gone" in page and GONE not in page
    assert SyncState.load().missing_accepted_at
    assert "This is settled." in browser.get(GONE, follow=True).text


def test_another_library_is_accepted_once_no_job_is_active(browser: Client) -> None:
    job = engine.start("sync", {}, source="test")
    assert "accept again" in browser.post(OTHER, {"accept": "1"}, follow=True).text and Scene.objects.exists()
    engine.cancel(job.pk)
    assert "3 scenes forgotten" in browser.post(OTHER, {"accept": "1"}, follow=True).text
    assert not Scene.objects.exists()


def test_who_may_only_look_gets_the_facts_and_no_button() -> None:
    viewer, client = make_user("vi"), Client()
    viewer.is_superuser = False
    viewer.save()
    viewer.groups.set([Group.objects.get(name="viewer")])
    client.force_login(viewer)
    for address in (GONE, OTHER):
        assert 'name="accept"' not in client.get(address).text.partition("<main")[2]
        assert client.post(address, {"accept": "1"}).status_code == 403
    assert Scene.objects.count() == 3 and not SyncState.load().missing_accepted_at


def test_the_list_of_the_admin_shows_bad_as_bad(browser: Client) -> None:
    page = browser.get("/admin/scenes/syncstate/").text
    assert re.search(r'field-is_same_library"><img[^>]*icon-no', page)
    SyncState.objects.update(another_library=False)
    page = browser.get("/admin/scenes/syncstate/").text
    assert re.search(r'field-is_same_library"><img[^>]*icon-yes', page)
