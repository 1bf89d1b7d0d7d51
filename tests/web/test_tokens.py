"""API tokens: printed once, kept as a digest, as good as their user."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from jobs.models import ApiToken
from jobs.web import tokens

pytestmark = pytest.mark.django_db


def created(user: str, **options: str) -> str:
    out = io.StringIO()
    call_command("createtoken", user, stdout=out, **options)
    return out.getvalue().strip()


def status(token: str) -> int:
    return Client(headers={"authorization": f"Bearer {token}"}).get("/api/jobs").status_code


def test_the_command_prints_a_token_that_lets_its_user_in(user):
    token = created("ada", label="for the phone")
    assert status(token) == 200
    row = ApiToken.objects.get()
    assert row.user == user and row.label == "for the phone" and row.last_used_at is not None


def test_only_a_digest_of_the_token_is_kept(user):
    token = created("ada")
    row = ApiToken.objects.get()
    assert token not in str(ApiToken.objects.values()) and row.digest == tokens.digest(token)


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


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer shog_x y"])
def test_other_headers_let_nobody_in(user, header):
    assert Client(headers={"authorization": header}).get("/api/jobs").status_code == 401


def test_the_command_says_who_there_is_no_token_for(user):
    with pytest.raises(CommandError, match="no user 'bob'"):
        call_command("createtoken", "bob")
    user.is_active = False
    user.save()
    with pytest.raises(CommandError, match="not active"):
        call_command("createtoken", "ada")
