"""Triggers: a program outside says that something happened, and one job follows from any number of such calls."""

from __future__ import annotations

import logging

from django.urls import NoReverseMatch, reverse

from jobs.declare.registry import Trigger, triggers
from jobs.models import RunRequest
from jobs.scheduling.requests import request

SOURCE = "trigger"

logger = logging.getLogger(__name__)


def happened(trigger: Trigger, item: str = "") -> RunRequest:
    """Ask for its job. ``item``: what it happened to, for the log."""
    logger.info("%s: %s", trigger.happened, item or "-")
    return request(
        f"{SOURCE}:{trigger.name}",
        trigger.type,
        source=SOURCE,
        reason=trigger.happened,
        wait=trigger.wait(),
        longest_wait=trigger.longest_wait,
    )


def command_lines(site: str, token: str) -> list[tuple[str, str]]:
    """Of each trigger, what happens and the line by which a program says so to this ``site`` (its scheme and host)."""
    try:
        paths = {trigger: reverse("api:trigger", args=[trigger.name]) for trigger in triggers().values()}
    except NoReverseMatch:  # a project that has the routes elsewhere, or not at all
        return []
    return [(trigger.happened, trigger.command(f"{site.rstrip('/')}{path}", token)) for trigger, path in paths.items()]
