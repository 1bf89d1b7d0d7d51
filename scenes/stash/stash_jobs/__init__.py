"""Monitoring a job of Stash that one of our jobs asked for: a scan, a generation, or one of its own tasks.

The rules follow from how Stash works: Stash's ids are a counter in its memory, so after a restart an id is unknown or
another job's; it keeps only the last ten ended jobs; FINISHED does not mean success, so whoever asked checks
the outcome. Asking twice is harmless for a scan and a generation; the others look first whether they have asked.
"""

from scenes.stash.stash_jobs.adopting import adopt, was_never_asked
from scenes.stash.stash_jobs.cancelling import on_cancel
from scenes.stash.stash_jobs.journal import Journal
from scenes.stash.stash_jobs.monitoring import MAX_ASKS, cancelled_in_stash, monitor
from scenes.stash.stash_jobs.rows import (
    AUTO_TAG,
    DETACHED,
    GENERATE,
    IDENTIFY,
    NOT_FOUND,
    PLUGIN,
    SCAN,
    STOPPED,
    UNSTOPPED,
    new_row,
    open_row,
)
from scenes.stash.stash_jobs.stopping import stop

__all__ = [
    "AUTO_TAG",
    "DETACHED",
    "GENERATE",
    "IDENTIFY",
    "MAX_ASKS",
    "NOT_FOUND",
    "PLUGIN",
    "SCAN",
    "STOPPED",
    "UNSTOPPED",
    "Journal",
    "adopt",
    "cancelled_in_stash",
    "monitor",
    "new_row",
    "on_cancel",
    "open_row",
    "stop",
    "was_never_asked",
]
