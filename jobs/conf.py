"""The settings of this app. All are optional; a project that gives one has checked it."""

from __future__ import annotations

import socket
from typing import Any, TypeVar

from django.conf import settings

T = TypeVar("T")


class Conf:
    """Read at each use, as Django's own settings are."""

    @property
    def logger(self) -> str:
        """The name of the logger that tells what happens to jobs."""
        return self._get("JOBS_LOGGER", "jobs")

    @property
    def host_name(self) -> str:
        """Of this machine. Those that share a database must have different ones."""
        return self._get("JOBS_HOST_NAME", "") or socket.gethostname()

    @property
    def workers(self) -> int:
        """Worker processes of one supervisor, as `Q_CLUSTER` says it too."""
        return self._get("JOBS_WORKERS", 4)

    @property
    def lease(self) -> float:
        """Seconds for which a claim holds without a heartbeat."""
        return self._get("JOBS_LEASE", 30.0)

    @property
    def heartbeat(self) -> float:
        """Seconds between two heartbeats; well below the lease, so that a late one does not look like a death."""
        return self._get("JOBS_HEARTBEAT", min(5.0, self.lease / 3))

    @property
    def no_progress(self) -> float:
        """Seconds without progress after which a job is stalled."""
        return self._get("JOBS_NO_PROGRESS", 900.0)

    @property
    def max_attempts(self) -> int:
        """Of a job, after passing errors and crashes."""
        return self._get("JOBS_MAX_ATTEMPTS", 3)

    @property
    def retry_delay(self) -> float:
        """Seconds before the second attempt; doubles."""
        return self._get("JOBS_RETRY_DELAY", 30.0)

    @property
    def keep_events(self) -> int:
        """Days for which the events of finished jobs are kept; 0: for ever."""
        return self._get("JOBS_KEEP_EVENTS", 90)

    @property
    def keep_jobs(self) -> int:
        """Days for which finished jobs are kept; 0: for ever."""
        return self._get("JOBS_KEEP_JOBS", 365)

    @property
    def pinning(self) -> str:
        """Dotted path of the project's `jobs.declare.pinning.Pinning`; empty when its jobs keep to no settings."""
        return self._get("JOBS_PINNING", "")

    @property
    def fix_of(self) -> str:
        """Dotted path of a function that says what to do about a code, "" for nothing; empty without one."""
        return self._get("JOBS_FIX_OF", "")

    @property
    def words(self) -> str:
        """Dotted path of a mapping: what the project calls its keys, where they are not words already."""
        return self._get("JOBS_WORDS", "")

    @property
    def code_names(self) -> str:
        """Dotted path of a mapping: what people read instead of a code; empty without one."""
        return self._get("JOBS_CODE_NAMES", "")

    @property
    def items(self) -> str:
        """Dotted path of the project's `jobs.declare.items.Items`; empty when its cards name no items."""
        return self._get("JOBS_ITEMS", "")

    @property
    def chores(self) -> list[str]:
        """Dotted paths of functions that supervisors call every few seconds. Each decides whether anything is due."""
        return self._get("JOBS_CHORES", [])

    @property
    def site_url(self) -> str:
        """The scheme and host by which programs reach the site, unless they are told otherwise."""
        return self._get("JOBS_SITE_URL", "http://127.0.0.1:8000")

    @property
    def token_kind(self) -> str:
        """What API tokens begin with, so that one found in a file or log is known for what it is."""
        return self._get("JOBS_TOKEN_KIND", "jobs")

    @staticmethod
    def _get(name: str, default: T) -> T:
        value: T = getattr(settings, name, default)
        return value


conf = Conf()


def q_cluster(name: str, workers: int) -> dict[str, Any]:
    """What the project's `Q_CLUSTER` must be: a message of django-q2 is a wake-up only, the job's row is the truth.

    So it is acknowledged on receipt, never saved, and never retried by django-q2 itself.
    """
    return {
        "name": name,
        "workers": workers,
        "orm": "default",
        "ack_failures": True,
        "max_attempts": 1,
        "save_limit": -1,
        "catch_up": False,
        "queue_limit": workers * 2,
        "timeout": 30,  # seconds; each wake-up overrides it with -1
        "retry": 60,  # seconds
        "poll": 0.1,  # seconds
        "recycle": 10**9,
        "scheduler": False,
        "log_level": "WARNING",
    }
