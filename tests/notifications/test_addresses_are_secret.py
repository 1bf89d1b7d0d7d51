"""The address of a channel is encrypted, used, and never seen again; and only services of the network can be meant."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from jobs.errors import BadRequest
from stashhog.ops.notifications import channels, sending
from stashhog.ops.notifications.delivering import deliver_due
from stashhog.ops.notifications.models import Cause, Channel, Message
from stashhog.ops.notifications.outbox import write
from tests.notifications.conftest import SECRET, MakeChannel, Receiver
from tests.web.factories import make_token, make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def whole_database() -> str:
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            texts.append(str(cursor.fetchall()))
    return "\n".join(texts)


@pytest.fixture
def planted(
    receiver: Receiver, make_channel: MakeChannel, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> str:
    """A channel has sent, failed, and been refused its connection; returns what was logged and printed."""
    caplog.set_level(logging.DEBUG)
    channel = make_channel()
    for status in (200, 401, 500):
        receiver.status = status
        Message.objects.all().delete()
        Channel.objects.update(retry_at=None)
        write(Cause.RUN_FAILED, "It failed")
        deliver_due()
    channels.save(channel, {"url": f"json://me:{SECRET}@127.0.0.1:9/{SECRET}"})
    assert channels.test(channel)
    assert any(SECRET.encode() in str(one).encode() for one in receiver.fake.received), "it was used"
    out = capfd.readouterr()
    return caplog.text + out.out + out.err


def test_no_table_log_repr_or_error_has_it(planted: str) -> None:
    assert "was not sent" in planted and SECRET not in planted
    assert SECRET not in whole_database()
    assert SECRET not in repr(list(Channel.objects.all())) + repr(list(Channel.objects.values()))


def test_no_queue_has_it(planted: str) -> None:
    rows = apps.get_model("django_q", "OrmQ").objects.all()
    assert SECRET not in "".join(repr(row.task) for row in rows)


def test_no_page_answer_or_command_has_it(planted: str) -> None:
    user = make_user()
    admin = Client()
    admin.force_login(user)
    channel = Channel.objects.get()
    where = "/admin/notifications/channel/"
    pages = [where, f"{where}{channel.pk}/change/", f"{where}{channel.pk}/history/", "/admin/notifications/message/"]
    for page in pages:
        assert SECRET not in admin.get(page).text
    typed = {"name": "", "url": f"json://{SECRET}@nas/", "causes": ["disk_low"], "digest_hour": 8}
    assert SECRET not in admin.post(f"{where}{channel.pk}/change/", typed).text, "of a form that comes back"
    program = Client(headers={"Authorization": f"Bearer {make_token(user)}"})
    answers = [program.get("/api/notifications/channels")]
    for body in ({"url": f"file://{SECRET}"}, {"url": f"json://{SECRET}:x@/"}, {"causes": [SECRET], "url": SECRET}):
        answers.append(program.patch(f"/api/notifications/channels/{channel.pk}", body, "application/json"))
        assert answers[-1].status_code == 400
    assert not [answer for answer in answers if SECRET in answer.text.replace(f'"{SECRET}"', "")]
    output = io.StringIO()
    call_command("notifications", "list", stdout=output)
    assert "phone (JSON)" in output.getvalue() and SECRET not in output.getvalue()


def test_the_stored_one_is_encrypted_and_useless_with_another_key(
    make_channel: MakeChannel, receiver: Receiver, settings: Any
) -> None:
    channel = make_channel()
    assert not channels.test(channel) and len(receiver.messages) == 1
    settings.SECRET_KEY = "another"
    assert "can't be decrypted" in channels.test(channel) and len(receiver.messages) == 1


LOCAL = ["syslog://", "dbus://", "gnome://", "macosx://", "windows://", "glib://", "file:///etc/passwd", "blink1://"]
UNKNOWN = ["vapid://a@b.c/d", "fcm://project/token/?keyfile=/etc/passwd", "http://nas/", "", "x", "json", "rsyslog://h"]
OPTIONS = [
    "discord://1234567890/abcdefghijkl/?template=/etc/passwd",
    "workflows://host/a/b/?Template=file:///etc/passwd",
    "json://nas/?retry=5",
    "json://nas/?redirect=yes",
    "mailto://u:p@example.com?pgpkey=/etc/passwd",
]


@pytest.mark.parametrize("address", LOCAL + UNKNOWN + OPTIONS + ["json://", "tgram://x", "json://[::1"])
def test_an_address_that_is_none_of_a_known_service_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(BadRequest) as refused:
        sending.service_of(address.replace("nas", SECRET))
    assert SECRET not in str(refused.value) and "passwd" not in str(refused.value)


@pytest.mark.parametrize(("module", "schemas"), sending.PLUGINS.items())
def test_each_service_that_is_offered_is_one_of_apprise(module: str, schemas: str) -> None:
    for schema in schemas.split():
        assert schema in sending.schemas_of(sending.class_for(module, schema))


@pytest.mark.parametrize(
    "address",
    [
        "ntfy://nas/topic", "tgram://123456789:abcdefg_hijklmnop/12315544/", "gotify://nas/abcdefghijklmno",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "mailto://user:pw@example.com",
        "pover://" + "u" * 30 + "@" + "t" * 30, "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
    ],
)  # fmt: skip
def test_addresses_of_usual_services_are_taken(address: str) -> None:
    assert sending.service_of(address)


def test_the_command_makes_tests_and_removes_a_channel(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(receiver.address + "\n"))
    call_command("notifications", "add", "phone", "--cause", "disk_low", stdout=output)
    assert Channel.objects.get().causes == ["disk_low"]
    call_command("notifications", "test", "phone", stdout=output)
    assert receiver.titles == ["StashHog: a test"]
    receiver.status = 404
    with pytest.raises(CommandError, match="404"):
        call_command("notifications", "test", "phone")
    call_command("notifications", "remove", "phone", stdout=output)
    assert not Channel.objects.exists() and SECRET not in output.getvalue()
    with pytest.raises(CommandError, match="no channel"):
        call_command("notifications", "test", "phone")


def test_the_page_has_a_button_that_sends_a_test(receiver: Receiver, make_channel: MakeChannel) -> None:
    channel = make_channel()
    admin = Client()
    admin.force_login(make_user())
    page = f"/admin/notifications/channel/{channel.pk}/change/"
    assert f'action="/admin/notifications/channel/{channel.pk}/test/"' in admin.get(page).text
    answer = admin.post(f"/admin/notifications/channel/{channel.pk}/test/", follow=True)
    assert "JSON took the test message" in answer.text and receiver.titles == ["StashHog: a test"]
    receiver.status = 500
    answer = admin.post(f"/admin/notifications/channel/{channel.pk}/test/", follow=True)
    assert "500 (Internal Server Error)" in answer.text
    assert admin.get(f"/admin/notifications/channel/{channel.pk}/test/").status_code == 405


def test_the_form_keeps_the_address_when_none_is_typed(receiver: Receiver, make_channel: MakeChannel) -> None:
    channel = make_channel()
    admin = Client()
    admin.force_login(make_user())
    where = "/admin/notifications/channel/"
    values = {"name": "tablet", "enabled": "on", "causes": ["disk_low", "review"], "digest_hour": 7, "url": ""}
    assert admin.post(f"{where}{channel.pk}/change/", values).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.causes, channel.digest_hour) == ("tablet", ["disk_low", "review"], 7)
    assert not channels.test(channel)
    assert "This field is required" in admin.post(f"{where}add/", values | {"name": "new"}).text
    refused = admin.post(f"{where}add/", values | {"name": "new", "url": "syslog://"}).text
    assert "Give an address of apprise" in refused


def test_the_api_makes_changes_tests_and_deletes_a_channel(receiver: Receiver) -> None:
    api = Client(headers={"Authorization": f"Bearer {make_token(make_user())}"})
    where, kind = "/api/notifications/channels", "application/json"
    made = api.post(where, {"name": "phone", "url": receiver.address}, kind)
    assert made.status_code == 201 and made.json()["causes"] == Cause.values and made.json()["service"] == "JSON"
    one = f"{where}/{made.json()['id']}"
    assert api.post(f"{one}/test").json() == {"sent": True, "error": ""}
    assert api.patch(one, {"causes": ["review"], "digest": True}, kind).json()["causes"] == ["review"]
    assert [channel["digest"] for channel in api.get(where).json()] == [True]
    assert api.post(where, {"name": "phone", "url": receiver.address}, kind).status_code == 400
    assert api.post(where, {"name": "x", "url": receiver.address, "causes": ["none"]}, kind).status_code == 400
    assert api.delete(one).status_code == 204 and api.delete(one).status_code == 404
    assert api.post(f"{where}/{2**70}/test").status_code == 404
