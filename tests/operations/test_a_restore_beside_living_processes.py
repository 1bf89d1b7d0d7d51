"""A restore and real processes: it waits for nobody's word but their death, or is forced, and then they go on."""

from __future__ import annotations

import contextlib

import pytest
import requests
from django.core.management import CommandError, call_command

from jobs import engine
from jobs.models import Event, Job, Status, Supervisor
from jobs.web import tokens
from scenes.demo.processes import free_port
from stashhog.ops import backups
from tests.jobs import worker_examples  # noqa: F401 - registers the examples
from tests.processes import alive, descendants, started, until
from tests.web.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
EXAMPLES = {"DJANGO_SETTINGS_MODULE": "tests.jobs.example_app.settings"}


def start_slow() -> Job:
    """A job that a worker is at work on for longer than a test takes."""
    job = engine.start("slow_example", {"seconds": 600}, source="test")
    until(Event.objects.filter(job=job, message="Begun").exists, "the job to be at work")
    return job


def test_nothing_is_restored_beside_a_worker_at_work_and_at_once_when_it_is_dead() -> None:
    file = backups.backup()
    with started("manage.py", "worker", **EXAMPLES) as process:
        job = start_slow()
        with pytest.raises(CommandError, match=r"A worker is running on .*: stop StashHog first, or use --force"):
            call_command("restore", str(file))
        assert Job.objects.filter(pk=job.pk, status=Status.RUNNING, attempt=1).exists()
        processes = [process.pid, *descendants(process.pid)]
        process.kill()
        until(lambda: not alive(processes[1:]), "the cluster to be gone", 10)
        process.wait()
        call_command("restore", str(file))
    assert not Job.objects.exists() and not Supervisor.objects.exists()


def test_a_forced_restore_takes_its_job_from_a_worker_which_goes_on_with_what_is_restored() -> None:
    headers = {"Authorization": f"Bearer {tokens.create(make_user('program'), 'test')}"}
    due = engine.start("quick_example", source="test")
    file = backups.backup()
    Job.objects.all().delete()
    port = free_port()

    def listed() -> list[tuple[str, str]]:
        with contextlib.suppress(requests.ConnectionError):
            answer = requests.get(f"http://127.0.0.1:{port}/api/jobs", headers=headers, timeout=30)
            return [(job["id"], job["status"]) for job in answer.json()["items"]]
        return []

    web = started("manage.py", "web", STASHHOG_BIND=f"127.0.0.1:{port}", **EXAMPLES)
    with started("manage.py", "worker", **EXAMPLES) as process, web:
        lost = start_slow()
        until(lambda: listed() == [(str(lost.pk), "running")], "the web process")
        call_command("restore", str(file), "--force")
        until(lambda: listed() == [(str(due.pk), "completed")], "the restored job to be done")
        until(Supervisor.objects.exists, "the worker's sign of life")
        assert alive([process.pid])
        again = engine.start("quick_example", source="test")
        until(Job.objects.filter(pk=again.pk, status=Status.COMPLETED).exists, "a later job to be done")
    assert not Event.objects.exclude(job__in=[due, again]).exists(), "the lost job wrote something"
