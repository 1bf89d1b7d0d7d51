"""Monitoring a job of Stash that one of our jobs asked for: a scan, or a generation.

The rules follow from how Stash works: Stash's ids are a counter in its memory, so after a restart an id is unknown or
another job's; it keeps only the last ten ended jobs; FINISHED does not mean success, so whoever asked checks
the outcome. Asking twice is harmless for both kinds.
"""

from scenes.stash.stash_jobs.journal import Journal
from scenes.stash.stash_jobs.monitoring import MAX_ASKS, cancelled_in_stash, monitor
from scenes.stash.stash_jobs.rows import DETACHED, GENERATE, NOT_FOUND, SCAN, STOPPED, UNSTOPPED, new_row, open_row
from scenes.stash.stash_jobs.stopping import stop_generation

__all__ = [
    "DETACHED",
    "GENERATE",
    "MAX_ASKS",
    "NOT_FOUND",
    "SCAN",
    "STOPPED",
    "UNSTOPPED",
    "Journal",
    "cancelled_in_stash",
    "monitor",
    "new_row",
    "open_row",
    "stop_generation",
]
