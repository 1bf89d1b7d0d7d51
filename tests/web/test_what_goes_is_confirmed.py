"""What nobody can take back asks first, and names what goes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from scenes.models import Place, Scene, SyncState
from tests.web.factories import make_user
from tests.web.test_admin import fill

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates
STATES, PLACES = "/admin/scenes/syncstate/", "/admin/scenes/place/"


@pytest.fixture
def missing() -> SyncState:
    fill(1)
    SyncState.objects.update(missing_ids=[1, 2, 3], another_library=True)
    return SyncState.objects.get()


def choose(browser: Client, address: str, action: str, pk: Any, **more: str) -> str:
    return browser.post(address, {"action": action, "_selected_action": [str(pk)], **more}, follow=True).text


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("accept_missing", "The next sync marks 3 scenes as deleted"),
        (
            "accept_another_library",
            "Our copy of the old library goes: 1 scene, with what was analysed of them and 1 change",
        ),
    ],
)
def test_forgetting_says_what_goes_and_does_nothing_before_it_is_confirmed(
    browser: Client, missing: SyncState, action: str, says: str
) -> None:
    before = SyncState.objects.values().get()
    page = choose(browser, STATES, action, missing.pk)
    assert says in page and str(missing) in page and "No, take me back" in page
    assert f'name="action" value="{action}"' in page and f'name="_selected_action" value="{missing.pk}"' in page
    assert SyncState.objects.values().get() == before and Scene.objects.exists()
    choose(browser, STATES, action, missing.pk, post="yes")
    assert list(SyncState.objects.values()) != [before]


def test_a_place_is_forgotten_after_its_name_was_shown(browser: Client) -> None:
    place = Place.objects.create(use=Place.Use.LIBRARY, root="/library/films", mount_point="/library")
    page = choose(browser, PLACES, "forget", place.pk)
    assert "/library/films" in page and "is forgotten and learnt again" in page
    assert Place.objects.get().mount_point == "/library"
    choose(browser, PLACES, "forget", place.pk, post="yes")
    assert not Place.objects.filter(mount_point="/library").exists()


def test_a_deletion_names_what_goes(browser: Client, missing: SyncState) -> None:
    from jobs.models import ApiToken

    token = ApiToken.objects.get()
    page = browser.get(f"/admin/jobs/apitoken/{token.pk}/delete/").text
    assert "Are you sure" in page and str(token) in page and ApiToken.objects.exists()


def test_all_that_was_chosen_is_named_or_is_one_click_away(browser: Client) -> None:
    for number in range(25):
        Place.objects.create(use=Place.Use.LIBRARY, root=f"/library/{number:02}", mount_point="/library")
    rows = [str(pk) for pk in Place.objects.values_list("pk", flat=True)]
    given: dict[str, Any] = {"action": "forget", "_selected_action": rows}
    page = browser.post(f"{PLACES}?o=1", given).text
    assert all(str(row) in page for row in Place.objects.all()) and "All 25" not in page
    page = browser.post(f"{PLACES}?o=1", given | {"select_across": "1"}).text
    assert f'<a href="{PLACES}?o=1">All 25</a>' in page


def test_a_group_that_is_deleted_names_who_is_in_it_and_no_rows_that_link_it(browser: Client) -> None:
    group = Group.objects.create(name="Friends")
    group.permissions.set(Permission.objects.all()[:3])
    make_user("bea", staff=False).groups.add(group)
    address = f"/admin/auth/group/{group.pk}/delete/"
    page = browser.get(address).text
    assert "Group: Friends" in page and "bea is no longer in it" in page and "object (" not in page
    browser.post(address, {"post": "yes"})
    assert not Group.objects.filter(pk=group.pk).exists() and User.objects.filter(username="bea").exists()
