"""qBittorrent says that a download has finished: one run follows, and the token for it opens nothing else."""

from __future__ import annotations

import io
import shlex
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client

from jobs import testing
from jobs.live.auth import watching_user
from jobs.models import ApiToken, Job, Purpose, RunRequest, Supervisor
from jobs.scheduling import requests
from jobs.web import tokens
from tests.web.factories import make_run, make_user
from tests.web.permissions import table
from tests.web.permissions.stage import Stage

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of permissions
WHERE = "/api/triggers/download-finished"
HASH = "a" * 40


def of(user: User) -> Client:
    token = tokens.create(user, purpose=Purpose.TRIGGER)
    return Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def qbittorrent(user: User) -> Client:
    return of(user)


def say(client: Client, item: str = HASH) -> Any:
    return client.post(WHERE, {"item": item})


def test_one_run_follows_a_burst_with_the_scenes_of_a_run_by_itself(qbittorrent: Client) -> None:
    with time_machine.travel(1_780_000_000, tick=False):
        first = say(qbittorrent)
        assert first.status_code == 202
        for _ in range(4):
            last = say(qbittorrent).json()
        assert (last["asked"], last["not_before"]) == (5, "2026-05-28T20:26:55+00:00")
        assert "no worker is running" in last["warning"]
        requests.start_requested()
        assert not Job.objects.exists()
    requests.start_requested()
    run = Job.objects.get()
    assert (run.type, run.source, run.params["max_scenes"]) == ("process_new_scenes", "trigger", 500)


def test_during_a_run_exactly_one_more_follows_it(qbittorrent: Client) -> None:
    Supervisor.objects.create(process="here", host="here")
    run = make_run()
    with time_machine.travel(1_780_000_000, tick=False):
        for _ in range(3):
            assert say(qbittorrent).json()["warning"] is None
    requests.start_requested()
    assert Job.objects.count() == 1
    Job.objects.filter(pk=run.pk).update(status="completed")
    requests.start_requested()
    requests.start_requested()
    assert Job.objects.filter(source="trigger").count() == 1 and not RunRequest.objects.exists()


def test_what_is_said_besides_is_bounded(qbittorrent: Client) -> None:
    for item in ("x" * 201, "a b", "$(reboot)", "\0", "'"):
        answer = say(qbittorrent, item)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid"), item
    assert qbittorrent.post(WHERE, "{", "application/json").status_code == 202, "nothing need be said"
    assert say(qbittorrent, "-").status_code == 202, "of a torrent of version 2"


def test_an_unknown_trigger_is_not_there(qbittorrent: Client) -> None:
    assert qbittorrent.post("/api/triggers/coffee").status_code == 404


def test_its_token_opens_no_other_route(user: User) -> None:
    token = tokens.create(user, purpose=Purpose.TRIGGER)
    client = Client(headers={"authorization": f"Bearer {token}"})
    stage = Stage()
    open_ones = {table.OPEN, table.TRIGGER}
    for (method, address), rule in {**table.API, **table.PAGES, **table.API_PAGES}.items():
        if rule in open_ones:
            continue
        answer = client.generic(method, stage.filled(address), "{}", "application/json")
        met = answer.headers.get("Location", "").startswith("/admin/login/") or answer.status_code == 401
        assert met, f"{method} {address}: {answer.status_code}"
    assert watching_user({"headers": [(b"authorization", f"Bearer {token}".encode())]}) is None


def test_no_other_token_and_no_login_opens_it(program: Client, browser: Client) -> None:
    for client in (program, browser, Client()):
        assert client.post(WHERE).status_code == 401
    assert not RunRequest.objects.exists()


def test_it_ends_with_the_permission_of_its_user(db: None) -> None:
    operator = User.objects.create_user("operator", is_staff=True)
    operator.groups.add(Group.objects.get(name="operator"))
    client = of(operator)
    assert say(client).status_code == 202
    operator.groups.clear()
    assert say(client).status_code == 403
    User.objects.filter(pk=operator.pk).update(is_active=False)
    assert say(client).status_code == 401


def test_the_admin_shows_the_line_for_qbittorrent_once(browser: Client, user: User) -> None:
    made = browser.post(
        "/admin/jobs/apitoken/add/", {"user": user.pk, "label": "", "purpose": "trigger", "scope": "run"}
    )
    assert "A download has finished" in made.text and "http://testserver/api/triggers/download-finished" in made.text
    row = ApiToken.objects.get()
    assert row.digest not in made.text
    again = browser.get(f"/admin/jobs/apitoken/{row.pk}/change/")
    assert "Bearer" not in again.text


def test_the_command_prints_a_line_that_works_as_it_is(user: User) -> None:
    out = io.StringIO()
    call_command("createtrigger", user.username, url="http://nas:8000/", stdout=out, stderr=io.StringIO())
    words = shlex.split(out.getvalue().replace("%I", HASH))
    assert words[0] == "curl" and words[-1] == "http://nas:8000/api/triggers/download-finished"
    header = words[words.index("--header") + 1]
    sent = words[words.index("--data") + 1]
    client = Client(headers={"authorization": header.partition(": ")[2]})
    assert client.post(WHERE, sent, "application/x-www-form-urlencoded").status_code == 202
    quoted = out.getvalue().split('"')
    assert "'" not in out.getvalue() and "\\" not in out.getvalue() and len(quoted) % 2, "double quotes only"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"user": "nobody"}, "no active user"),
        ({"url": "nas:8000"}, "Give --url"),
        ({"url": 'http://nas:8000/" & reboot'}, "Give --url"),
        ({"label": "x" * 101}, "label"),
    ],
)
def test_the_command_says_what_is_wrong(user: User, given: dict[str, str], says: str) -> None:
    options = {name: text for name, text in given.items() if name != "user"}
    with pytest.raises(CommandError, match=says):
        call_command("createtrigger", given.get("user", user.username), **{"url": "http://nas:8000", **options})
    assert not ApiToken.objects.exists()


def test_a_viewer_gets_no_line(db: None) -> None:
    make_user("viewer", staff=False)
    with pytest.raises(CommandError, match="may start jobs"):
        call_command("createtrigger", "viewer")
    assert testing.work() == 0
