"""Each process and each command starts at once, since it loads what it works with and not what others do."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).resolve().parents[2]
SETUP = "import django, sys, json; django.setup()\n"
LOADED = "\nprint(json.dumps(sorted(sys.modules)))"

# Of the web process, of the workers, of the simulators; each takes a good part of a second.
WEB = {
    "twisted",
    "autobahn",
    "daphne",
    "ninja",
    "pydantic",
    "jobs.web.views",
    "jobs.admin",
    "scenes.web.views",
    "scenes.admin",
}
WORK = {"av", "graphql", "qbittorrentapi", "requests", "urllib3", "scenes.clients.stash.client", "scenes.sync"}
OPTIONAL = {"redis", "psycopg"}
SIMULATORS = {"aiohttp", "PIL", "scenes.simulators"}

# What is started, and how far: the code that its process runs before it does anything.
PLAIN = {
    "django.setup()": "",
    "the supervisor": "from jobs.management.commands.worker import Command\n"
    "Command().check(tags=Command.requires_system_checks)",
    "release": "from scenes.management.commands.release import Command\n"
    "Command().check(tags=Command.requires_system_checks)",
}
JOB_COMMAND = (
    "from scenes.management.commands.process_new_scenes import Command\n"
    "Command().create_parser('manage.py', 'process_new_scenes'); Command().check(tags=Command.requires_system_checks)"
)
CLUSTER = "from jobs.worker import cluster; cluster.patch(); cluster.preload()"
LAZY = ("workflows.py", "services.py")  # of scenes, beside its tasks
PAGES = "from django.core.management import call_command; call_command('check')"


def modules_after(code: str, tmp_path: Path) -> set[str]:
    """The modules that a fresh process on SQLite has loaded after django.setup() and ``code``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("STASHHOG_", "DATABASE"))}
    environment |= {"DJANGO_SETTINGS_MODULE": "stashhog.settings", "STASHHOG_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-c", SETUP + code + LOADED]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("started", PLAIN)
def test_a_plain_process_loads_nothing_of_the_web_of_the_work_or_of_the_simulators(
    started: str, tmp_path: Path
) -> None:
    loaded = modules_after(PLAIN[started], tmp_path)
    assert not loaded & (WEB | WORK | OPTIONAL | SIMULATORS)


def test_a_job_s_command_loads_the_parameters_and_nothing_else_of_the_web_or_of_the_work(tmp_path: Path) -> None:
    loaded = modules_after(JOB_COMMAND, tmp_path)
    assert not loaded & (WEB - {"pydantic"} | WORK | OPTIONAL | SIMULATORS)


def test_a_cluster_loads_all_of_the_work_and_nothing_of_the_web(tmp_path: Path) -> None:
    loaded = modules_after(CLUSTER, tmp_path)
    assert not loaded & (WEB - {"pydantic"} | OPTIONAL | SIMULATORS)
    assert loaded >= WORK


def test_pages_need_nothing_of_a_worker_and_no_server_to_be_checked(tmp_path: Path) -> None:
    loaded = modules_after(PAGES, tmp_path)
    assert not loaded & ({"twisted", "daphne", "av", "graphql", "qbittorrentapi"} | OPTIONAL | SIMULATORS)
    assert loaded >= {"ninja", "jobs.admin", "scenes.admin"}


def imported_where_they_run() -> Iterator[str]:
    """The modules that functions of the declarations import."""
    for path in [*(ROOT / "scenes" / "tasks").glob("*.py"), *(ROOT / "scenes" / name for name in LAZY)]:
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                yield from (node.module or "" for node in ast.walk(function) if isinstance(node, ast.ImportFrom))


def test_what_tasks_import_where_they_run_is_there_before_a_worker_is_forked(tmp_path: Path) -> None:
    needed = set(imported_where_they_run())
    assert len(needed) > 10
    assert needed <= modules_after(CLUSTER, tmp_path)
