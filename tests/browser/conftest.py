"""A real browser before a real web process with a database of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
START = 60.0  # seconds, until a web process answers
PATIENCE = 30_000  # milliseconds for what a page is waited for: a busy machine is slow
expect.set_options(timeout=PATIENCE)


class Site:
    """StashHog's web process, with further environment variables.

    ``go_away`` kills it, ``come_back`` starts it again on the same port.
    """

    def __init__(self, folder: Path, **variables: str):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = (folder / "web.log").open("w")
        database = {"DATABASE_URL": f"sqlite:///{folder / 'stashhog.sqlite3'}", "STASHHOG_DATA_DIR": str(folder)}
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("STASHHOG_", "DATABASE_"))}
        self.environment = {**kept, **database, "STASHHOG_LOG_LEVEL": "WARNING", **variables}
        self._make_tables()
        self.shell = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.shell"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.come_back()

    def _make_tables(self) -> None:
        command = [sys.executable, "-m", "tests.tables"]
        variables = self.environment | {"DJANGO_SETTINGS_MODULE": "stashhog.settings"}
        subprocess.run(command, cwd=ROOT, env=variables, check=True, stderr=self.log)

    def do(self, expression: str) -> Any:
        """What the shell makes of it; rows come as their ids."""
        assert self.shell.stdin and self.shell.stdout
        self.shell.stdin.write(expression + "\n")
        self.shell.stdin.flush()
        answer = self.shell.stdout.readline()
        assert answer, f"The shell failed with {expression}: see {self.log.name}"
        return json.loads(answer)

    def come_back(self) -> None:
        server = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(
            [*server, "stashhog.asgi:application"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )
        deadline = time.monotonic() + START
        while not self._answers():
            assert time.monotonic() < deadline and self.process.poll() is None, f"see {self.log.name}"
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def go_away(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        assert self.shell.stdin and self.shell.stdout
        self.shell.stdin.close()
        self.shell.wait()
        self.shell.stdout.close()
        self.go_away()
        self.log.close()


# Not for the whole session: its event loop runs in this thread as long as it is there, and others need theirs.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    site.do("make_user()")
    yield site
    site.close()


@pytest.fixture
def site(whole_site: Site) -> Site:
    """With no job yet."""
    whole_site.do("Job.objects.all().delete()")
    return whole_site


class Visitor:
    """Somebody with a browser who is logged in. ``complaints``: what the browser's console said."""

    def __init__(self, context: BrowserContext, url: str):
        self.context, self.url = context, url
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.go("/admin/login/?next=/")
        self.page.fill("#id_username", "ada")
        self.page.fill("#id_password", "a long password")
        self.page.click("[type=submit]")
        self.page.wait_for_url(f"{url}/")

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def go(self, address: str) -> None:
        self.page.goto(self.url + address)

    def is_live(self) -> None:
        self.page.locator("#live.live:not(.waiting)", has_text="Live").wait_for()


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Any]:
    """`visit(width=…, color_scheme=…)` opens a browser window of its own and logs in; ``url``: by another address."""
    contexts: list[BrowserContext] = []

    def open_window(width: int = 1200, url: str = site.url, **options: Any) -> Visitor:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return Visitor(context, url)

    yield open_window
    for context in contexts:
        context.close()
