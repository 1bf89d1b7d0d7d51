"""No address leads out of what it is for: not to files beside the static ones, not to logs, backups or the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from scenes.models import Scene
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db
UP = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..\\",
    "%2e%2e%5c",
    "..%252f",
    "....//",
    "..;/",
    "%c0%ae%c0%ae/",
    "/",
    "//",
]
WHERE = [
    "/static/{}",
    "/static/ninja/{}",
    "/static/admin/{}",
    "/scenes/{}",
    "/scenes/7/{}",
    "/jobs/{}",
    "/api/{}",
    "/{}",
]
FILES = ["secret_key", "backups/planted.tar", "stashhog/settings.py", "etc/passwd"]


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What must not be given lies where it lies: beside the static files, in the data folder."""
    for name in ("secret_key", "backups/planted.tar"):
        path = Path(settings.DATA_DIR) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("planted-content")


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("where", WHERE)
def test_nobody_gets_a_file_by_climbing(where: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    for up in UP:
        for file in FILES:
            for times in (1, 8):
                answer: Any = client.get(where.format(up * times + file), follow=True)
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
                assert b"planted-content" not in body and b"root:" not in body and b"SECRET_KEY" not in body
                assert b"SQLite format" not in body and answer.status_code in (200, 400, 404), answer.status_code


@pytest.mark.parametrize(
    "path", ["../../secret_key", "/../../etc/passwd", "file:///etc/passwd", "http://evil.example/x", "@evil/"]
)
def test_a_picture_s_path_is_one_at_stash_or_none(path: str, configure: Any) -> None:
    configure(stash_url="http://127.0.0.1:1")
    from django.utils import timezone

    Scene.objects.create(pk=7, title="x", created_at=timezone.now(), remote_updated_at="x", screenshot_path=path)
    client = Client()
    client.force_login(make_user())
    answer = client.get("/scenes/7/screenshot")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/no-picture.svg")
