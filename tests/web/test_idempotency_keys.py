"""A request with an Idempotency-Key makes one thing, however often it is sent."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from jobs.models import IdempotencyKey, Job
from jobs.worker import retention
from scenes.models import Scene
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene
from tests.web.factories import make_token, make_user

pytestmark = pytest.mark.django_db


def send(client: Client, key: str, body: Any = None, address: str = "/api/jobs") -> Any:
    body = {"job_type": "sync"} if body is None else body
    return client.post(address, body, content_type="application/json", headers={"Idempotency-Key": key})


def test_the_same_request_gets_the_same_answer_and_makes_nothing(program: Client) -> None:
    first, again = send(program, "a"), send(program, "a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Job.objects.count() == 1


def test_another_key_and_no_key_make_another_one(program: Client) -> None:
    for key in ("a", "b"):
        send(program, key)
    program.post("/api/jobs", {"job_type": "sync"}, content_type="application/json")
    assert Job.objects.count() == 3


@pytest.mark.parametrize(
    ("address", "body"),
    [("/api/jobs", {"job_type": "sync", "params": {"force": True}}), ("/api/scenes/sync", {"scene_ids": [1]})],
)
def test_another_request_with_the_same_key_is_refused(program: Client, address: str, body: Any) -> None:
    send(program, "a")
    answer = send(program, "a", body, address)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert Job.objects.count() == 1


def test_the_keys_of_two_users_are_not_the_same(program: Client) -> None:
    other = Client(headers={"authorization": f"Bearer {make_token(make_user('bob'))}"})
    assert send(program, "a").json()["id"] != send(other, "a").json()["id"]


def test_what_was_refused_is_not_remembered(program: Client) -> None:
    assert send(program, "a", {"job_type": "make_coffee"}).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert send(program, "a").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "ä"])
def test_what_is_no_key_is_refused(program: Client, key: str) -> None:
    assert send(program, key).status_code == 400
    assert not Job.objects.exists()


def test_after_a_day_it_is_forgotten(program: Client) -> None:
    send(program, "a")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert send(program, "a").status_code == 201
    assert Job.objects.count() == 2


def test_the_daily_pruning_removes_old_ones(program: Client) -> None:
    for key in ("old", "new"):
        send(program, key)
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=25))
    list(retention.prune())
    assert IdempotencyKey.objects.get().key == "new"


def test_changes_are_applied_once(program: Client) -> None:
    make_scene(1)
    plan = make_plan()
    add_tag(plan, 1, "Dog", status="approved")
    first = send(program, "a", {"plan_id": plan.pk}, "/api/changes/apply").json()
    assert send(program, "a", {"plan_id": plan.pk}, "/api/changes/apply").json() == first
    assert Job.objects.filter(type="apply_plan").count() == 1
    assert Scene.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one(user: Any) -> None:
    token, met = make_token(user), []

    def ask() -> None:
        answer = send(Client(headers={"authorization": f"Bearer {token}"}), "a")
        met.append((answer.status_code, answer.json()["id"]))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(met) == 4 and {status for status, _ in met} == {201}
    assert {pk for _, pk in met} == {str(Job.objects.get().pk)}
