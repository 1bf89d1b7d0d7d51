"""/metrics tells Prometheus how things are, from rows alone, and only to its own token or to listed networks."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from jobs.models import ApiToken, Job, Purpose, Scope, Status, Supervisor
from jobs.web import tokens
from scenes.configuration.saving import save
from scenes.models import Download
from stashhog.ops.notifications.conditions import Kind, Observation, remember
from tests.web.factories import make_job, make_run, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def prometheus() -> Client:
    token = tokens.create(make_user(), purpose=Purpose.METRICS)
    return Client(headers={"Authorization": f"Bearer {token}"})


def read(client: Client) -> dict[tuple[Any, ...], float]:
    """By name and the values of the labels, in the order of their names."""
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name.removeprefix("stashhog_"), *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_runs_steps_items_and_the_queue_are_counted(prometheus: Client) -> None:
    make_run(Status.COMPLETED)
    make_run(Status.FAILED, at=3)
    old = make_job("sync", Status.COMPLETED)
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
    waiting = make_job("sync")
    Job.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(seconds=90))
    for number, outcome in enumerate(("done", "done", "quarantined")):
        Download.objects.create(hash=str(number) * 40, name="x", outcome=outcome)
    Supervisor.objects.create(process="here", host="here")
    found = read(prometheus)
    assert found["runs", "completed", "process_new_scenes"] == found["runs", "failed", "process_new_scenes"] == 1
    assert ("runs", "completed", "sync") not in found and found["runs", "queued", "sync"] == 1
    assert found["items", "download", "done"] == 2 and found["items", "download", "quarantined"] == 1
    assert found["queue_due",] == 1 and 90 <= found["queue_age_seconds",] < 120
    assert found["jobs_active", "queued"] == 1 and found["workers",] == 1
    assert abs(found["last_run_timestamp_seconds", "failed"] - timezone.now().timestamp()) < 60
    # Each took 40 s: two of the first step, one of the last.
    assert found["step_duration_seconds_bucket", "15.0", "process_downloads"] == 0
    assert found["step_duration_seconds_bucket", "60.0", "process_downloads"] == 2
    assert found["step_duration_seconds_bucket", "+Inf", "completion"] == 1


def test_services_disks_and_backups_are_as_they_were_seen_last(prometheus: Client) -> None:
    for _ in range(3):
        remember(Observation(Kind.SERVICE, "stash", True, "Away.", "Stash"))
    remember(Observation(Kind.SERVICE, "qbittorrent", False, "", "qBittorrent"))
    remember(Observation(Kind.DISK, "/library", False, "", "/library", 10.0, 100.0))
    remember(Observation(Kind.BACKUPS, "", False, "", value=timezone.now().timestamp() - 500))
    found = read(prometheus)
    assert found["service_up", "stash"] == 0 and found["service_up", "qbittorrent"] == 1
    assert found["disk_free_bytes", "/library"] == 10 and found["disk_size_bytes", "/library"] == 100
    assert 500 <= found["backup_age_seconds",] < 560
    assert abs(found["looked_timestamp_seconds",] - timezone.now().timestamp()) < 60


def test_an_empty_installation_has_metrics(prometheus: Client) -> None:
    assert read(prometheus)["queue_due",] == 0


def test_it_takes_the_same_number_of_queries_however_much_there_is(prometheus: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(prometheus)
        return len(captured)

    make_run(Status.COMPLETED)
    read(prometheus)
    few = queries()
    for _ in range(20):
        make_run(Status.COMPLETED)
    Download.objects.bulk_create(Download(hash=f"{n:040}", name="x", outcome="failed") for n in range(500))
    assert queries() == few <= 13


def test_its_token_is_good_for_nothing_else_and_no_other_is_good_for_it(prometheus: Client) -> None:
    user = make_user("root")
    token = tokens.create(user, scope=Scope.ADMIN, purpose=Purpose.METRICS)
    only_metrics = Client(headers={"Authorization": f"Bearer {token}"})
    assert only_metrics.get("/metrics").status_code == 200
    for address in ("/api/jobs", "/api/health", "/api/settings", "/api/openapi.json"):
        assert only_metrics.get(address).status_code == 401
    assert only_metrics.post("/api/jobs", {"job_type": "sync"}, "application/json").status_code == 401
    assert only_metrics.get("/").status_code == 302
    assert Client(headers={"Authorization": f"Bearer {make_token(user)}"}).get("/metrics").status_code == 401


def refused(client: Client, **options: Any) -> bool:
    answer = client.get("/metrics", **options)
    assert answer.status_code in (200, 401)
    assert answer.status_code == 200 or (answer.content == b"" and answer.headers["WWW-Authenticate"] == "Bearer")
    return answer.status_code == 401


def test_who_has_neither_learns_nothing(prometheus: Client) -> None:
    assert refused(Client())
    browser = Client()
    browser.force_login(make_user("root"))
    assert refused(browser), "nor by a login"
    for header in ("Bearer x", "Basic x", "Bearer shog_012345678901_" + "x" * 43, "Bearer "):
        assert refused(Client(headers={"Authorization": header}))
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refused(prometheus), "it expired"
    assert prometheus.post("/metrics").status_code == 405


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("192.168.1.77", True), ("::ffff:192.168.1.77", True), ("fd00::7", True), ("10.1.2.3", True),
        ("192.168.2.1", False), ("10.1.2.4", False), ("fd01::7", False), ("", False), ("unix:", False),
    ],
)  # fmt: skip
def test_networks_in_the_settings_need_no_token(address: str, is_in: bool) -> None:
    assert refused(Client(), REMOTE_ADDR=address)
    save({"metrics_networks": "192.168.1.0/24, 10.1.2.3, fd00::/64"})
    assert refused(Client(), REMOTE_ADDR=address) != is_in
    wrong = Client(headers={"Authorization": "Bearer wrong"})
    assert refused(wrong, REMOTE_ADDR=address), "who sends a token is asked for that alone"
    assert refused(Client(), REMOTE_ADDR="203.0.113.1", headers={"X-Forwarded-For": "192.168.1.77"})


def test_the_command_makes_its_token() -> None:
    make_user("ada")
    out = io.StringIO()
    call_command("createtoken", "ada", "--purpose", "metrics", stdout=out)
    assert not refused(Client(headers={"Authorization": f"Bearer {out.getvalue().strip()}"}))
