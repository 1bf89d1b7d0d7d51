"""All pages are in one shell: the same header and menu on ours and on the admin's, with what its user may open."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client, RequestFactory
from django.urls import reverse

from scenes.models import Change, Plan, Scene
from stashhog.shell.entries import MENU
from stashhog.shell.menu import Menu
from tests.web.factories import make_run, make_user
from tests.web.test_admin import REGISTERED, changelist, fill

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a href="([^"]+)"(?: aria-current="(\w+)")?>(?:<svg.*?</svg>)?<span>([^<]+)</span>')
COUNT = re.compile(r'<b class="count">(\d+)</b>')


def menu_on(browser: Client, address: str) -> str:
    page = browser.get(address, follow=True).text
    assert page.count('id="menu"') == 1, f"{address} has no menu, or two"
    return page[page.index('id="menu"') : page.index("</nav>", page.index('id="menu"'))]


def links_on(browser: Client, address: str) -> dict[str, tuple[str, str]]:
    """By label: where it leads, and what `aria-current` says."""
    return {unescape(label): (unescape(where), here) for where, here, label in LINK.findall(menu_on(browser, address))}


def sections(browser: Client, address: str) -> list[str]:
    return re.findall(r'#\w+"></use></svg><span>([^<]+)</span>', menu_on(browser, address))


def test_every_page_is_in_the_same_shell(browser: Client) -> None:
    fill(1)
    run = make_run()
    names = sections(browser, "/")
    assert names == [part.label for part in MENU if part.label in names] and len(names) >= 6
    for address in ("/jobs/", f"/jobs/{run.pk}/", "/health/", "/admin/", "/admin/password_change/", "/nothing"):
        assert sections(browser, address) == names
    for model in REGISTERED:
        assert sections(browser, changelist(model)) == names
    assert sections(browser, reverse("admin:scenes_scene_change", args=[1])) == names


@pytest.mark.parametrize(
    ("address", "label", "how"),
    [
        ("/", "Home", "page"),
        ("/jobs/", "History", "page"),
        ("/jobs/?status=failed", "History", "page"),
        ("/jobs/?status=active", "Now", "page"),
        ("/scenes/", "Scenes", "page"),
        ("/scenes/1/", "Scenes", "true"),
        ("/admin/scenes/tag/1/change/", "Tags", "true"),
        ("/admin/scenes/sync", "", ""),
        ("/admin/scenes/syncstate/", "Sync state", "page"),
        ("/admin/scenes/marker/", "Markers", "page"),
        ("/health/", "Health", "page"),
    ],
)
def test_the_menu_says_where_a_page_is(browser: Client, address: str, label: str, how: str) -> None:
    fill(1)
    current = {name: here for name, (_, here) in links_on(browser, address).items() if here}
    assert current == ({label: how} if label else {})


def test_every_link_of_the_menu_leads_to_a_page(browser: Client) -> None:
    for address in ("/", "/jobs/", "/scenes/", "/admin/scenes/setting/", "/health/"):
        for label, (where, _) in links_on(browser, address).items():
            assert browser.get(where).status_code == 200, label


def test_every_table_of_the_admin_is_in_the_menu(browser: Client) -> None:
    pages = ("/", "/jobs/", "/scenes/", "/admin/scenes/setting/", "/health/")
    addresses = {where for page in pages for where, _ in links_on(browser, page).values()}
    assert {changelist(model) for model in REGISTERED} <= addresses
    assert "Internals" in menu_on(browser, "/health/") and "Internals" not in menu_on(browser, "/jobs/")


def client_of(role: str) -> Client:
    user = make_user(role or "nobody")
    User.objects.filter(pk=user.pk).update(is_superuser=False)
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_a_role_is_offered_what_it_may_open_and_nothing_else(role: str) -> None:
    client = client_of(role)
    for page in ("/", "/jobs/", "/health/", "/admin/scenes/setting/"):
        for label, (where, _) in links_on(client, page).items():
            assert client.get(where).status_code == 200, (role, label)
    settings = links_on(client, "/admin/scenes/setting/")
    assert ("Users" in settings) is (role == "admin")


def test_who_has_no_role_is_offered_the_home_page_alone() -> None:
    assert sections(client_of(""), "/") == ["Home"]


def test_without_a_login_there_is_no_menu(client: Client) -> None:
    for address in ("/nothing", "/admin/login/"):
        page = client.get(address).text
        assert 'id="menu"' not in page and "StashHog" in page


def changes(number: int) -> None:
    fill(number)
    plan = Plan.objects.create()
    for index in range(number):
        Change.objects.create(plan=plan, scene=Scene.objects.get(pk=number), kind="add_tag", value={}, key=str(index))


def test_the_menu_takes_one_query_whatever_there_is(user: User, django_assert_num_queries) -> None:
    for number in (1, 20):
        changes(number)
        request = RequestFactory().get("/")
        request.user = User.objects.get(pk=user.pk)
        menu = Menu(request)
        with django_assert_num_queries(1):
            assert len(menu.parts) >= 6 and menu.trail


def test_a_page_of_the_admin_takes_one_query_for_it(browser: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(5):  # session, user, recent actions, the pause, and the menu's counts
        browser.get("/admin/")


def test_a_count_is_that_of_the_page_it_leads_to(browser: Client) -> None:
    changes(3)
    assert COUNT.findall(menu_on(browser, "/")) == ["4"]
    where, _ = links_on(browser, "/")["Review"]
    assert browser.get(where).text.count('class="change ') == 4
