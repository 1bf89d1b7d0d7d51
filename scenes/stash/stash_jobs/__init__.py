"""Following a job of Stash that one of our jobs asked for: a scan, or a generation.

What the rules are made of: Stash's ids are a counter in its memory, so after a restart an id is unknown or
another job's; it keeps only the last ten ended jobs; FINISHED does not mean success, so whoever asked looks
for the outcome itself. Asking twice is harmless for both kinds.
"""

from scenes.stash.stash_jobs.blame import Blame, Failure
from scenes.stash.stash_jobs.following import MAX_ASKS, cancelled_in_stash, follow
from scenes.stash.stash_jobs.journal import Journal
from scenes.stash.stash_jobs.rows import GENERATE, LEFT, LOST, SCAN, STOPPED, UNSTOPPED, new_row, open_row
from scenes.stash.stash_jobs.stopping import stop_generation

__all__ = [
    "GENERATE",
    "LEFT",
    "LOST",
    "MAX_ASKS",
    "SCAN",
    "STOPPED",
    "UNSTOPPED",
    "Blame",
    "Failure",
    "Journal",
    "cancelled_in_stash",
    "follow",
    "new_row",
    "open_row",
    "stop_generation",
]
