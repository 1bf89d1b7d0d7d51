"""`jobs/` alone makes an app of any Django project: an example workflow runs in one that holds nothing of StashHog.

The project is copied with `jobs/` into a folder of its own, which is the only one that its processes import from.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import connect

from scenes.demo.processes import free_port
from tests.processes import ROOT, until

pytestmark = [pytest.mark.one_database, pytest.mark.acceptance]
OURS = ("STASHHOG_", "JOBS_", "DJANGO_", "DATABASE_URL", "PYTHONPATH")
PASSWORD = "a long password"


@dataclass(frozen=True)
class Project:
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return others | {"PYTHONPATH": str(self.folder), "DJANGO_SUPERUSER_PASSWORD": PASSWORD}

    def answers(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.address}/admin/login/", timeout=20).ok
        return False

    def run(self, *words: str, code: int = 0) -> str:
        """What `python WORDS…` writes to stdout; it exits with this code."""
        command = [sys.executable, *words]
        done = subprocess.run(
            command, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    @contextlib.contextmanager
    def started(self, *words: str) -> Iterator[None]:
        """`python WORDS…` in the background, its output in the file `log`."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=self.folder,
                env=self.variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """With a database, a user, its web process and a worker."""
    folder = tmp_path_factory.mktemp("empty") / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tests" / "jobs" / "empty_project", folder, ignore=ignored)
    shutil.copytree(ROOT / "jobs", folder / "jobs", ignore=ignored)
    made = Project(folder, free_port())
    made.run("manage.py", "check")
    made.run("manage.py", "migrate", "--verbosity", "0")
    made.run("manage.py", "createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org")
    web = ("-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(made.port), "project.asgi:application")
    with made.started(*web), made.started("manage.py", "worker"):
        until(made.answers, "the web process")
        yield made


@pytest.fixture(scope="module")
def token(project: Project) -> str:
    return project.run("manage.py", "createtoken", "ada").strip()


@pytest.fixture(scope="module")
def program(token: str) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    return session


@pytest.fixture(scope="module")
def browser(project: Project) -> requests.Session:
    """Logged in, as the admin's form does it."""
    session = requests.Session()
    login = f"{project.address}/admin/login/"
    session.get(login)
    form = {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    assert session.post(login, form, headers={"Referer": login}, allow_redirects=False).status_code == 302
    return session


@pytest.fixture(scope="module")
def run(project: Project, program: requests.Session) -> dict[str, Any]:
    """A run that the worker has done, as the API shows it."""
    started = program.post(f"{project.address}/api/jobs", json={"job_type": "greet"})
    assert started.status_code == 201, started.text

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = program.get(f"{project.address}/api/jobs/{started.json()['id']}").json()
        return job if job["status"] not in ("queued", "running") else None

    return until(ended, "the run's end")


@pytest.mark.parametrize("package", ["scenes", "stashhog"])
def test_nothing_of_the_product_can_be_imported_there(project: Project, package: str) -> None:
    project.run("-c", f"import {package}", code=1)


def test_the_api_starts_a_run_that_a_real_worker_does(run: dict[str, Any]) -> None:
    assert (run["status"], run["percent"], run["result"]) == ("completed", 100, {"greeted": 3})
    steps = [(step["key"], step["status"], step["message"]) for step in run["metadata"]["steps"]]
    assert steps == [("write", "completed", ""), ("say_goodbye", "skipped", "Skipped - Nobody leaves")]


def test_a_command_starts_a_run_waits_for_it_and_prints_its_result(project: Project) -> None:
    assert json.loads(project.run("manage.py", "greet", "--wait", "--json")) == {"greeted": 3}
    assert json.loads(project.run("manage.py", "greet", "--inline", "--json")) == {"greeted": 3}


def test_pages_show_the_jobs_in_a_shell_of_their_own(
    project: Project, browser: requests.Session, run: dict[str, Any]
) -> None:
    listed = browser.get(f"{project.address}/jobs/")
    assert listed.status_code == 200 and "Greet" in listed.text and f"row-{run['id']}" in listed.text
    card = browser.get(f"{project.address}/jobs/{run['id']}/").text
    assert "Write greetings" in card and "Skipped - Nobody leaves" in card and "Everything went well." in card
    assert "stash" not in (listed.text + card).lower()
    for name in (
        "jobs.css",
        "sign.js",
        "place.js",
        "parts.js",
        "connection.js",
        "live.js",
        "page.js",
        "theme.js",
        "vendor/idiomorph.min.js",
    ):
        assert f"/static/jobs/{name}" in card
        assert browser.get(f"{project.address}/static/jobs/{name}").status_code == 200


def test_a_page_starts_a_run(project: Project, browser: requests.Session) -> None:
    page = f"{project.address}/jobs/"
    browser.get(page)
    form = {"job_type": "greet", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    started = browser.post(f"{page}start", form, headers={"Referer": page})
    assert started.url.startswith(page) and "Greet</a> was started." in started.text


def test_the_admin_shows_a_run_with_its_steps_and_batches(
    project: Project, browser: requests.Session, run: dict[str, Any]
) -> None:
    page = browser.get(f"{project.address}/admin/jobs/job/{run['id']}/change/")
    assert page.status_code == 200 and "Batch 3" in page.text and "Say goodbye" in page.text
    assert browser.get(f"{project.address}/admin/jobs/job/").status_code == 200


def test_a_websocket_gives_a_snapshot(project: Project, token: str, run: dict[str, Any]) -> None:
    address = f"ws://127.0.0.1:{project.port}/ws/jobs/{run['id']}/"
    with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        snapshot = json.loads(socket.recv(20))
    assert (snapshot["type"], snapshot["job"]["id"], snapshot["job"]["status"]) == ("snapshot", run["id"], "completed")


def test_a_project_replaces_the_shell_by_a_template_of_its_own(project: Project) -> None:
    """As StashHog does: the first template of that name counts."""
    own = project.folder / "templates" / "jobs"
    own.mkdir(parents=True)
    (own / "base.html").write_text("The project's own {% block title %}{% endblock %}")
    assert project.run("-c", READ_THE_LIST).strip() == "The project's own Jobs"


READ_THE_LIST = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
import django
from django.conf import settings
settings.TEMPLATES[0]["DIRS"] = ["templates"]
django.setup()
from django.contrib.auth.models import User
from django.test import Client
browser = Client(SERVER_NAME="127.0.0.1")
browser.force_login(User.objects.get())
print(browser.get("/jobs/").text)
"""
