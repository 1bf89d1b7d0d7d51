"""A run keeps the rules it started with; addresses and secrets are those of the moment of each attempt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jobs import engine
from jobs.context import JobContext
from jobs.declare import registry
from jobs.errors import JobError
from jobs.models import Job, Status
from jobs.worker import execution
from scenes import configuration
from scenes.configuration.saving import save
from scenes.models import Destination, Setting

pytestmark = pytest.mark.django_db(transaction=True)
PARAMS = {"skip": ["stash_scan", "incremental_sync", "analysis_batches", "completion"], "retry_delay": 0}


def spies(monkeypatch: pytest.MonkeyPatch, acts: dict[str, Callable[[], Any]]) -> list[tuple[str, str, str]]:
    """Which link mode, suffix and password each of the run's sub-jobs had; `acts` happen in one of them."""
    seen: list[tuple[str, str, str]] = []

    def look(job: JobContext) -> None:
        config = configuration.current()
        seen.append((config.link_mode, config.tag_suffix, config.qbittorrent_password))
        if act := acts.pop(job.job.type, None):
            act()

    for type in ("process_downloads", "stash_generate"):
        monkeypatch.setitem(registry._tasks, type, dataclasses.replace(registry.get_task(type), function=look))
    return seen


def work_until_it_ends(run: Job) -> str:
    while Job.objects.of_run(run.pk).active().exists():
        execution.work()
    run.refresh_from_db()
    return run.status


def corrected() -> None:
    save({"link_mode": "copy", "tag_suffix": "_new", "qbittorrent_password": "right"})


def test_rules_changed_in_the_middle_of_a_run_count_from_the_next_run_on_and_a_password_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save({"tag_suffix": "_old", "qbittorrent_password": "wrong"})
    seen = spies(monkeypatch, {"process_downloads": corrected})
    assert work_until_it_ends(engine.start("process_new_scenes", PARAMS, source="test")) == Status.COMPLETED
    assert seen == [("hardlink", "_old", "wrong"), ("hardlink", "_old", "right")]
    assert work_until_it_ends(engine.start("process_new_scenes", PARAMS, source="test")) == Status.COMPLETED
    assert seen[2:] == [("copy", "_new", "right")] * 2


def test_a_corrected_password_helps_the_next_attempt_of_the_same_sub_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_once() -> None:
        corrected()
        raise JobError("login_refused", "Refused.")

    save({"qbittorrent_password": "wrong"})
    seen = spies(monkeypatch, {"process_downloads": fail_once})
    assert work_until_it_ends(engine.start("process_new_scenes", PARAMS, source="test")) == Status.COMPLETED
    assert [one[2] for one in seen] == ["wrong", "right", "right"]
    assert {one[0] for one in seen} == {"hardlink"}


def test_a_run_that_a_person_retries_takes_the_rules_of_that_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise JobError("library_not_in_stash", "Wrong.", permanent=True)

    seen = spies(monkeypatch, {"process_downloads": fail})
    run = engine.start("process_new_scenes", PARAMS, source="test")
    assert work_until_it_ends(run) == Status.FAILED
    corrected()
    engine.retry(run.pk)
    assert work_until_it_ends(run) == Status.COMPLETED
    assert [one[0] for one in seen] == ["hardlink", "copy", "copy"]


def test_a_variable_changed_for_the_workers_of_the_run_does_not_change_its_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STASHHOG_LINK_MODE", "copy")
    seen = spies(monkeypatch, {"process_downloads": lambda: monkeypatch.setenv("STASHHOG_LINK_MODE", "move")})
    work_until_it_ends(engine.start("process_new_scenes", PARAMS, source="test"))
    assert [one[0] for one in seen] == ["copy", "copy"]
    assert configuration.current().link_mode == "move"


def test_a_variable_that_only_the_workers_have_wins_over_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spies(monkeypatch, {})
    run = engine.start("process_new_scenes", PARAMS, source="test")  # from a shell without the variables
    monkeypatch.setenv("STASHHOG_LINK_MODE", "copy")
    work_until_it_ends(run)
    assert [one[0] for one in seen] == ["copy", "copy"]


def test_a_worker_sees_what_another_process_has_stored_without_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configuration.current().link_mode == "hardlink", "it has read the settings before"
    seen = spies(
        monkeypatch,
        {"process_downloads": lambda: Setting.objects.create(key="qbittorrent_username", value="of another process")},
    )
    Setting.objects.create(key="link_mode", value="copy")  # no word of it to this process
    work_until_it_ends(engine.start("process_new_scenes", PARAMS, source="test"))
    assert [one[0] for one in seen] == ["copy", "copy"]
    assert configuration.current().qbittorrent_username == "of another process"


def test_a_job_of_its_own_keeps_its_rules_as_a_run_does(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spies(monkeypatch, {})
    job = engine.start("process_downloads", {}, source="test")
    corrected()
    work_until_it_ends(job)
    assert seen == [("hardlink", "_AI", "right")]


def test_nothing_secret_is_written_to_a_run(program: Client) -> None:
    save({"qbittorrent_password": "quite-secret", "stash_url": "http://me:hidden@nas", "link_mode": "copy"})
    run = engine.start("process_new_scenes", PARAMS, source="test")
    assert run.pinned["link_mode"] == "copy"
    for secret in ("quite-secret", "hidden"):
        assert secret not in repr(run.pinned) + program.get(f"/api/jobs/{run.pk}").content.decode()


def test_destinations_edited_during_a_run_count_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def edited() -> None:
        Destination.objects.update(folder="/mnt/new", categories="tv")
        Destination.objects.create(name="First", folder="/mnt/first", tags="x", position=0)

    seen: list[list[tuple[str, str]]] = []

    def look(job: JobContext) -> None:
        seen.append([(one.name, str(one.folder)) for one in configuration.current().destinations.all])
        edited() if job.job.type == "process_downloads" and len(seen) == 1 else None

    for type in ("process_downloads", "stash_generate"):
        monkeypatch.setitem(registry._tasks, type, dataclasses.replace(registry.get_task(type), function=look))
    save({"library_path": "/mnt/library"})
    Destination.objects.create(name="VR", folder="/mnt/vr", categories="vr")
    assert work_until_it_ends(engine.start("process_new_scenes", PARAMS, source="test")) == Status.COMPLETED
    assert seen == [[("VR", "/mnt/vr"), ("by default", "/mnt/library")]] * 2
    assert work_until_it_ends(engine.start("process_new_scenes", PARAMS, source="test")) == Status.COMPLETED
    assert seen[2:] == [[("First", "/mnt/first"), ("VR", "/mnt/new"), ("by default", "/mnt/library")]] * 2


def test_a_destination_that_can_not_be_read_stops_the_run_also_when_it_started_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    function = lambda job: seen.append(configuration.current().unusable.get("destinations", ""))  # noqa: E731
    task = dataclasses.replace(registry.get_task("process_downloads"), function=function)
    monkeypatch.setitem(registry._tasks, "process_downloads", task)
    Destination.objects.create(name="VR", folder="/mnt/vr", categories="vr", link_mode="by magic")
    job = engine.start("process_downloads", {}, source="test")
    assert "destinations" not in job.pinned
    work_until_it_ends(job)
    assert "Link mode of the destination 'VR'" in seen[0]
