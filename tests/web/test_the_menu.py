"""All pages are in one shell: the same header and menu on ours and on the admin's, with what its user may open."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scenes.models import Change, Download, Outcome, Plan, Scene
from scenes.web.needing.counting import recent_count
from stashhog.shell.entries import MENU
from stashhog.shell.menu import Menu
from tests.web.factories import make_run, make_user
from tests.web.test_admin import REGISTERED, changelist, fill

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a href="([^"]+)"(?: aria-current="(\w+)")?>(?:<svg.*?</svg>)?<span>([^<]+)</span>')


def menu_on(browser: Client, address: str) -> str:
    page = browser.get(address, follow=True).text
    assert page.count('id="menu"') == 1, f"{address} has no menu, or two"
    return page[page.index('id="menu"') : page.index("</nav>", page.index('id="menu"'))]


def links_on(browser: Client, address: str) -> dict[str, tuple[str, str]]:
    """By label: where it leads, and what `aria-current` says."""
    return {unescape(label): (unescape(where), here) for where, here, label in LINK.findall(menu_on(browser, address))}


def links_on_all(browser: Client, *pages: str) -> set[tuple[str, str]]:
    """Label and address of each link of the menus, which have most of them in common, once."""
    return {(label, where) for page in pages for label, (where, _) in links_on(browser, page).items()}


def sections(browser: Client, address: str) -> list[str]:
    return re.findall(r'#\w+"></use></svg><span>([^<]+)</span>', menu_on(browser, address))


@pytest.mark.one_database
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


@pytest.mark.one_database
def test_every_link_of_the_menu_leads_to_a_page(browser: Client) -> None:
    for label, where in links_on_all(browser, "/", "/jobs/", "/scenes/", "/settings/", "/health/"):
        assert browser.get(where).status_code == 200, label


def test_every_table_of_the_admin_is_in_the_menu(browser: Client) -> None:
    addresses = {where for _, where in links_on_all(browser, "/", "/jobs/", "/scenes/", "/settings/", "/health/")}
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


@pytest.mark.one_database
@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_a_role_is_offered_what_it_may_open_and_nothing_else(role: str) -> None:
    client = client_of(role)
    for label, where in links_on_all(client, "/", "/jobs/", "/health/", "/settings/"):
        assert client.get(where).status_code == 200, (role, label)
    settings = links_on(client, "/settings/")
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


def queries_of_menu(user: User, address: str = "/") -> int:
    request = RequestFactory().get(address)
    request.user = User.objects.get(pk=user.pk)
    menu = Menu(request)
    with CaptureQueriesContext(connection) as queries:
        assert len(menu.parts) >= 6 and menu.trail
    return len(queries)


def test_the_menu_takes_as_many_queries_whatever_there_is_and_one_for_some_seconds(user: User) -> None:
    changes(1)
    first = queries_of_menu(user)
    assert first <= 20 and queries_of_menu(user) == 1
    changes(20)
    recent_count.forget()
    assert queries_of_menu(user) == first


def test_the_count_of_what_needs_somebody_is_that_of_its_page_at_once(browser: Client) -> None:
    before = needing_on(browser, "/needs/")
    Download.objects.create(hash="a" * 40, name="x", outcome=Outcome.FAILED, code="disk_full")
    assert needing_on(browser, "/needs/") == before + 1
    page = browser.get("/needs/").text
    assert f"{before + 1} thing" in page and page.count('class="panel need') in (0, before + 1)


def needing_on(browser: Client, address: str) -> int:
    return int((re.findall(r'>Needs you</span> <b class="count">(\d+)</b>', menu_on(browser, address)) or ["0"])[0])


def test_a_count_is_that_of_the_page_it_leads_to(browser: Client) -> None:
    changes(3)
    assert re.search(r'>Review</span> <b class="count">4</b>', menu_on(browser, "/"))
    where, _ = links_on(browser, "/")["Review"]
    assert browser.get(where).text.count('class="change ') == 4


def test_what_is_at_work_now_and_the_history_have_titles_of_their_own(browser: Client) -> None:
    now, history = browser.get("/jobs/?status=active").text, browser.get("/jobs/").text
    assert "<h1>Jobs queued or running</h1>" in now and "<title>Jobs queued or running" in now
    assert "<h1>Jobs</h1>" in history and "<title>Jobs" in history
