"""A real `manage.py worker` sends what waits; killed while it does, it leaves nothing that is sent a second time."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from stashhog.ops.notifications.delivering import deliver_due
from stashhog.ops.notifications.models import Cause, Message
from stashhog.ops.notifications.outbox import write
from tests.clients.fakes import HANG, Received, serving
from tests.notifications.conftest import MakeChannel
from tests.processes import started, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


def test_a_worker_sends_and_when_it_is_killed_meanwhile_nobody_sends_it_again(make_channel: MakeChannel) -> None:
    def answer(request: Received) -> Any:
        return HANG if b"almost full" in request.body else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    with serving(answer) as fake:
        make_channel(url=fake.url.replace("http", "json"))
        write(Cause.RUN_FAILED, "It failed")
        with started("manage.py", "worker") as worker:
            until(lambda: Message.objects.filter(status=Message.Status.SENT).exists(), "the first to be sent")
            write(Cause.DISK_LOW, "A disk is almost full")
            until(lambda: len(fake.received) == 2, "the second to be on its way")
            os.kill(worker.pid, signal.SIGKILL)
        half = Message.objects.filter(cause=Cause.DISK_LOW)
        assert half.get().status == Message.Status.SENDING
        half.update(tried_at=timezone.now() - timedelta(minutes=3))
        assert deliver_due() == 0 and half.get().status == Message.Status.UNSURE
        assert len(fake.received) == 2
