"""What surely was not taken is sent again; what may have arrived is not, and is named in the channel's next message."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from stashhog.ops.notifications.delivering import LONGEST_RETRY, deliver_due
from stashhog.ops.notifications.models import Cause, Channel, Message
from stashhog.ops.notifications.outbox import write
from tests.clients.fakes import HANG, http, serving
from tests.notifications.conftest import MakeChannel, Receiver

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Status = Message.Status


def status() -> str:
    return Message.objects.earliest("at", "id").status


def for_hours(clock: Any) -> None:
    """Until every attempt that there might be was made."""
    for _ in range(12):
        deliver_due()
        clock.shift(HOUR + MINUTE)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stashhog.ops.notifications.sending.ANSWER_LIMIT", 0.3)


def test_what_a_slow_service_did_not_answer_in_time_is_sent_once(make_channel: MakeChannel, clock: Any) -> None:
    with serving(lambda request: HANG) as slow:
        channel = make_channel(url=slow.url.replace("http", "json"))
        write(Cause.RUN_FAILED, "It failed")
        for_hours(clock)
        assert len(slow.received) == 1
    message = Message.objects.get()
    assert message.status == Status.UNSURE and "nobody knows whether it arrived" in message.error
    channel.refresh_from_db()
    assert channel.failures == 1 and channel.error == message.error


GATEWAYS = [408, 502, 504, 520, 522, 524]


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 2", *map(http, GATEWAYS)], ids=["none", "half", *map(str, GATEWAYS)]
)
def test_so_is_what_was_answered_by_nobody_or_not_to_its_end(
    answer: bytes, make_channel: MakeChannel, clock: Any
) -> None:
    with serving(lambda request: answer) as broken:
        make_channel(url=broken.url.replace("http", "json"))
        write(Cause.RUN_FAILED, "It failed")
        for_hours(clock)
        assert len(broken.received) == 1 and status() == Status.UNSURE


@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500, 503])
def test_what_a_service_refused_is_sent_again(code: int, make_channel: MakeChannel, clock: Any) -> None:
    answers = iter([http(code)])
    with serving(lambda request: next(answers, http(200))) as fake:
        make_channel(url=fake.url.replace("http", "json"))
        write(Cause.RUN_FAILED, "It failed")
        for_hours(clock)
        assert len(fake.received) == 2 and status() == Status.SENT


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1:9/",
        "json://no-such-host.invalid/",
        "mailto://127.0.0.1:9?from=hog@here.example&to=a@b.example",
    ],
)
def test_what_reached_nobody_is_sent_again(address: str, make_channel: MakeChannel, clock: Any) -> None:
    make_channel(url=address)
    write(Cause.RUN_FAILED, "It failed")
    assert deliver_due() == 0 and status() == Status.WAITING


def test_what_one_of_two_targets_took_is_not_sent_to_it_again(make_channel: MakeChannel, clock: Any) -> None:
    answers = iter([http(200, b"{}"), http(500)])
    with serving(lambda request: next(answers, http(200, b"{}"))) as fake:
        make_channel(url=fake.url.replace("http", "ntfy") + "/one/two")
        write(Cause.RUN_FAILED, "It failed")
        for_hours(clock)
        assert len(fake.received) == 2
    message = Message.objects.get()
    assert message.status == Status.UNSURE and "some of its targets" in message.error


def test_what_may_have_arrived_is_named_in_the_next_message_of_any_cause(
    make_channel: MakeChannel, receiver: Receiver, clock: Any
) -> None:
    channel = make_channel()
    write(Cause.RUN_FAILED, "It failed")
    Message.objects.update(status=Status.UNSURE, tried_at=timezone.now(), attempts=1)
    clock.shift(MINUTE)
    write(Cause.DISK_LOW, "A disk is almost full")
    assert deliver_due() == 1
    assert (
        "1 earlier message may not have reached you:\n- 24 Nov 12:00 UTC It failed" in receiver.messages[0]["message"]
    )
    assert set(channel.messages.values_list("status", flat=True)) == {Status.SENT}


@contextmanager
def mail_server(answers: dict[str, str]) -> Iterator[tuple[int, list[str]]]:
    """Speaks SMTP; ``answers`` by command in place of the usual ones, "" hangs up. Gives its port and what was said."""
    commands: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().decode().strip():
                commands.append(line[:4].upper())
                usual = "354 go on" if commands[-1] == "DATA" else "250 well"
                if not self.answer(answers.get(commands[-1], usual)):
                    return
                if commands[-1] == "DATA":
                    while self.rfile.readline() != b".\r\n":
                        pass
                    if not self.answer(answers.get(".", "250 taken")):
                        return

        def answer(self, text: str) -> bool:
            self.wfile.write(f"{text}\r\n".encode() if text else b"")
            return bool(text)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1], commands
        server.shutdown()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, Status.SENT),
        ({"MAIL": "550 not you"}, Status.WAITING),
        ({"RCPT": "550 no such mailbox"}, Status.WAITING),
        ({"DATA": "451 later"}, Status.WAITING),
        ({".": "552 too big"}, Status.WAITING),
        ({".": ""}, Status.UNSURE),  # it hangs up where it should say that it has it
    ],
)
def test_of_mail_it_counts_what_the_server_said(
    answers: dict[str, str], expected: str, make_channel: MakeChannel
) -> None:
    with mail_server(answers) as (port, commands):
        make_channel(url=f"mailto://127.0.0.1:{port}?from=hog@here.example&to=me@there.example")
        write(Cause.RUN_FAILED, "It failed")
        deliver_due()
    assert commands and status() == expected, Message.objects.get().error


def test_a_host_whose_clock_is_behind_sends_no_second_message_within_the_hour(
    make_channel: MakeChannel, receiver: Receiver, clock: Any
) -> None:
    make_channel()
    write(Cause.RUN_FAILED, "Failure 1")
    assert deliver_due() == 1
    clock.shift(-10 * MINUTE)  # the other host
    write(Cause.RUN_FAILED, "Failure 2")
    assert deliver_due() == 0 and len(receiver.messages) == 1


def test_a_clock_that_was_far_ahead_silences_nobody_for_longer_than_an_hour(
    make_channel: MakeChannel, receiver: Receiver, clock: Any
) -> None:
    make_channel()
    clock.shift(timedelta(days=4000))
    write(Cause.RUN_FAILED, "Failure 1")
    deliver_due()
    Channel.objects.update(failures=1, retry_at=timezone.now() + LONGEST_RETRY)
    write(Cause.RUN_FAILED, "Failure 2")
    clock.shift(timedelta(days=-4000))
    assert deliver_due() == 1 and len(receiver.messages) == 2


def test_so_does_a_digest_of_what_happened_by_that_clock(
    make_channel: MakeChannel, receiver: Receiver, clock: Any
) -> None:
    make_channel(digest=True, digest_hour=8)
    clock.shift(timedelta(days=4000))
    write(Cause.RUN_FAILED, "Failure 1")
    clock.shift(timedelta(days=-4000))
    assert deliver_due() == 1 and len(receiver.messages) == 1
