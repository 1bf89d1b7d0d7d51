from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from scenes.clients.base import Limits
from scenes.configuration import DECLARED
from scenes.probes import paths, qbittorrent, running, stash, tagger
from tests.web.factories import make_token, make_user


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    """No setting is given by the environment; what a test needs it gives itself."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for one in DECLARED.values():
        monkeypatch.delenv(one.variable, raising=False)


@pytest.fixture
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service of the test's own process may be slow to answer on a busy machine."""
    for module in (paths, qbittorrent, stash, tagger):
        monkeypatch.setattr(module, "LIMITS", Limits())
    monkeypatch.setattr(running, "LONGEST", 100.0)


@pytest.fixture
def admin(db) -> Client:
    client = Client()
    client.force_login(make_user("root"))
    return client


@pytest.fixture
def somebody_with(db) -> Callable[..., Client]:
    """`somebody_with("view_setting")`: a member of the staff with these permissions, in a browser."""

    def make(*codenames: str) -> Client:
        user = User.objects.create_user("ada", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def program(db) -> Client:
    """An administrator's program."""
    token = make_token(make_user("robot"))
    return Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def command(db, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`command("set", "stash_url", "http://nas")`: what `manage.py settings` says; a refusal as its sentence."""

    def run(*words: str) -> str:
        try:
            call_command("settings", *words)
        except CommandError as error:
            return f"CommandError: {error}"
        return capsys.readouterr().out

    return run
