"""The pause: one switch for everything, on each way in."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs import engine
from jobs.errors import BadRequest
from jobs.models import Pause
from jobs.models.compiled import Compiled
from jobs.texts.translatable import Translatable as _

LONGEST_REASON = 200  # characters
FORGOTTEN = timedelta(days=1)  # after which somebody is to look whether it is still meant

active = Compiled(lambda: Pause.objects.active().select_related("begun_by"))
logger = logging.getLogger(__name__)


def current() -> Pause | None:
    """The one that is active. One query."""
    return next(iter(active()), None)


def is_forgotten(found: Pause) -> bool:
    """Whether it has lasted for so long that nobody may remember it."""
    return timezone.now() - found.begun_at > FORGOTTEN


def key() -> str:
    """That of the one that is active. One query."""
    return key_of(current())


def key_of(found: Pause | None) -> str:
    """Tells one pause, as it is shown, from another; empty for none."""
    return f"{found.pk}:{found.reason}:{found.requeue_running:d}" if found else ""


def pause(*, source: str, user: Any = None, reason: str = "", requeue_running: bool = False) -> Pause:
    """Begin nothing new; where one is active already, it gets this reason and choice. Raises BadRequest.

    ``requeue_running``: what runs is queued again, at no cost of an attempt; otherwise it goes on to its end.
    """
    reason = reason.strip()
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        text = _("Give a reason of at most {most} characters in one line, or none.", most=LONGEST_REASON)
        raise BadRequest(text)
    wanted = {"reason": reason, "requeue_running": requeue_running}
    try:
        with transaction.atomic():
            Pause.objects.create(**wanted, source=source, begun_by=user)
    except IntegrityError:  # of the constraint that one is active at most
        Pause.objects.active().update(**wanted)
    logger.info("Paused from %s%s", source, f": {reason}" if reason else "")
    found = current()
    return found or Pause(**wanted, active=False)  # somebody was quicker to resume


def resume(*, user: Any = None) -> bool:
    """Go on; False when there is no pause."""
    ended = Pause.objects.active().update(active=False, ended_at=timezone.now(), ended_by=user)
    if ended:
        logger.info("Resumed")
        engine.wake_for_due()
    return bool(ended)
