"""The scenes' pictures come from Stash with its key, which the browser never sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client
from django.utils import timezone

from scenes.models import Scene

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
JPEG = b"\xff\xd8\xff\xe0 a picture"
FILES = {"/scene/1/screenshot": (200, JPEG), "/scene/3/screenshot": (200, b"<svg onload='alert(1)'/>")}


class Stash(BaseHTTPRequestHandler):
    """Gives pictures to whoever has the key, as the real one does."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body = FILES.get(self.path.partition("?")[0], (404, b""))
        if self.headers.get("ApiKey") != "the key":
            status, body = 302, b""
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def stash(configure) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stash)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Stash.asked.clear()
    configure(stash_url=f"http://127.0.0.1:{server.server_port}", stash_api_key="the key")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def scene(pk: int, path: str | None = None) -> None:
    path = f"/scene/{pk}/screenshot?t=1" if path is None else path
    Scene.objects.create(id=pk, title="x", created_at=timezone.now(), remote_updated_at="x", screenshot_path=path)


def test_a_picture_is_passed_on_by_what_it_is_and_kept_by_the_browser_alone(browser, stash):
    scene(1)
    answer = browser.get("/scenes/1/screenshot")
    assert answer.status_code == 200 and answer.content == JPEG and answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, max-age=86400"
    assert Stash.asked == ["/scene/1/screenshot?t=1"]


def test_an_address_that_ends_in_graphql_gives_pictures_too(browser, stash, configure):
    scene(1)
    configure(stash_url=f"http://127.0.0.1:{stash.server_port}/graphql", stash_api_key="the key")
    assert browser.get("/scenes/1/screenshot").content == JPEG


def test_a_missing_picture_or_one_that_may_hold_scripts_is_replaced(browser, stash):
    scene(2)
    scene(3)
    scene(4, path="")
    scene(5, path="@evil.example/x")
    for number in (2, 3, 4, 5):
        answer = browser.get(f"/scenes/{number}/screenshot")
        assert answer.status_code == 302 and answer.headers["Location"] == "/static/no-picture.svg"
        assert answer.headers["Cache-Control"] == "no-store"
    assert Stash.asked == ["/scene/2/screenshot?t=1", "/scene/3/screenshot?t=1"]


def test_without_the_right_key_without_stash_and_without_a_setting_there_is_a_placeholder(browser, stash, configure):
    scene(1)
    for settings in ({"stash_api_key": "wrong"}, {"stash_url": "http://127.0.0.1:1"}, {"stash_url": ""}):
        configure(**settings)
        assert browser.get("/scenes/1/screenshot").status_code == 302


def test_only_scenes_that_we_know_are_asked_for_and_only_after_a_login(browser, stash):
    scene(1)
    assert browser.get("/scenes/9/screenshot").status_code == 404
    assert Client().get("/scenes/1/screenshot").headers["Location"].startswith("/admin/login/")
    assert Stash.asked == []


def test_home_shows_the_newest_scenes(browser, stash):
    scene(1)
    assert '<img src="/scenes/1/screenshot?v=x"' in browser.get("/").text
