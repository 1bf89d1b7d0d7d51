"""Everybody who may come to a route: with no login, with each role, and with good and bad tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from jobs.models import ApiToken, Scope
from jobs.permissions import scope_of
from jobs.web import tokens
from stashhog.accounts.roles import ROLES
from tests.web.permissions.table import LOGIN, LOGOUT, METRICS, NOBODY, OPEN, TRIGGER

SUPERUSER = "superuser"


@dataclass(frozen=True)
class Visitor:
    """``role``: empty for who can't be known; ``scope``: of the token, if it is one."""

    name: str
    headers: dict[str, str]
    user: User | None = None
    role: str = ""
    scope: str = ""
    has_token: bool = False

    def client(self) -> Client:
        client = Client(headers=self.headers)
        if self.user:
            client.force_login(self.user)
        return client

    def expected(self, rule: str, takes_tokens: bool) -> str:
        """What the visitor meets: "in", "login" (302 to the login, or 401) or "refused" (403)."""
        if rule == OPEN:
            return "in"
        if rule in (METRICS, TRIGGER):  # tests/operations/test_metrics.py and test_the_trigger.py have who gets in
            return "login"
        if rule == LOGOUT or not self.role or (self.has_token and not takes_tokens):
            return "login"
        if rule == LOGIN:
            return "in"
        if rule == NOBODY:
            return "refused"
        within_scope = not self.has_token or Scope(self.scope).covers(scope_of(rule))
        return "in" if within_scope and has(self.role, rule) else "refused"


def has(role: str, permission: str) -> bool:
    """Whether a role has it, as the database says."""
    if role == SUPERUSER:
        return True
    label, _, codename = permission.partition(".")
    held = Group.objects.get(name=role).permissions
    return held.filter(content_type__app_label=label, codename=codename).exists()


def met(answer: Any) -> str:
    assert answer.status_code < 500, answer
    if answer.status_code == 401 or answer.headers.get("Location", "").startswith("/admin/login/"):
        return "login"
    return "refused" if answer.status_code == 403 else "in"


def person(name: str, role: str) -> User:
    if role == SUPERUSER:
        return User.objects.create_superuser(name)
    user = User.objects.create_user(name, is_staff=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def people() -> Iterator[Visitor]:
    yield Visitor("no login", {})
    for role in (*ROLES, SUPERUSER):
        yield Visitor(role, {}, person(f"the {role}", role), role)
    gone = person("the gone", SUPERUSER)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    yield Visitor("a login that is not active any more", {}, gone)


def a_good_token() -> Visitor:
    """Good for the API; pages take none."""
    token = tokens.create(person("owner of a good token", SUPERUSER), scope="admin")
    return _program("a token for the API", token, role=SUPERUSER, scope="admin")


def programs() -> Iterator[Visitor]:
    """All of them send a token."""
    yield _program("a wrong token", "shog_012345678901_" + "x" * 43)
    yield _program("no token at all", "")
    for role in (*ROLES, SUPERUSER):
        owner = person(f"owner of {role}", role)
        for scope in Scope.values:
            token = tokens.create(owner, scope=scope)
            yield _program(f"a token {scope} of a {role}", token, role=role, scope=scope)
    expired = tokens.create(owner, scope="admin", expires_at=timezone.now() - timedelta(seconds=1))
    yield _program("an expired token", expired)
    revoked = tokens.create(owner, scope="admin")
    ApiToken.objects.filter(digest=tokens.digest(revoked)).delete()
    yield _program("a revoked token", revoked)
    gone = person("gone owner", SUPERUSER)
    of_gone = tokens.create(gone, scope="admin")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    yield _program("a token whose owner is not active", of_gone)


def _program(name: str, token: str, role: str = "", scope: str = "") -> Visitor:
    return Visitor(name, {"authorization": f"Bearer {token}"}, None, role, scope, has_token=True)
