"""StashHog as real processes: web, a worker, and a Stash with a large library."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.contrib.auth import get_user_model
from django.test import Client

from jobs.models import Supervisor
from scenes.demo.processes import free_port
from tests.acceptance.harness import new_token, simulator
from tests.load.measures import Waits
from tests.processes import started, until

SETTINGS = "tests.load.settings"
TIMEOUT = 30  # seconds for each request
# What the log must not say: a lock, a heartbeat that failed, a claim that was lost, a cluster that was replaced.
ALARMS = ("locked", "Traceback", "reach", "Lost the claim", "Replacing", "could not be sent", "ERROR")


@dataclass
class Site:
    url: str
    headers: dict[str, str]
    cookies: dict[str, str]
    logs: list[Path]

    def start(self, type: str, waits: Waits, **params: Any) -> dict[str, Any] | None:
        """Start a job by the API; None when one is running already."""
        answer = self._post("jobs", waits, {"job_type": type, "params": params})
        assert answer.status_code in (201, 409), answer.text
        return answer.json() if answer.status_code == 201 else None

    def cancel(self, job_id: str, waits: Waits) -> None:
        answer = self._post(f"jobs/{job_id}/cancel", waits)
        assert answer.status_code in (200, 409), answer.text

    def _post(self, path: str, waits: Waits, body: Any = None) -> requests.Response:
        url = f"{self.url}/api/{path}"
        return waits.take(lambda: requests.post(url, json=body, headers=self.headers, timeout=TIMEOUT))

    def read(self, path: str, waits: Waits) -> None:
        """A page, as somebody who is logged in sees it."""
        answer = waits.take(lambda: requests.get(f"{self.url}{path}", cookies=self.cookies, timeout=TIMEOUT))
        assert (answer.status_code, answer.history) == (200, []), answer.text

    def alarms(self) -> list[str]:
        """Lines of the logs that should not be there."""
        lines = [line for log in self.logs for line in log.read_text().splitlines()]
        return [line for line in lines if any(alarm in line for alarm in ALARMS)]


@contextlib.contextmanager
def site(folder: Path, scenes: int) -> Iterator[Site]:
    """All up; no process is left afterwards."""
    with contextlib.ExitStack() as stack:
        values = {
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "STASHHOG_BIND": f"127.0.0.1:{free_port()}",
            "STASHHOG_STASH_URL": stack.enter_context(simulator("stash", "--seed", str(scenes))),
            "STASHHOG_WORKERS": "4",
        }
        logs = [folder / "web.log", folder / "worker.log"]
        for log in logs:
            stack.enter_context(started("manage.py", log.stem, STASHHOG_TEST_LOG=str(log), **values))
        url = f"http://{values['STASHHOG_BIND']}"
        until(lambda: _answers(url), "the web process", 30)
        until(Supervisor.objects.exists, "the worker", 30)
        yield Site(url, {"Authorization": f"Bearer {new_token()}"}, _login(), logs)


def _login() -> dict[str, str]:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("person"))
    return {name: morsel.value for name, morsel in client.cookies.items()}


def _answers(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"{url}/healthz", timeout=5).ok
    return False
