"""Of two people who give the same name at the same moment the slower one is told so, on every way in."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.models import Model, QuerySet
from django.test import Client

from jobs.models import QuietHours, Schedule
from scenes.configuration.secrets import encrypted
from scenes.models import Destination, TagRule
from stashhog.ops.notifications.models import Channel
from tests.web.factories import make_token, make_user

pytestmark = pytest.mark.django_db
SCHEDULE = {"name": "same", "job_type": "sync", "cron": "0 3 * * *"}
QUIET = {"name": "same", "begin": "22:00", "end": "07:00", "job_types": ["sync"]}
CHANNEL = {"name": "same", "url": "json://127.0.0.1:9/"}
DESTINATION = {"name": "same", "folder": "/mnt/tv", "categories": "tv"}
USER = {"username": "same", "role": "viewer", "usable_password": "false"}
ROWS: dict[type[Model], Callable[[], Any]] = {
    Schedule: lambda: Schedule.objects.create(**SCHEDULE),
    QuietHours: lambda: QuietHours.objects.create(**QUIET | {"begin": time(22), "end": time(7)}),
    Channel: lambda: Channel.objects.create(name="same", secret=encrypted(CHANNEL["url"]), causes=[]),
    Destination: lambda: Destination.objects.create(name="same", folder="/mnt/x", categories="x"),
    TagRule: lambda: TagRule.objects.create(tag_name="Same"),
    User: lambda: User.objects.create_user("same"),
    Group: lambda: Group.objects.create(name="same"),
}
EMPTY = {"occurrences-TOTAL_FORMS": 0, "occurrences-INITIAL_FORMS": 0}
MORE = {"time_zone": "UTC", "if_active": "follow", "params": "{}"}
FORMS: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "jobs/schedule": (Schedule, SCHEDULE | MORE),
    "jobs/quiethours": (QuietHours, QUIET | MORE),
    "notifications/channel": (Channel, CHANNEL | {"digest_hour": 8}),
    "scenes/destination": (Destination, DESTINATION | {"position": 1}),
    "scenes/tagrule": (TagRule, {"tag_name": "same"}),
    "auth/user": (User, USER),
    "auth/group": (Group, {"name": "same"}),
}
ROUTES: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "/api/schedule": (Schedule, SCHEDULE),
    "/api/schedule/quiet-hours": (QuietHours, QUIET),
    "/api/notifications/channels": (Channel, CHANNEL),
    "/api/destinations": (Destination, DESTINATION),
}


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> list[Model]:
    """What is there is not seen by any check, until something that was to be saved has met it."""
    met: list[Model] = []
    exists, save = QuerySet.exists, Model.save_base

    def seen(rows: Any) -> bool:
        return bool(met) and exists(rows)

    def saved(row: Model, *args: Any, **options: Any) -> None:
        try:
            save(row, *args, **options)
        except IntegrityError:
            met.append(row)
            raise

    monkeypatch.setattr(QuerySet, "exists", seen)
    monkeypatch.setattr(Model, "save_base", saved)
    return met


@pytest.mark.parametrize("form", FORMS)
def test_a_form_comes_back_with_a_sentence(browser: Client, unseen: list[Model], form: str) -> None:
    model, values = FORMS[form]
    there = ROWS[model]()
    answer = browser.post(f"/admin/{form}/add/", values)
    assert unseen, answer.text
    assert answer.status_code == 200 and 'class="errorlist' in answer.text and "already" in answer.text
    assert model._default_manager.filter(pk=there.pk).exists()


@pytest.mark.parametrize("form", FORMS)
def test_so_does_a_change_to_a_name_that_somebody_takes_meanwhile(
    browser: Client, unseen: list[Model], form: str
) -> None:
    model, values = FORMS[form]
    mine, name = ROWS[model](), next(iter(values))
    setattr(mine, name, "mine")
    mine.save()
    there = ROWS[model]()
    answer = browser.post(f"/admin/{form}/{mine.pk}/change/", {**values, **EMPTY})
    assert unseen, answer.text
    assert answer.status_code == 200 and 'class="errorlist' in answer.text and "already" in answer.text
    mine.refresh_from_db()
    assert getattr(mine, name) == "mine" and there.pk != mine.pk


@pytest.mark.parametrize("address", ROUTES)
def test_a_request_is_answered_with_a_sentence(program: Client, unseen: list[Model], address: str) -> None:
    model, values = ROUTES[address]
    ROWS[model]()
    answer = program.post(address, values, content_type="application/json")
    assert unseen, answer.text
    assert answer.status_code == 400 and "name" in answer.json()["error"]["message"]
    assert model._default_manager.count() == 1


def test_a_command_ends_with_a_sentence(unseen: list[Model]) -> None:
    User.objects.create_user("same")
    with pytest.raises(CommandError, match="already"):
        call_command("createuser", "same", role="viewer", stdout=io.StringIO())
    assert unseen and User.objects.get().pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_lasting_connections")
@pytest.mark.parametrize("address", [*ROUTES, "/api/rules"])
def test_of_many_at_once_one_is_made(address: str) -> None:
    model, values = ROUTES.get(address, (TagRule, {"tag_name": "same"}))
    token, statuses = make_token(make_user()), []

    def ask() -> None:
        client = Client(headers={"authorization": f"Bearer {token}"})
        statuses.append(client.post(address, values, content_type="application/json").status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert model._default_manager.filter(**{next(iter(values)): "same"}).count() == 1
    assert sorted(statuses) == ([200] * 4 if address == "/api/rules" else [201, 400, 400, 400])
