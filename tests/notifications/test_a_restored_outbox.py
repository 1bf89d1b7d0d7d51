"""What waited when a backup was taken has been sent since, or not: a restore sends none of it a second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stashhog.ops.backups import restoring
from stashhog.ops.notifications.delivering import deliver_due
from stashhog.ops.notifications.models import Cause, Message
from stashhog.ops.notifications.outbox import write
from tests.notifications.conftest import MakeChannel, Receiver

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_backup_has_in_its_outbox_is_not_sent_by_itself(
    make_channel: MakeChannel, receiver: Receiver, tmp_path: Path, settings: Any
) -> None:
    settings.BACKUPS_DIR = tmp_path
    make_channel()
    write(Cause.RUN_FAILED, "It failed")
    (tmp_path / ".restoring").touch()  # as by a restore that is not ready
    restoring.finish()
    assert Message.objects.get().status == Message.Status.UNSURE
    assert deliver_due() == 0 and not receiver.messages
