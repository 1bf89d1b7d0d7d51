"""What happened is told once: at most a message an hour for each cause and channel, which says what was held back."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from scenes.configuration.saving import save
from stashhog.ops.doctor.notifications import of_notifications
from stashhog.ops.notifications import channels, delivering
from stashhog.ops.notifications.delivering import deliver_due
from stashhog.ops.notifications.models import Cause, Channel, Message
from stashhog.ops.notifications.outbox import write
from tests.clients.fakes import HANG, serving
from tests.notifications.conftest import SECRET, MakeChannel, Receiver

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Status = Message.Status


def statuses() -> list[str]:
    return list(Message.objects.order_by("at", "id").values_list("status", flat=True))


def test_a_message_has_plain_words_and_a_link(receiver: Receiver, make_channel: MakeChannel) -> None:
    make_channel()
    save({"public_url": "https://nas.example.com/stashhog/"})
    write(Cause.RUN_FAILED, "Process new scenes failed", "Stash: refuses our key.", "/jobs/1/")
    assert deliver_due() == 1
    (message,) = receiver.messages
    assert message["title"] == "StashHog: Process new scenes failed"
    assert message["message"] == "Stash: refuses our key.\nhttps://nas.example.com/stashhog/jobs/1/"
    assert statuses() == [Status.SENT] and deliver_due() == 0


def test_without_a_public_address_there_is_no_link(receiver: Receiver, make_channel: MakeChannel) -> None:
    make_channel()
    write(Cause.RUN_FAILED, "It failed", "Why.", "/jobs/1/")
    deliver_due()
    assert receiver.messages[0]["message"] == "Why."


def test_a_channel_is_told_only_of_the_causes_that_it_wants(receiver: Receiver, make_channel: MakeChannel) -> None:
    make_channel(causes=["disk_low"])
    make_channel("off", enabled=False)
    write(Cause.RUN_FAILED, "It failed")
    assert not Message.objects.exists()
    write(Cause.DISK_LOW, "A disk is almost full")
    deliver_due()
    assert receiver.titles == ["StashHog: A disk is almost full"]


def test_what_happened_in_a_transaction_that_failed_is_not_told(receiver: Receiver, make_channel: MakeChannel) -> None:
    make_channel()
    with pytest.raises(RuntimeError), transaction.atomic():
        write(Cause.RUN_FAILED, "It failed")
        raise RuntimeError
    assert deliver_due() == 0 and not receiver.messages


def test_a_cause_is_told_once_an_hour_and_then_with_what_was_held_back(
    receiver: Receiver, make_channel: MakeChannel, clock: Any
) -> None:
    make_channel()
    for number in range(1, 5):
        write(Cause.RUN_FAILED, f"Failure {number}", f"Why {number}.")
        deliver_due()
        clock.shift(10 * MINUTE)
    write(Cause.DISK_LOW, "A disk is almost full")
    deliver_due()
    assert receiver.titles == ["StashHog: Failure 1", "StashHog: A disk is almost full"], "another cause waits for none"
    clock.shift(HOUR - 41 * MINUTE)
    deliver_due()
    assert len(receiver.titles) == 2, "a minute too early"
    clock.shift(MINUTE)
    deliver_due()
    assert receiver.titles[2] == "StashHog: Failure 4 (and 2 more)"
    text = receiver.messages[2]["message"]
    assert "Why 4." in text and "It happened 24 Nov 12:30 UTC." in text
    assert (
        "2 more since 24 Nov 12:10 UTC" in text and "- 24 Nov 12:10 UTC Failure 2\n- 24 Nov 12:20 UTC Failure 3" in text
    )
    assert set(statuses()) == {Status.SENT}


def test_a_digest_comes_once_a_day_with_all_that_happened(
    receiver: Receiver, make_channel: MakeChannel, clock: Any
) -> None:
    make_channel(digest=True, digest_hour=20)
    for cause, title in ((Cause.RUN_FAILED, "F1"), (Cause.DISK_LOW, "D"), (Cause.RUN_FAILED, "F2")):
        write(cause, title)
        clock.shift(MINUTE)
    clock.shift(8 * HOUR - 4 * MINUTE)
    assert deliver_due() == 0, "at 19:59"
    clock.shift(MINUTE)
    assert deliver_due() == 1
    write(Cause.RUN_FAILED, "F3")
    assert deliver_due() == 0, "that is for tomorrow"
    assert receiver.titles == ["StashHog: 3 events since 24 Nov 12:00 UTC"]
    text = receiver.messages[0]["message"]
    assert (
        "A run failed (2)\n- 24 Nov 12:00 UTC F1\n- 24 Nov 12:02 UTC F2" in text and "A disk is almost full (1)" in text
    )
    clock.shift(24 * HOUR)
    assert deliver_due() == 1 and receiver.titles[1] == "StashHog: 1 event since 24 Nov 20:00 UTC"


def test_the_digest_is_due_at_its_hour_in_the_time_zone_also_when_clocks_change(settings: Any) -> None:
    from datetime import UTC, datetime

    from django.utils import timezone

    with timezone.override("Europe/Berlin"):
        winter = delivering.last_digest(8, datetime(2026, 10, 25, 9, 0, tzinfo=UTC))
        summer = delivering.last_digest(8, datetime(2026, 10, 25, 6, 30, tzinfo=UTC))
    assert winter.astimezone(UTC) == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)
    assert summer.astimezone(UTC) == datetime(2026, 10, 24, 6, 0, tzinfo=UTC), "8:00 of the day before"


def test_a_failure_is_tried_again_later_and_later_and_given_up_with_its_reason(
    receiver: Receiver, make_channel: MakeChannel, clock: Any
) -> None:
    channel = make_channel()
    receiver.status = 503
    write(Cause.RUN_FAILED, "It failed")
    waits = []
    while Message.objects.get().status == Status.WAITING:
        deliver_due()
        channel.refresh_from_db()
        assert channel.retry_at is not None
        waits.append(channel.retry_at - NOW())
        assert deliver_due() == 0, "not before its time"
        clock.shift(waits[-1])
    minutes = [wait / MINUTE for wait in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60] and len(receiver.messages) == delivering.MAX_ATTEMPTS
    message = Message.objects.get()
    assert message.status == Status.GIVEN_UP and "503 (Service Unavailable)" in message.error
    assert channel.failures == 10 and channel.error == message.error


def NOW() -> Any:
    from django.utils import timezone

    return timezone.now()


def test_once_it_works_again_what_waited_is_sent(receiver: Receiver, make_channel: MakeChannel, clock: Any) -> None:
    channel = make_channel()
    receiver.status = 500
    write(Cause.RUN_FAILED, "It failed")
    deliver_due()
    receiver.status = 200
    clock.shift(MINUTE)
    assert deliver_due() == 1
    channel.refresh_from_db()
    assert (channel.failures, channel.error, channel.retry_at) == (0, "", None) and channel.last_sent_at


def test_several_hosts_at_once_send_it_once(make_channel: MakeChannel) -> None:
    both_are_there = threading.Event()

    def slow(request: Any) -> bytes:
        both_are_there.wait(2)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    sent: list[int] = []

    def host() -> None:
        try:
            sent.append(deliver_due())
        finally:
            connection.close()

    with serving(slow) as fake:
        make_channel(url=fake.url.replace("http", "json"))
        write(Cause.RUN_FAILED, "It failed")
        hosts = [threading.Thread(target=host) for _ in range(3)]
        for one in hosts:
            one.start()
        for one in hosts[:2]:
            one.join(0.2)
        both_are_there.set()
        for one in hosts:
            one.join(30)
    assert sorted(sent) == [0, 0, 1] and len(fake.received) == 1


def test_what_a_dead_sender_had_in_hand_is_not_sent_again_but_named_in_the_next(
    receiver: Receiver, make_channel: MakeChannel, clock: Any
) -> None:
    channel = make_channel()
    write(Cause.RUN_FAILED, "Failure 1")
    assert delivering.claim(channel.pk, Cause.RUN_FAILED), "and then it is killed"
    assert deliver_due() == 0
    clock.shift(3 * MINUTE)
    assert deliver_due() == 0 and statuses() == [Status.UNSURE]
    write(Cause.RUN_FAILED, "Failure 2")
    clock.shift(HOUR)
    assert deliver_due() == 1
    assert receiver.titles == ["StashHog: Failure 2"]
    assert (
        "1 earlier message may not have reached you:\n- 24 Nov 12:00 UTC Failure 1" in receiver.messages[0]["message"]
    )
    assert set(statuses()) == {Status.SENT}


def test_a_service_that_hangs_costs_a_bounded_time(make_channel: MakeChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stashhog.ops.notifications.sending.LONGEST", 0.5)
    with serving(lambda request: HANG) as fake:
        channel = make_channel(url=fake.url.replace("http", "json"))
        write(Cause.RUN_FAILED, "It failed")
        assert deliver_due() == 0
    channel.refresh_from_db()
    assert channel.error.startswith("JSON did not answer within 0.5 s.") and statuses() == [Status.UNSURE]


def test_a_service_that_is_not_there_is_said_so(make_channel: MakeChannel) -> None:
    channel = make_channel(url="json://127.0.0.1:9/")
    assert "can't be reached" in channels.test(channel)
    channel.refresh_from_db()
    assert "can't be reached" in channel.error


def test_nothing_is_sent_in_a_transaction(receiver: Receiver, make_channel: MakeChannel) -> None:
    make_channel()
    seen: list[bool] = []
    send = delivering.sending.send

    def watched(*args: Any) -> None:
        seen.append(connection.in_atomic_block)
        send(*args)

    delivering.sending.send, undo = watched, send  # type: ignore[assignment]
    try:
        write(Cause.RUN_FAILED, "It failed")
        deliver_due()
    finally:
        delivering.sending.send = undo
    assert seen == [False]


def test_a_person_has_it_sent_again(receiver: Receiver, make_channel: MakeChannel, clock: Any) -> None:
    channel = make_channel()
    write(Cause.RUN_FAILED, "It failed")
    Message.objects.update(status=Status.GIVEN_UP, attempts=10, error="Why.")
    Channel.objects.update(failures=10, retry_at=NOW() + HOUR)
    assert delivering.send_again(Message.objects.all()) == 1 and deliver_due() == 1
    assert receiver.titles == ["StashHog: It failed"]
    channel.refresh_from_db()
    assert channel.failures == 0


def test_what_waits_for_a_channel_that_is_switched_off_is_not_sent_later(
    receiver: Receiver, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    write(Cause.RUN_FAILED, "It failed")
    channels.save(channel, {"enabled": False})
    channels.save(channel, {"enabled": True})
    assert deliver_due() == 0 and statuses() == [Status.GIVEN_UP]


def test_the_doctor_says_which_channel_fails_and_that_messages_did_not_arrive(
    receiver: Receiver, make_channel: MakeChannel
) -> None:
    (finding,) = of_notifications()
    assert finding.text == "no channel is set up" and not finding.fix
    make_channel()
    receiver.status = 403
    write(Cause.RUN_FAILED, "It failed")
    deliver_due()
    (finding,) = of_notifications()
    assert finding.level == "warn" and "the channel phone failed 1 time in a row: JSON: it answered 403" in finding.text
    assert SECRET not in str(finding) and "test message" in finding.fix
    Channel.objects.update(failures=0, error="")
    Message.objects.update(status=Status.GIVEN_UP)
    (finding,) = of_notifications()
    assert finding.level == "warn" and "1 message did not arrive" in finding.text
