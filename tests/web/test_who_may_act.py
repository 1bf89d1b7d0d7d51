"""Starting, cancelling, retrying, releasing and accepting need a permission, on every way in there is.

Which routes there are, and for whom, is in tests/web/permissions/table.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.test import Client

from jobs.models import Job, Status
from tests.web.factories import make_token
from tests.web.permissions import table
from tests.web.permissions.stage import Stage
from tests.web.permissions.table import ANOTHER, CANCEL, RETRY, START

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

# What takes a POST and acts, by the table of all routes.
ROUTES = {**table.PAGES, **table.ADMIN}
PAGES = {
    address: rule
    for (method, address), rule in ROUTES.items()
    if method == "POST" and rule in table.ACTING and "object_id" not in address
}
API = {(method, address): rule for (method, address), rule in table.API.items() if rule in table.ACTING}
API["PATCH", "/api/settings"] = table.CHANGE_SETTINGS
# It needs two: tests/web/test_downloads_by_api.py.
del API["POST", "/api/downloads/<int:download_id>/retry"]
del API["POST", "/api/files/<int:file_id>/retry"]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def permission(name: str) -> Permission:
    label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=label, codename=codename)


def staff(name: str, *names: str) -> User:
    user = User.objects.create_user(name, password="a long password", is_staff=True)
    user.user_permissions.set([permission(given) for given in names])
    return user


def all_but(name: str, needed: str) -> User:
    """Staff with every permission there is, without this one."""
    user = staff(name)
    user.user_permissions.set(Permission.objects.exclude(pk=permission(needed).pk))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def by_token(user: User) -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(user)}"})


# Who gets in: every route for every kind of user.

Ask = Callable[[Client], Any]


def check(needed: str, stage: Stage, ask: Ask, enter: Callable[[User], Client], refusal: Callable[[Any], str]) -> None:
    before = stage.state()
    for user in (staff("bare"), all_but("almost", needed), User.objects.create_user("guest")):
        answer = ask(enter(user))
        assert answer.status_code == 403, user
        assert needed in refusal(answer), "the answer says which permission is missing"
    inactive = User.objects.create_superuser("gone")
    client = enter(inactive)
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    assert ask(client).status_code in (302, 401)
    assert stage.state() == before
    group = Group.objects.create(name="keepers")
    group.permissions.add(permission(needed))
    member = staff("member")
    member.groups.add(group)
    lost = staff("lost", needed)
    client = enter(lost)
    lost.user_permissions.clear()
    assert ask(client).status_code == 403, "a permission taken away counts at once"
    assert stage.state() == before
    for user in (staff("right", needed), member, User.objects.create_superuser("root")):
        with transaction.atomic():
            answer = ask(enter(user))
            assert answer.status_code in (200, 201, 302), (user, answer.content)
            assert stage.state() != before, user
            transaction.set_rollback(True)


@pytest.mark.parametrize(("address", "needed"), PAGES.items())
def test_a_page_acts_for_who_has_the_permission_and_for_nobody_else(stage, address, needed):
    stage.make_ready(address)
    where, body = stage.filled(address), stage.body(address)
    before = stage.state()
    assert Client().post(where, body).status_code == 302
    assert by_token(User.objects.create_superuser("program")).post(where, body).status_code == 302
    assert stage.state() == before

    def ask(client: Client) -> Any:
        user = User.objects.get(pk=client.session["_auth_user_id"])
        if address.startswith("/admin/") and not user.is_staff:
            User.objects.filter(pk=user.pk).update(is_staff=True)  # the admin asks others to log in
        return client.post(where, body)

    check(needed, stage, ask, logged_in, lambda answer: answer.content.decode())


@pytest.mark.parametrize("enter", [logged_in, by_token])
@pytest.mark.parametrize(("route", "needed"), API.items())
def test_the_api_acts_for_who_has_the_permission_and_for_nobody_else(stage, route, needed, enter):
    method, address = route
    where, body = stage.filled(address), stage.body(address)

    def ask(client: Client) -> Any:
        return client.generic(method, where, json.dumps(body), content_type="application/json")

    assert ask(Client()).status_code == 401

    def refusal(answer: Any) -> str:
        error = answer.json()["error"]
        assert error["code"] == "forbidden" and error["detail"] == {"permission": needed}
        return error["message"]

    check(needed, stage, ask, enter, refusal)


@pytest.mark.parametrize(("name", "needed"), table.ACTIONS.items())
def test_an_action_of_the_admin_is_offered_and_done_only_with_its_permission(stage, name, needed):
    label, action = name
    if needed == ANOTHER:
        Job.objects.active().update(status=Status.CANCELLED)  # it waits for those
    where = f"/admin/{label.replace('.', '/')}/"
    data = {"action": action, "_selected_action": [str(stage.row(label, action).pk)], "post": "yes"}
    view, before = table.MODELS[label].view, stage.state()
    for user in (staff("looker", view), all_but("almost", needed)):
        client = logged_in(user)
        assert f'<option value="{action}"' not in client.get(where).content.decode()
        answer = client.post(where, data)
        assert answer.status_code == 403 and needed in answer.content.decode()
    assert stage.state() == before
    client = logged_in(staff("right", view, needed, table.TOGETHER_WITH.get(action, needed)))
    assert f'<option value="{action}"' in client.get(where).content.decode()
    assert client.post(where, data).status_code == 302
    assert stage.state() != before


# What a user may not do is not offered.


def test_pages_offer_what_their_user_may_do(stage):
    offers = {
        f"/jobs/{stage.active.pk}/": [(CANCEL, f"/jobs/{stage.active.pk}/cancel")],
        f"/jobs/{stage.failed.pk}/": [(RETRY, f"/jobs/{stage.failed.pk}/retry")],
        f"/jobs/{stage.failed_run.pk}/": [(RETRY, f"/jobs/{stage.failed_run.pk}/retry")],
        "/": [(START, "/jobs/start")],
        "/jobs/": [(START, "/jobs/start")],
    }
    root = logged_in(User.objects.create_superuser("root"))
    for number, (page, offered) in enumerate(offers.items()):
        if page == "/":
            Job.objects.active().update(status=Status.CANCELLED)  # while one is active, it is opened instead
        for needed, action in offered:
            name = f"{number}{needed}"
            for client in (root, logged_in(staff(f"with{name}", "jobs.view_job", "scenes.view_scene", needed))):
                assert f'action="{action}"' in client.get(page).content.decode(), (page, needed)
            text = logged_in(all_but(f"without{name}", needed)).get(page).content.decode()
            assert f'action="{action}"' not in text, (page, needed)


def test_who_has_no_role_sees_nothing_and_is_told_so(stage):
    for client in (logged_in(User.objects.create_user("guest")), logged_in(staff("new"))):
        for address in ("/jobs/", f"/jobs/{stage.active.pk}/", "/api/jobs", f"/api/jobs/{stage.active.pk}/events"):
            assert client.get(address).status_code == 403, address
        page = client.get("/").text
        assert "has no role yet" in page
        assert "Process new scenes" not in page and "Newest scenes" not in page and 'href="/jobs/"' not in page


def test_a_permission_alone_is_nothing_for_who_is_not_staff(stage):
    """The admin is for staff only, and pages and API keep the same rule."""
    user = staff("was staff", CANCEL, "jobs.view_job")
    User.objects.filter(pk=user.pk).update(is_staff=False)
    for client in (logged_in(user), by_token(user)):
        assert client.get("/api/jobs").status_code == 403
        assert client.post(f"/api/jobs/{stage.active.pk}/cancel").status_code == 403


def test_home_links_to_the_lists_that_its_user_may_open(stage):
    page = logged_in(staff("looker", "scenes.view_scene", "scenes.view_download")).get("/").content.decode()
    assert 'href="/downloads/?need=' in page and 'href="/admin/scenes/scan/' not in page


def test_a_refusal_is_a_page_of_ours_with_a_way_back(stage):
    answer = logged_in(staff("bare")).post(f"/jobs/{stage.active.pk}/cancel")
    text = answer.content.decode()
    assert answer.status_code == 403 and 'class="brand"' in text and 'href="/"' in text
    assert "Can cancel jobs" in text and CANCEL in text


def test_without_the_csrf_token_a_login_with_the_permission_is_refused_too(stage):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff("right", CANCEL))
    assert client.post(f"/jobs/{stage.active.pk}/cancel").status_code == 403
    assert client.post(f"/api/jobs/{stage.active.pk}/cancel").status_code == 403
    assert Job.objects.get(pk=stage.active.pk).status == Status.RUNNING
