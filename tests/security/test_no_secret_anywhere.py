"""One of each secret is planted in an installation that runs; nothing that it writes, shows or starts has any of them.

In real processes, which log as much as they can. What each part does by itself: tests/configuration.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings
from django.db import connection
from django.test import Client

from jobs.models import FINISHED, Job, Purpose
from jobs.web.tokens import create
from scenes.demo.processes import free_port
from scenes.models import Scene
from tests.clients.fakes import Received, http, serving
from tests.configuration.test_no_secret_leaves import whole_database
from tests.processes import ROOT, descendants, environment, started, until
from tests.web.factories import make_token, make_user
from tests.web.permissions import table
from tests.web.permissions.stage import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]

STORED = {
    "stash_api_key": "planted-stash-key", "qbittorrent_password": "planted-qbittorrent-password",
    "llm_api_key": "planted-llm-key",
}  # fmt: skip
IN_ADDRESS, LOGIN, OF_DATABASE = "planted-in-an-address", "planted-login-password", "planted-database-password"
OF_CHANNEL = "planted-channel-password"


def tells_all(request: Received) -> bytes:
    """A service that refuses, and repeats all that it was sent."""
    text = " ".join([request.line, *request.headers.values(), request.body.decode("latin-1")])
    return http(401 if "graphql" in request.line else 500, text.encode(), Content_Type="text/plain")


class Installation:
    """Web process and workers; ``texts``: all that was found, by where."""

    def __init__(self, folder: Path, port: int):
        self.folder, self.address = folder, f"http://127.0.0.1:{port}"
        self.user = make_user()
        self.user.set_password(LOGIN)
        self.user.save()
        self.token = make_token(self.user)
        self.purposes = {purpose: create(self.user, purpose=purpose) for purpose in (Purpose.TRIGGER, Purpose.METRICS)}
        self.secrets = [*STORED.values(), IN_ADDRESS, LOGIN, OF_DATABASE, OF_CHANNEL, settings.SECRET_KEY]
        self.secrets += [self.token, *self.purposes.values()]
        self.texts: dict[str, str] = {}

    def ask(self, method: str, path: str, token: str = "", **options: Any) -> Any:
        """By token; the answer is kept."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        answer = requests.request(method, f"{self.address}{path}", headers=headers, timeout=60, **options)
        self.texts[f"{method} {path}"] = f"{answer.headers} {answer.text}"
        return answer

    def run(self, type: str) -> None:
        """A job of this type, to its end."""
        job = self.ask("POST", "/api/jobs", json={"job_type": type}).json()["id"]
        until(lambda: Job.objects.get(pk=job).status in FINISHED, f"the end of {type}")

    def look_at_pages(self, addresses: list[str]) -> None:
        client = Client()
        client.force_login(self.user)
        cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
        for address in addresses:
            answer = requests.get(f"{self.address}{address}", cookies=cookies, timeout=60, allow_redirects=False)
            self.texts[f"page {address}"] = answer.text

    def look_at_processes(self, pids: list[int]) -> None:
        """Their command lines; and their environment, which has what was given to all of them, and nothing stored."""
        given = set(environment().values()) | {self.token}
        for pid in pids:
            with suppress(OSError):
                self.texts[f"command line of {pid}"] = (Path("/proc") / str(pid) / "cmdline").read_text()
                values = (Path("/proc") / str(pid) / "environ").read_text().split("\0")
                others = [text for text in values if not text.startswith("DATABASE_URL=")]
                kept = [text for text in others if text.partition("=")[2] not in given]
                self.texts[f"environment of {pid}"] = "\0".join(kept)

    def command(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=environment(STASHHOG_DATA_DIR=str(self.folder)), capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.texts[f"command {words}"] = done.stdout + done.stderr

    def found(self) -> list[str]:
        return [
            f"{secret} in {where}" for where, text in self.texts.items() for secret in self.secrets if secret in text
        ]


@pytest.fixture
def installation(tmp_path: Path, no_lasting_connections: None) -> Iterator[Installation]:
    """Its services refuse it, so that much is said of them; a run has failed for that."""
    port = free_port()
    variables = {
        "STASHHOG_BIND": f"127.0.0.1:{port}", "STASHHOG_DATA_DIR": str(tmp_path), "STASHHOG_LOG_LEVEL": "DEBUG",
        "STASHHOG_ACCESS_LOG": "1",
    }  # fmt: skip
    if connection.vendor == "postgresql":  # which trusts everybody here, whatever the password
        config = connection.settings_dict
        where = f"{config['HOST']}:{config['PORT']}/{config['NAME']}"
        variables["DATABASE_URL"] = f"postgres://{config['USER']}:{OF_DATABASE}@{where}"
    logs = {name: str(tmp_path / f"{name}.log") for name in ("web", "worker")}
    with (
        serving(tells_all) as service,
        started("manage.py", "web", **variables, STASHHOG_TEST_LOG=logs["web"]) as web,
    ):
        until(lambda: answers(port), "the web process")
        made = Installation(tmp_path, port)
        address = service.url.replace("http://", f"http://me:{IN_ADDRESS}@")
        urls = dict.fromkeys(("stash_url", "qbittorrent_url", "tagger_url", "llm_url"), address)
        changes = {**STORED, **urls, "library_path": str(tmp_path), "llm_model": "m"}
        assert made.ask("PATCH", "/api/settings", json=changes).status_code == 200
        with started("manage.py", "worker", **variables, STASHHOG_TEST_LOG=logs["worker"]) as worker:
            for type in ("process_new_scenes", "sync"):
                made.run(type)
            used(made, service.url)
            made.look_at_processes([web.pid, worker.pid, *descendants(web.pid), *descendants(worker.pid)])
        yield made


def answers(port: int) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
    return False


def used(installation: Installation, service: str) -> None:
    """A channel whose service repeats its password; and the tokens that are for one thing alone."""
    address = service.replace("http://", f"json://me:{OF_CHANNEL}@")
    channel = installation.ask("POST", "/api/notifications/channels", json={"name": "pager", "url": address}).json()
    tested = installation.ask("POST", f"/api/notifications/channels/{channel['id']}/test").json()
    assert not tested["sent"] and tested["error"]
    trigger = installation.ask("POST", "/api/triggers/download-finished", installation.purposes[Purpose.TRIGGER])
    metrics = installation.ask("GET", "/metrics", installation.purposes[Purpose.METRICS])
    assert (trigger.status_code, metrics.status_code) == (202, 200), (trigger.text, metrics.text)


def refused_requests(installation: Installation) -> None:
    """What is said of requests that are wrong, with a secret in each."""
    key = STORED["stash_api_key"]
    wrong = {"stash_url": f"http://me:{IN_ADDRESS}@", "stash_api_key": f"{key}\n", "tag_suffix": [key]}
    assert installation.ask("PATCH", "/api/settings", json=wrong).status_code == 400
    installation.ask("POST", "/api/settings/test", json={})
    installation.ask("GET", "/nothing/at/all")
    installation.ask("DELETE", "/api/jobs")
    login = {"username": "ada", "password": LOGIN}
    answer = requests.post(f"{installation.address}/admin/login/", data=login, timeout=60)
    installation.texts["a login without its CSRF token"] = answer.text


def test_nothing_has_any_of_them(installation: Installation, tmp_path: Path) -> None:
    assert {"sync", "process_new_scenes"} <= set(Job.objects.values_list("type", flat=True))
    refused_requests(installation)
    Job.objects.active().delete()
    stage = Stage()
    stage.add_the_rest()
    assert Scene.objects.exists()
    gets = [stage.filled(address) for method, address in table.ROUTES if method == "GET"]
    jobs = [f"/jobs/{job.pk}/" for job in Job.objects.all()] + [f"/api/jobs/{job.pk}" for job in Job.objects.all()]
    installation.look_at_pages([address for address in [*gets, *jobs] if not address.endswith("stream")])
    for word in ("doctor", "backup"):
        installation.command(word)
    installation.texts["tables"] = whole_database()
    names = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")]
    assert any("backup" in name for name in names), names
    installation.texts["names of files"] = "\n".join(names)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        installation.texts[f"file {path.name}"] = path.read_bytes().decode("latin-1")
    if connection.vendor == "sqlite":
        for path in Path(connection.settings_dict["NAME"]).parent.glob("test*.sqlite3*"):
            installation.texts[f"database {path.name}"] = path.read_bytes().decode("latin-1")
    assert len(installation.texts) > 150
    assert "401" in installation.texts["file worker.log"], "it has met a service that refuses it"
    assert not installation.found()
    installation.texts["a log"] = f"asked with {STORED['llm_api_key']}"
    assert installation.found() == [f"{STORED['llm_api_key']} in a log"]
