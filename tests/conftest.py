"""Fixtures that every test may use."""

from __future__ import annotations

import dataclasses
import gc
import os
import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation
from whitenoise.middleware import WhiteNoiseMiddleware

from jobs.clock import LeaseClock
from jobs.declare import registry
from scenes import configuration
from tests import emptying, tables

# Audit events: https://docs.python.org/3/library/audit_events.html
PROCESS_STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"}
# What is there already is taken, in this process and in those that it starts; tests of the first run say otherwise.
os.environ["STASHHOG_FIRST_RUN"] = "take"
OTHERS_END = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()"""
DATABASE_FIXTURES = {"db", "transactional_db"}  # those that others of them ask for
started_processes: list[str] = []  # by the test that runs now

# How long an example takes says how busy the machine is; tests of how time grows measure it themselves.
hypothesis.settings.register_profile(
    "any_machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any_machine")

# Passwords of tests need not be slow to guess. Processes of their own keep the usual hasher, for accounts of their own.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def note_process_start(event: str, args: tuple[Any, ...]) -> None:
    if event in PROCESS_STARTS:
        started_processes.append(str(args[0]) if args else event)


sys.addaudithook(note_process_start)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, None, None]:
    started_processes.clear()
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    yield
    if started_processes and not item.get_closest_marker("acceptance"):
        pytest.fail(f"It started a process ({started_processes[0]}): mark it with pytest.mark.acceptance.", False)


@pytest.hookimpl(tryfirst=True)  # before `-m` is looked at
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked as ``big`` is for CI. What may not use the database says nothing about it."""
    for item in items:
        if not may_use_the_database(item):
            item.add_marker("one_database")
    if os.environ.get("STASHHOG_BIG_SIZES"):
        return
    big = [item for item in items if item.get_closest_marker("big")]
    config.hook.pytest_deselected(items=big)
    items[:] = [item for item in items if item not in big]


def may_use_the_database(item: pytest.Item) -> bool:
    """In itself, where pytest-django refuses it to all others, or in processes of its own."""
    marked = any(item.get_closest_marker(name) for name in ("django_db", "acceptance"))
    return marked or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_collection_finish() -> None:
    # What was imported and collected stays for the whole session: no collection need look at it again.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """A test's database is made from the models, and need not outlive a power failure.

    That the migrations make the same is for the tests that migrate; they take three seconds of each process of tests.
    """
    database = settings.DATABASES["default"]
    database["TEST"] = {**database.get("TEST", {}), "MIGRATE": False}
    if "sqlite" in database["ENGINE"]:
        database["OPTIONS"] = {
            **database["OPTIONS"],
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        }


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """After a test that commits, what is there now is there again. It looks migrated."""
    with django_db_blocker.unblock():
        tables.record_migrations()
        emptying.install()
    yield
    if connection.vendor == "postgresql":
        # It drops no database that the thread of a read is connected to which a test gave up.
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(OTHERS_END)


@pytest.fixture(autouse=True)
def _settings_are_read_again() -> None:
    """What an earlier test stored is rolled back, which nothing says to the process."""
    configuration.forget()


@pytest.fixture(autouse=True)
def _nobody_chose_a_language() -> None:
    """A request leaves its language to the thread, in which the next test may read texts."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _the_clock_was_never_set() -> None:
    """A test that travels in time and recovers jobs would have no lease expire for half a minute."""
    if recovering := sys.modules.get("jobs.engine.recovering"):
        vars(recovering)["_lease_clock"] = LeaseClock()


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_listed_once() -> None:
    """Each client of a test starts the middleware again, which lists all static files: ten times a request's work."""
    listed: dict[str, dict[str, Any]] = {}
    add_files = WhiteNoiseMiddleware.add_files_from_finders

    def once(middleware: WhiteNoiseMiddleware) -> None:
        if middleware.static_prefix not in listed:
            add_files(middleware)
            listed[middleware.static_prefix] = dict(middleware.files)
        middleware.files.update(listed[middleware.static_prefix])

    WhiteNoiseMiddleware.add_files_from_finders = once  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _declarations() -> None:
    """Loaded before a test changes the settings, which give some parameters their defaults."""
    registry.load()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., configuration.Configuration]]:
    """`configure(stash_url=…)` replaces fields of the configuration for one test; calls add up."""
    chosen: dict[str, Any] = {}

    def replace(**fields: Any) -> configuration.Configuration:
        chosen.update(fields)
        config = dataclasses.replace(configuration.Configuration(first_run="take", tagger_parallel=1), **chosen)
        monkeypatch.setattr(configuration, "current", lambda: config)
        return config

    replace()
    yield replace


@pytest.fixture(autouse=True)
def services_are_unknown() -> Iterator[None]:
    """A port may have had another service in the test before."""
    yield
    if recent := sys.modules.get("scenes.clients.tagger.recent"):
        recent.recent.clear()
    if health := sys.modules.get("scenes.web.health"):
        health.monitor.forget()


@pytest.fixture
def be_stalled_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`be_stalled_after(seconds)`: from now on jobs of Stash, which have an hour, are stalled after that."""

    def change(seconds: float) -> None:
        for type in ("stash_scan", "stash_generate", "stash_identify", "stash_auto_tag", "stash_plugin"):
            changed = dataclasses.replace(registry.get_task(type), no_progress=seconds)
            monkeypatch.setitem(registry._tasks, type, changed)

    return change


T = TypeVar("T", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _no_skips((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _no_skips((yield))


NOT_HERE = "is not part of the project"  # in the reason of the only tests that CI may skip


def _no_skips(report: T) -> T:
    """In CI a skipped test is a failed one, so that it is among the failed ones when they are run again, too."""
    if os.environ.get("STASHHOG_NO_SKIPS") and report.skipped and NOT_HERE not in str(report.longrepr):
        report.outcome, report.longrepr = "failed", f"Nothing may be skipped here: {report.longrepr}"
    return report
