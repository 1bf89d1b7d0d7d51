"""Every route, for everybody who may come to it: what tests/web/permissions/table.py says, and nothing else.

The routes are found in the URL conf, the API's router, the admin and the WebSockets' routing, so that a new one can't
be forgotten.
"""

from __future__ import annotations

import json
from copy import copy
from typing import Any

import pytest
from django.db import connection, transaction
from django.template.response import TemplateResponse
from django.test import Client

from jobs.models import Job, Status
from stashhog.shell.menu import Menu
from tests.web.permissions import routes, table
from tests.web.permissions.page import PAGE, page
from tests.web.permissions.stage import Stage
from tests.web.permissions.visitors import SUPERUSER, Visitor, a_good_token, met, people, person, programs

pytestmark = pytest.mark.django_db
ACTIONS = {**table.ACTIONS, **table.DELETE_SELECTED}
HINT = "Say in tests/web/permissions/table.py who may use it, and run `make permissions`."


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.add_the_rest()
    return made


def ask(client: Client, method: str, address: str, stage: Stage) -> Any:
    """The answer; what it changed is undone, and the client stays logged in."""
    cookies = copy(client.cookies)
    body = stage.body(address) if method in ("POST", "PATCH") else {}
    kind = "application/json" if address.startswith("/api/") else None
    with transaction.atomic():
        where = stage.filled(address)
        if method == "GET":
            answer = client.get(where)
        elif kind:
            answer = client.generic(method, where, json.dumps(body), kind)
        else:
            answer = client.post(where, body) if method == "POST" else client.generic(method, where)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def methods_of(address: str) -> tuple[str, ...]:
    """Of the admin's pages only those that browsers use: to Django the others are as a GET."""
    return ("GET", "POST") if address.startswith("/admin/") else routes.METHODS


@pytest.fixture
def no_pages_of_the_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the status alone counts, which has no part in most of the work: forms are looked at below.

    What refuses somebody is still a page, without a menu. Each role's lists are opened in test_the_menu.py.
    """
    monkeypatch.setattr(TemplateResponse, "rendered_content", "")
    monkeypatch.setattr(Menu, "parts", ())


@pytest.mark.one_database
@pytest.mark.usefixtures("no_pages_of_the_admin")
def test_every_route_has_a_rule(stage):
    """Found by what a superuser is not told to be the wrong method."""
    client = Visitor("", {}, person("root", SUPERUSER), SUPERUSER).client()
    found = {
        (method, address)
        for address in routes.addresses()
        for method in methods_of(address)
        if ask(client, method, address, stage).status_code != 405
    }
    known = set(table.ROUTES) | table.NOT_THERE
    assert not found - known, f"There is no rule for {sorted(found - known)}. {HINT}"
    assert not known - found, f"There are no such routes any more: {sorted(known - found)}."


def test_every_route_of_the_api_has_a_rule():
    found = routes.api_routes()
    assert not found - set(table.API), f"There is no rule for {sorted(found - set(table.API))}. {HINT}"
    assert set(table.API) - found == {("GET", "/api/openapi.json")}


def test_every_model_and_every_action_of_the_admin_has_a_rule():
    assert set(routes.models()) == set(table.MODELS), HINT
    assert routes.actions() == set(table.ACTIONS), HINT


def test_every_websocket_has_a_rule():
    assert routes.websockets() == set(table.WEBSOCKETS) | table.WEBSOCKETS_NOT_THERE, HINT


def test_the_page_about_it_is_up_to_date():
    assert PAGE.read_text() == page(), "Run `make permissions`, which writes docs/permissions.md."


def areas() -> dict[str, dict[tuple[str, str], str]]:
    """The routes of pages, of each part of the API, of the admin as a whole, and of each model in it."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for (method, address), rule in table.ROUTES.items():
        parts = address.split("/")
        name = parts[1] if parts[1] == "admin" else "/".join(parts[1:3]) if parts[1] == "api" else "pages"
        if ".".join(parts[2:4]) in table.MODELS:
            name = "/".join(parts[1:4])
        found.setdefault(name, {})[method, address] = rule
    return found


@pytest.mark.one_database
@pytest.mark.parametrize("area", areas())
def test_each_visitor_meets_what_the_table_says(stage, area, request):
    if area.startswith("admin"):
        request.getfixturevalue("no_pages_of_the_admin")
    visitors = [*people(), *programs()] if area.startswith("api") else [*people(), a_good_token()]
    clients = [visitor.client() for visitor in visitors]
    before = stage.all_rows()
    for visitor, client in zip(visitors, clients, strict=True):
        for (method, address), rule in areas()[area].items():
            takes_tokens = (method, address) in table.API
            answer = ask(client, method, address, stage)
            expected = visitor.expected(rule, takes_tokens)
            assert met(answer) == expected, f"{method} {address}: {visitor.name} meets {answer.status_code}"
            if takes_tokens and expected != "in":
                error = answer.json()["error"]
                assert error["message"] and error["code"] in ("not_logged_in", "forbidden")
            elif expected == "refused":
                assert 'class="brand"' in answer.text and 'href="/"' in answer.text, "a page of ours, with a way back"
    assert stage.all_rows() == before


@pytest.mark.one_database
@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_a_role_has_a_page_of_each_row_that_it_may_see(stage, role):
    visitor = next(one for one in people() if one.role == role)
    client = visitor.client()
    for label, rules in table.MODELS.items():
        if visitor.expected(rules.view, False) == "in":
            answer = client.get(f"/admin/{label.replace('.', '/')}/{stage.row(label).pk}/change/", follow=True)
            assert answer.status_code == 200 and 'class="brand"' in answer.text, label


@pytest.mark.one_database
@pytest.mark.parametrize("label", dict.fromkeys(label for label, _ in ACTIONS))
def test_an_action_is_offered_to_and_done_for_the_roles_that_have_its_permission(stage, label):
    where = f"/admin/{label.replace('.', '/')}/"
    actions = [(action, needed) for (of, action), needed in ACTIONS.items() if of == label]
    if "accept_another_library" in dict(actions):
        Job.objects.active().update(status=Status.CANCELLED)  # it waits for those
    for visitor in people():
        client, sees = visitor.client(), visitor.expected(table.MODELS[label].view, False) == "in"
        before, offered = stage.all_rows(), client.get(where).text
        for action, needed in actions:
            may = sees and visitor.expected(needed, False) == "in"
            assert (f'<option value="{action}"' in offered) == may, f"{action}: {visitor.name}"
            rows = [stage.row(label, action).pk]
            with transaction.atomic():
                answer = client.post(where, {"action": action, "_selected_action": rows, "post": "yes"})
                done = stage.all_rows() != before
                transaction.set_rollback(True)
            assert done == may, f"{action}: {visitor.name} meets {answer.status_code}"


def test_static_files_are_open_and_nothing_else_beside_them_is():
    client = Client()
    answer: Any = client.get("/static/stashhog.css")
    assert answer.status_code == 200 and b"".join(answer.streaming_content)
    answer.close()
    for where in ("/static/../stashhog/settings.py", "/static/%2e%2e/settings.py", "/static/none.css", "/data/", "/x"):
        assert client.get(where).status_code in (302, 404)


@pytest.mark.one_database
@pytest.mark.usefixtures("no_pages_of_the_admin")
def test_other_methods_write_nothing_in_the_admin(stage):
    """To which they are as a GET; those of all other routes are in the table."""
    client = Visitor("", {}, person("root", SUPERUSER), SUPERUSER).client()
    written: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if not sql.startswith(("SELECT", "SAVEPOINT", "ROLLBACK TO", "RELEASE")):
            written.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        for address in routes.addresses():
            for method in ("PUT", "PATCH", "DELETE"):
                if address.startswith("/admin/"):
                    ask(client, method, address, stage)
                    assert not written, f"{method} {address}"
