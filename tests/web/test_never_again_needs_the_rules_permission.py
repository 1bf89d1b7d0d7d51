"""“Never again anywhere” makes a rule, so whoever may review, but not change rules, can reject and nothing more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.models import Scope
from scenes.models import Change, TagRule
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene
from tests.web.factories import make_token, make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of permissions
REVIEWING = ("scenes.review_change", "scenes.view_change", "scenes.view_scene", "scenes.view_plan", "jobs.start_job")


@pytest.fixture
def change() -> Change:
    make_scene(1)
    return add_tag(make_plan(), 1, "Dog_AI", status="proposed")


def user_with(*permissions: str) -> User:
    user = make_user("bea", staff=False)
    user.is_staff = True
    user.save()
    names = [permission.partition(".")[2] for permission in permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


@pytest.fixture
def operator() -> User:
    return user_with(*REVIEWING)


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def reject_by_api(client: Client, change: Change, **headers: Any) -> int:
    body = json.dumps({"change_ids": [change.pk], "never_again": True})
    return client.post("/api/changes/reject", body, content_type="application/json", **headers).status_code


def test_on_the_page(change: Change, operator: User) -> None:
    browser = as_user(operator)
    page = browser.get("/review/").text
    assert "Never again" not in page and "Reject" in page
    assert browser.post("/review/decide", {"never-change": change.pk}).status_code == 403
    change.refresh_from_db()
    assert change.status == "proposed" and not TagRule.objects.filter(key="dog").exists()


def test_in_the_api(change: Change, operator: User) -> None:
    assert reject_by_api(as_user(operator), change) == 403
    change.refresh_from_db()
    assert change.status == "proposed" and not TagRule.objects.filter(key="dog").exists()


def test_a_token_for_running_is_not_enough(change: Change) -> None:
    admin = User.objects.create_superuser("root")
    token = make_token(admin, Scope.RUN)
    assert reject_by_api(Client(), change, headers={"Authorization": f"Bearer {token}"}) == 403
    assert not TagRule.objects.filter(key="dog").exists()


def test_whoever_may_do_both_makes_the_rule(change: Change) -> None:
    browser = as_user(user_with(*REVIEWING, "scenes.change_tagrule"))
    assert "Never again" in browser.get("/review/").text
    assert reject_by_api(browser, change) == 200
    assert TagRule.objects.get(key="dog").wanted is False


def test_whoever_may_change_rules_and_not_review_can_do_neither_in_the_admin(change: Change) -> None:
    user = user_with("scenes.change_tagrule", "scenes.view_change")
    sent = {"action": "never_again", "_selected_action": [change.pk]}
    assert as_user(user).post("/admin/scenes/change/", sent).status_code == 403
    change.refresh_from_db()
    assert change.status == "proposed" and not TagRule.objects.filter(key="dog").exists()
