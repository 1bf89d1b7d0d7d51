"""API tokens: shown once, kept as a digest, within their user's role and their own scope, until they expire."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import ApiToken, Job, Scope
from jobs.web import tokens
from tests.web.factories import make_job, make_user

pytestmark = pytest.mark.django_db


def created(user: str, *options: str, label: str = "") -> str:
    out = io.StringIO()
    call_command("createtoken", user, *options, label=label, stdout=out)
    return out.getvalue().strip()


def client_of(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


def status(token: str) -> int:
    return client_of(token).get("/api/jobs").status_code


def user_with(role: str) -> User:
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_the_command_prints_a_token_that_lets_its_user_in(user):
    token = created("ada", label="for the phone")
    assert status(token) == 200
    row = ApiToken.objects.get()
    assert row.user == user and row.label == "for the phone" and row.last_used_at is not None
    assert row.scope == Scope.RUN and row.expires_at is None


def test_only_a_digest_of_the_token_is_kept(user):
    token = created("ada")
    row = ApiToken.objects.get()
    assert token not in str(ApiToken.objects.values()) and row.digest == tokens.digest(token)
    assert token.startswith(row.prefix) and len(token) - len(row.prefix) > 40, (
        "the prefix gives none of the secret away"
    )


def test_a_token_ends_with_its_row_and_sleeps_with_its_user(user):
    token = created("ada")
    user.is_active = False
    user.save()
    assert status(token) == 401
    user.is_active = True
    user.save()
    assert status(token) == 200
    ApiToken.objects.all().delete()
    assert status(token) == 401


def test_a_token_is_valid_until_it_expires(user):
    token = created("ada", "--expires", "2")
    expires_at = ApiToken.objects.get().expires_at
    assert expires_at and timedelta(days=2) - timedelta(minutes=1) < expires_at - timezone.now() <= timedelta(days=2)
    assert status(token) == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client_of(token).get("/api/jobs")
    assert answer.status_code == 401 and "expired" in answer.json()["error"]["message"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer shog_x y", "Bearer ü"])
def test_other_headers_let_nobody_in(user, header):
    assert Client(headers={"authorization": header}).get("/api/jobs").status_code == 401


def test_neither_the_prefix_nor_another_secret_behind_it_lets_anybody_in(user):
    token, other = created("ada"), created("ada")
    prefix = ApiToken.objects.get(digest=tokens.digest(token)).prefix
    for wrong in (prefix, prefix + other[len(prefix) :], token[:-1], token + "x", token.upper(), token.swapcase()):
        assert status(wrong) == 401, wrong


def test_a_wrong_token_is_not_made_good_by_a_login(browser):
    assert browser.get("/api/jobs").status_code == 200
    assert browser.get("/api/jobs", headers={"authorization": "Bearer made-up"}).status_code == 401


@pytest.mark.parametrize("scope", Scope.values)
@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_a_token_may_what_both_its_user_and_its_scope_allow(scope, role):
    client = client_of(tokens.create(user_with(role), scope=scope))
    job = make_job("stash_scan")
    assert client.get("/api/jobs").status_code == 200
    answer = client.post(f"/api/jobs/{job.pk}/cancel")
    may_run = role != "viewer" and scope != Scope.READ
    assert answer.status_code == (200 if may_run else 403)
    assert (Job.objects.get().status == "cancelled") == may_run
    if role != "viewer" and not may_run:
        assert "scope “run”" in answer.json()["error"]["message"]


def test_a_token_of_a_superuser_stays_within_its_scope(user):
    job = make_job("stash_scan")
    assert client_of(created("ada", "--scope", "read")).post(f"/api/jobs/{job.pk}/cancel").status_code == 403
    assert client_of(created("ada", "--scope", "admin")).post(f"/api/jobs/{job.pk}/cancel").status_code == 200


def test_a_token_follows_the_role_of_its_user(user):
    operator = user_with("operator")
    client = client_of(tokens.create(operator, scope=Scope.ADMIN))
    assert client.post("/api/jobs", {"job_type": "stash_scan"}, "application/json").status_code == 201
    operator.groups.set([Group.objects.get(name="viewer")])
    assert client.post("/api/jobs", {"job_type": "stash_scan"}, "application/json").status_code == 403
    operator.groups.clear()
    assert client.get("/api/jobs").status_code == 403


def test_the_last_use_is_written_once_a_minute_and_no_request_more_writes(user):
    token = created("ada")

    def writes() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert status(token) == 200
        return sum(query["sql"].startswith("UPDATE") for query in queries)

    assert [writes() for _ in range(3)] == [1, 0, 0]
    before = timezone.now() - timedelta(seconds=61)
    ApiToken.objects.update(last_used_at=before)
    assert [writes() for _ in range(2)] == [1, 0]
    used_at = ApiToken.objects.get().last_used_at
    assert used_at and used_at > before


def test_a_wrong_token_costs_at_most_one_query(user):
    prefix = ApiToken.objects.get(digest=tokens.digest(created("ada"))).prefix
    for wrong, most in ((f"{prefix}_{'x' * 43}", 1), ("made-up", 0), ("x" * 10_000, 0)):
        with CaptureQueriesContext(connection) as queries:
            assert status(wrong) == 401
        assert len(queries) <= most, wrong


def test_the_command_says_who_there_is_no_token_for(user):
    with pytest.raises(CommandError, match="no user 'bob'"):
        call_command("createtoken", "bob")
    user.is_active = False
    user.save()
    with pytest.raises(CommandError, match="not active"):
        call_command("createtoken", "ada")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--expires", "0"], "whole number from 1"),
        (["--expires", "-1"], "expires"),
        (["--expires", "soon"], "whole number from 1"),
        (["--expires", "1.5"], "whole number from 1"),
        (["--expires", "9" * 30], "to 3650"),
        (["--scope", "everything"], "invalid choice"),
        (["--label", "x" * 101], "longer than 100"),
    ],
)
def test_the_command_makes_no_token_of_nonsense_and_says_why(user, options, message):
    with pytest.raises(CommandError, match=message):
        call_command("createtoken", "ada", *options)
    assert not ApiToken.objects.exists()


# In the admin


def add(client: Client, user: User, **fields: Any) -> Any:
    data = {"user": user.pk, "label": "for the phone", "scope": "read", **fields}
    return client.post("/admin/jobs/apitoken/add/", data)


def test_the_admin_shows_a_new_token_once(browser, user):
    answer = add(browser, user, expires_at_0="2099-01-01", expires_at_1="12:00:00")
    token = re.search(r'id="token">(\S+)</code>', answer.text)[1]  # type: ignore[index]
    row = ApiToken.objects.get()
    assert (row.label, row.scope, row.expires_at and row.expires_at.year) == ("for the phone", "read", 2099)
    assert status(token) == 200
    pages = [
        browser.get(f"/admin/jobs/apitoken/{where}").text for where in ("", f"{row.pk}/change/", f"{row.pk}/history/")
    ]
    kept = [*pages, str(list(LogEntry.objects.values())), str(dict(browser.session.items())), str(browser.cookies)]
    secret = token.removeprefix(row.prefix)
    assert not any(secret in text or row.digest in text for text in kept)
    assert row.prefix in pages[0] and "for the phone" in pages[0]


def test_revoking_a_token_in_the_admin_ends_it(browser, user):
    token = tokens.create(user)
    browser.post(f"/admin/jobs/apitoken/{ApiToken.objects.get().pk}/delete/", {"post": "yes"})
    assert status(token) == 401


def test_a_token_cannot_be_changed_in_the_admin(browser, user):
    tokens.create(user, scope="read")
    row = ApiToken.objects.get()
    answer = browser.post(f"/admin/jobs/apitoken/{row.pk}/change/", {"user": user.pk, "scope": "admin"})
    assert answer.status_code == 403
    row.refresh_from_db()
    assert row.scope == "read"


def test_no_token_is_made_that_has_expired_or_of_somebody_who_is_not_active(browser, user):
    gone = make_user("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert "has passed already" in add(browser, user, expires_at_0="2020-01-01", expires_at_1="12:00:00").text
    # In a time zone west of Greenwich this is in the year 10000, which no database takes.
    with timezone.override("America/New_York"):
        assert "100 years" in add(browser, user, expires_at_0="9999-12-31", expires_at_1="23:59:59").text
    assert add(browser, gone).status_code == 200
    assert add(browser, user, scope="root").status_code == 200
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_admins_see_and_make_tokens(role, user):
    tokens.create(user)
    client = Client()
    client.force_login(user_with(role))
    for where in ("", "add/", f"{ApiToken.objects.get().pk}/change/", f"{ApiToken.objects.get().pk}/delete/"):
        assert client.get(f"/admin/jobs/apitoken/{where}").status_code == 403
    assert "apitoken" not in client.get("/admin/").text


def test_an_admin_makes_no_token_of_a_superuser(user):
    client = Client()
    client.force_login(user_with("admin"))
    assert add(client, user).status_code == 200 and not ApiToken.objects.exists()
    add(client, user_with("viewer"))
    assert ApiToken.objects.get().user.username == "viewer"
