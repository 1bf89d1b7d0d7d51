"""Secrets are encrypted where they are kept, and nothing gives one back: no table, page, answer, log or queue."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from jobs import engine, testing
from jobs.models import Event, Job, Status
from scenes import configuration
from scenes.checks import check_configuration
from scenes.configuration.saving import save
from scenes.models import Setting
from tests.clients.fakes import serving

pytestmark = pytest.mark.django_db(transaction=True)

KEY, PASSWORD, IN_ADDRESS = "planted-key-of-stash", "planted-password-of-qb", "planted-in-an-address"
SECRETS = (KEY, PASSWORD, IN_ADDRESS)
UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def found_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def whole_database() -> str:
    """Every value of every row of every table."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            texts.append(f"{table}: {cursor.fetchall()}")
    return "\n".join(texts)


@pytest.fixture
def planted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Each secret is stored, and jobs have met services that refuse it; returns what was logged."""
    caplog.set_level(logging.DEBUG)
    with serving(lambda request: UNAUTHORIZED) as service:
        address = service.url.replace("http://", f"http://me:{IN_ADDRESS}@")
        addresses = {"stash_url": address, "qbittorrent_url": address, "tagger_url": address}
        save({**addresses, "stash_api_key": KEY, "qbittorrent_password": PASSWORD, "library_path": str(tmp_path)})
        for type in ("process_downloads", "sync"):
            job = engine.start(type, {}, source="test")
            testing.work()
            job.refresh_from_db()
            assert job.status == Status.FAILED, "it has met its service"
        engine.start("stash_generate", {}, source="test")
    return caplog.text


def test_what_is_stored_is_used() -> None:
    save({"stash_api_key": KEY, "qbittorrent_password": PASSWORD})
    assert configuration.current().stash_api_key == KEY
    assert configuration.current().qbittorrent_password == PASSWORD


def test_no_table_holds_a_secret(planted: str) -> None:
    assert Event.objects.exists() and Job.objects.exists()
    text = whole_database()
    assert "scenes_setting" in text and "django_q_ormq" in text
    assert not found_in(text)


def test_no_wake_up_carries_a_secret(planted: str) -> None:
    rows = apps.get_model("django_q", "OrmQ").objects.all()
    assert rows, "of the job that nobody has taken yet"
    assert not found_in("".join(repr(row.task) for row in rows))


def test_no_log_holds_a_secret(planted: str) -> None:
    assert "Stash: refuses our key" in planted and "qBittorrent: refuses" in planted
    assert not found_in(planted)


def test_no_page_shows_a_secret(planted: str, admin: Client) -> None:
    pages = ["/", "/services", "/jobs/", "/admin/", "/settings/all/"]
    pages += ["/admin/scenes/setting/stash_api_key/history/", "/admin/jobs/event/", "/admin/jobs/job/"]
    pages += [f"/jobs/{job.pk}/" for job in Job.objects.all()]
    pages += [f"/admin/jobs/job/{job.pk}/change/" for job in Job.objects.all()]
    for page in pages:
        answer = admin.get(page, follow=True)
        assert answer.status_code == 200, page
        assert not found_in(answer.text), page


@pytest.mark.parametrize(
    "address",
    [
        f"http://me:{IN_ADDRESS}@127.0.0.1:1",  # that can be used
        *(f"ftp://me:{IN_ADDRESS}@nas", f"me:{IN_ADDRESS}@nas:9999", f"http://me:{IN_ADDRESS}@[::1"),
        f"http://me:{IN_ADDRESS}/x@nas",
    ],
)
@pytest.mark.parametrize("sent", [{"test": "stash"}, {"link_mode": "of no kind"}], ids=["tested", "refused"])
def test_a_form_that_comes_back_has_no_password_that_was_typed(
    admin: Client, address: str, sent: dict[str, str]
) -> None:
    answer = admin.post("/settings/all/", {"stash_url": address, "stash_api_key": KEY, **sent})
    assert answer.status_code == 200 and "value=" in answer.text
    assert not found_in(answer.text)


def test_no_answer_of_the_api_has_a_secret(planted: str, program: Client) -> None:
    answers = [program.get("/api/settings"), program.get("/api/jobs"), program.get("/api/openapi.json")]
    for job in Job.objects.all():
        answers += [program.get(f"/api/jobs/{job.pk}"), program.get(f"/api/jobs/{job.pk}/events")]
    bad = {"stash_url": f"http://me:{IN_ADDRESS}@", "stash_api_key": f"{KEY}\n", "qbittorrent_password": PASSWORD}
    answers.append(program.patch("/api/settings", bad, content_type="application/json"))
    assert answers[-1].status_code == 400
    for answer in answers:
        assert not found_in(answer.text)


def test_no_command_prints_a_secret(planted: str, command: Callable[..., str]) -> None:
    assert not found_in(command("list") + command("list", "--json"))
    assert not found_in("".join(str(warning) for warning in check_configuration(None)))


@pytest.mark.acceptance  # on PostgreSQL it starts pg_dump
def test_a_backup_holds_no_secret_and_its_name_neither(planted: str, tmp_path: Path, settings) -> None:
    settings.BACKUPS_DIR = tmp_path / "backups"
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        call_command("backup", stdout=output, stderr=output)
    (file,) = settings.BACKUPS_DIR.iterdir()
    assert not found_in(file.name + output.getvalue() + file.read_bytes().decode("latin-1"))


def test_no_repr_has_a_secret(planted: str) -> None:
    texts = [configuration.current(), configuration.state(), *configuration.state().settings.values()]
    assert not found_in(repr(texts) + repr(list(Setting.objects.values())))


@pytest.mark.parametrize("key", ["stash_api_key", "qbittorrent_password"])
def test_with_another_secret_key_a_secret_counts_as_unset_and_everybody_says_so(
    key: str, admin: Client, command: Callable[..., str], settings, tmp_path: Path
) -> None:
    with serving(lambda request: UNAUTHORIZED) as service:
        save({"stash_url": service.url, "qbittorrent_url": service.url, "library_path": str(tmp_path), key: PASSWORD})
        settings.SECRET_KEY = django_settings.SECRET_KEY + "another"
        assert getattr(configuration.current(), key) == ""
        job = testing.run({"stash_api_key": "sync", "qbittorrent_password": "process_downloads"}[key])
        assert not service.received, "without its password it would only refuse us, and count"
    output = configuration.current().unusable[key]
    assert "can't be decrypted" in output and "Enter it again" in output
    assert (job.status, job.error_code, job.error_message) == (Status.FAILED, "setting_unusable", output)
    assert output in command("list")
    assert output in [warning.msg for warning in check_configuration(None)]


def test_the_page_says_what_can_not_be_decrypted_and_takes_it_when_it_is_entered_again(admin: Client, settings) -> None:
    save({"stash_api_key": KEY})
    Setting.objects.update(value="damaged")
    configuration.forget()
    assert "can&#x27;t be decrypted" in admin.get("/settings/all/").text
    save({"stash_api_key": "another-key"})
    assert configuration.current().stash_api_key == "another-key"


def test_a_secret_is_encrypted_otherwise_each_time() -> None:
    save({"stash_api_key": KEY})
    first = Setting.objects.get(key="stash_api_key").value
    save({"stash_api_key": "x"})
    save({"stash_api_key": KEY})
    assert Setting.objects.get(key="stash_api_key").value != first


def test_a_secret_in_the_clear_by_somebody_s_sql_is_used_and_never_shown(admin: Client) -> None:
    Setting.objects.create(key="stash_api_key", value=KEY)
    configuration.forget()
    assert configuration.current().stash_api_key == KEY
    assert not found_in(admin.get("/settings/all/").text)
