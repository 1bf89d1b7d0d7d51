"""The wheel, installed into an empty environment: it runs from any folder, and keeps its data there."""

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

import pytest
import requests

import stashhog
from scenes.demo.processes import free_port
from tests.processes import ROOT, alive, descendants, until

pytestmark = [pytest.mark.package, pytest.mark.timeout(900), pytest.mark.acceptance]
SOURCES = ("jobs", "scenes", "stashhog", "templates")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
STATIC = (
    "stashhog.css",
    "admin.css",
    "jobs/jobs.css",
    "jobs/vendor/idiomorph.min.js",
    "admin/css/base.css",
    "ninja/swagger-ui.css",
)
NOT_HERE = "http://127.0.0.1:9"  # no service of the demo, and none at all


def pip(*words: str, cwd: Path = ROOT) -> None:
    command = [sys.executable, "-m", "pip", *words]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True)
class Installation:
    """A virtual environment with StashHog in it, and a folder to work in."""

    environment: Path
    folder: Path

    @property
    def packages(self) -> Path:
        return next(self.environment.glob("lib/python*/site-packages"))

    def variables(self, **extra: str) -> dict[str, str]:
        """Nothing of the tests' own environment that Python or StashHog would read."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("STASHHOG_", "DATABASE_URL"))}
        for name in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV"):
            ours.pop(name, None)
        return ours | {"PATH": f"{self.environment / 'bin'}{os.pathsep}{os.environ['PATH']}"} | extra

    def run(self, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.environment / "bin" / "stashhog"), *words]
        return subprocess.run(
            command, cwd=self.folder, env=self.variables(**extra), capture_output=True, text=True, check=False
        )

    @contextlib.contextmanager
    def started(self, *words: str, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
        """In the background, its output in the file `log`; stopped as by Ctrl-C, and gone afterwards."""
        command = [str(self.environment / "bin" / "stashhog"), *words]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.variables(**extra), stdout=log, stderr=log, start_new_session=True
            )
        try:
            yield process
        finally:
            left = [process.pid, *descendants(process.pid)]
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            for pid in alive(left):
                os.kill(pid, signal.SIGKILL)
            process.wait()

    def files(self) -> dict[str, tuple[int, int]]:
        """What is installed: size and time of every file but the byte code that Python keeps of it."""
        found = [path for path in self.packages.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, since a build leaves a folder that would go into the next one."""
    copy, wheels = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheels")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    pip("wheel", "--no-deps", "--wheel-dir", str(wheels), ".", cwd=copy)
    (built,) = wheels.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """An environment with the wheel and what it requires, in the versions that `make install` takes."""
    path = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(path)], check=True)
    install(path, str(wheel), "requirements.txt")
    return path


def install(environment: Path, what: str, versions: str) -> None:
    pip("--python", str(environment), "install", "--no-compile", "--constraint", str(ROOT / versions), what)
    pip("--python", str(environment), "check")


@pytest.fixture
def installed(environment: Path, tmp_path: Path) -> Iterator[Installation]:
    """It works in an empty folder, and leaves the packages as they are."""
    folder = tmp_path / "somewhere"
    folder.mkdir()
    installation = Installation(environment, folder)
    before = installation.files()
    yield installation
    assert installation.files() == before


def test_the_wheel_has_the_version_of_the_code(wheel: Path) -> None:
    assert wheel.name == f"stashhog-{stashhog.__version__}-py3-none-any.whl"


def test_it_is_checked_and_prepared_and_its_data_go_to_the_folder_it_is_started_in(installed: Installation) -> None:
    checked = installed.run("check")
    assert checked.returncode == 0, checked.stderr
    prepared = installed.run("prepare")
    assert prepared.returncode == 0, prepared.stderr
    assert {path.name for path in installed.folder.iterdir()} == {"data"}
    assert {"secret_key", "stashhog.sqlite3", "static"} <= {path.name for path in (installed.folder / "data").iterdir()}


def test_its_data_go_to_the_data_folder_where_one_is_set(installed: Installation, tmp_path: Path) -> None:
    migrated = installed.run("migrate", STASHHOG_DATA_DIR=str(tmp_path / "elsewhere"))
    assert migrated.returncode == 0, migrated.stderr
    assert (tmp_path / "elsewhere" / "stashhog.sqlite3").exists()
    assert not list(installed.folder.iterdir())


def test_it_reads_the_settings_of_a_file_in_its_folder_and_takes_no_code_from_there(installed: Installation) -> None:
    (installed.folder / ".env").write_text("STASHHOG_DATA_DIR=kept here\nSTASHHOG_TIME_ZONE=Nowhere/Else\n")
    (installed.folder / "jobs.py").write_text("raise SystemExit('This is not StashHog.')")
    refused = installed.run("check")
    assert refused.returncode == 1
    assert "StashHog can't start. STASHHOG_TIME_ZONE ('Nowhere/Else')" in refused.stderr
    assert (installed.folder / "kept here").is_dir()


@pytest.mark.parametrize("prepared", [False, True], ids=["as it is", "with collected files"])
def test_it_serves_its_pages_and_their_files(installed: Installation, prepared: bool) -> None:
    assert installed.run("prepare" if prepared else "migrate").returncode == 0
    address = f"127.0.0.1:{free_port()}"
    with installed.started("web", STASHHOG_BIND=address):
        until(lambda: answers(address), "the web process")
        login = requests.get(f"http://{address}/admin/login/", timeout=10)
        assert login.ok and "/static/admin.css" in login.text
        for name in STATIC:
            assert requests.get(f"http://{address}/static/{name}", timeout=10).ok, name


def test_web_and_worker_run_together_and_leave_no_process(installed: Installation) -> None:
    address = f"127.0.0.1:{free_port()}"
    with installed.started("run", STASHHOG_BIND=address) as process:
        until(lambda: answers(address), "the web process")
        followed = installed.run("process_new_scenes", "--wait", "--json")
        assert followed.returncode == 1, followed.stderr  # a worker did it: there is no qBittorrent
        assert json.loads(followed.stdout)["status"] == "failed"
        processes = descendants(process.pid)
        assert len(processes) > 5
    assert not alive(processes)


def answers(address: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"http://{address}/healthz", timeout=5).ok
    return False


def test_it_says_that_the_demo_needs_more(installed: Installation) -> None:
    lacking = installed.run("demo", "--once")
    assert lacking.returncode == 1
    assert "pip install 'stashhog[demo]'" in lacking.stderr and "Traceback" not in lacking.stderr


def test_with_its_extra_it_shows_the_demo_and_asks_no_real_service(
    environment: Path, wheel: Path, tmp_path: Path
) -> None:
    install(environment, f"{wheel}[demo]", "requirements-demo.txt")
    installed = Installation(environment, tmp_path)
    before = installed.files()
    (tmp_path / ".env").write_text(f"STASHHOG_STASH_URL={NOT_HERE}\nSTASHHOG_QBITTORRENT_URL={NOT_HERE}\n")
    shown = installed.run("demo", "--once")
    assert shown.returncode == 0, shown.stderr
    result = json.loads(shown.stdout[shown.stdout.index("\n{") :])
    assert (result["status"], result["summary"]["total_scenes_analyzed"]) == ("completed", 12)
    assert {path.name for path in tmp_path.iterdir()} == {".env", "data", "demo-data"}
    assert installed.files() == before
