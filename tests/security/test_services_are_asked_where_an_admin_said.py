"""StashHog asks services where an admin has said that they are, and nowhere else (SSRF)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.waiting import Waiter
from scenes import configuration, services
from scenes.clients.base import ServiceError
from scenes.models import Scene, Setting
from scenes.web import pictures
from tests.clients.fakes import Fake, Received, http, serving
from tests.web.factories import make_token
from tests.web.permissions.visitors import person

pytestmark = pytest.mark.django_db
ADDRESSES = ["stash_url", "qbittorrent_url", "tagger_url"]
JPEG, PNG, WEBP = b"\xff\xd8\xff\xe0 a", b"\x89PNG\r\n\x1a\n a", b"RIFF\0\0\0\0WEBPVP8 "


@pytest.mark.parametrize("role", ["viewer", "operator"])
@pytest.mark.parametrize("key", ADDRESSES)
def test_only_an_admin_says_where_a_service_is(key: str, role: str) -> None:
    client = Client(headers={"authorization": f"Bearer {make_token(person('somebody', role))}"})
    with serving(lambda request: http(200)) as service:
        for method, address, body in (
            ("PATCH", "/api/settings", f'{{"{key}": "{service.url}"}}'),
            ("POST", "/api/settings/test", "{}"),
        ):
            answer = client.generic(method, address, body, content_type="application/json")
            assert (answer.status_code, answer.json()["error"]["detail"]) == (
                403,
                {"permission": "scenes.change_setting"},
            )
        assert not service.received
    assert not Setting.objects.exists()


@pytest.mark.parametrize(
    "given", ["file:///etc/passwd", "gopher://x/", "ftp://nas/", "//nas", "nas", "http://", "dict://x:1"]
)
@pytest.mark.parametrize("key", ADDRESSES)
def test_an_address_is_one_of_http(key: str, given: str) -> None:
    client = Client(headers={"authorization": f"Bearer {make_token(person('root', 'admin'))}"})
    answer = client.patch("/api/settings", {key: given}, content_type="application/json")
    assert answer.status_code == 400 and not Setting.objects.exists()


def redirecting(to: str, status: int) -> Any:
    return lambda request: http(status, Location=f"{to}/elsewhere")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_service_that_redirects_is_not_followed_and_another_host_gets_no_key(configure: Any, status: int) -> None:
    with serving(lambda request: http(200)) as other, serving(redirecting(other.url, status)) as stash:
        configure(stash_url=stash.url, stash_api_key="the key", qbittorrent_url=stash.url, tagger_url=stash.url)
        for ask in (lambda: services.stash(Waiter()).version(), lambda: pictures.fetch("/scene/1/screenshot")):
            try:
                assert ask() is None
            except ServiceError as error:
                assert error.code == "redirected"
        assert stash.received and not other.received


@pytest.fixture
def picture(configure: Any) -> Any:
    """Asks for the picture of a scene whose file at Stash has these bytes."""
    Scene.objects.create(pk=7, title="x", created_at=timezone.now(), remote_updated_at="x", screenshot_path="/s/7")
    client = Client()
    client.force_login(person("root", "admin"))

    def ask(body: bytes, kind: str = "image/jpeg") -> tuple[Any, Fake]:
        def give(request: Received) -> bytes:
            return http(200, body, Content_Type=kind)

        with serving(give) as stash:
            configure(stash_url=stash.url)
            return client.get("/scenes/7/screenshot"), stash

    return ask


@pytest.mark.parametrize(("body", "kind"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")])
def test_an_image_is_given_as_what_it_is_whatever_its_server_says(picture: Any, body: bytes, kind: str) -> None:
    answer, _ = picture(body, "text/html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "body", [b"<html><script>", b"<svg onload=x>", b"RIFF\0\0\0\0WAVE", b"%PDF-", b"", b"secret: 1"]
)
def test_whatever_is_no_image_is_not_given(picture: Any, body: bytes) -> None:
    answer, stash = picture(body)
    assert answer.status_code == 302 and stash.received


def test_nor_is_one_that_is_too_large(picture: Any) -> None:
    answer, _ = picture(JPEG + bytes(pictures.LIMITS.size))
    assert answer.status_code == 302


def test_only_scenes_that_there_are_are_asked_for(picture: Any, configure: Any) -> None:
    client = Client()
    client.force_login(person("ada", "viewer"))
    with serving(lambda request: http(200, JPEG)) as stash:
        configure(stash_url=stash.url)
        for path in ("/scenes/8/screenshot", "/scenes/http:%2f%2fevil/screenshot", f"/scenes/{2**80}/screenshot"):
            assert client.get(path).status_code == 404
        assert client.get("/scenes/7/screenshot?path=/graphql&url=http://evil.example").status_code == 200
        assert [request.line for request in stash.received] == ["GET /s/7 HTTP/1.1"]
    configuration.forget()
