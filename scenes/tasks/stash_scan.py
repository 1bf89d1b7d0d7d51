"""Sub-job: Stash scans the folders of what was placed, and each file is looked up there."""

from __future__ import annotations

from jobs.context import JobContext
from jobs.registry import task
from scenes.scanning import leave, report, scan

ONE_FILM = 3600.0  # seconds that Stash may be at one huge file, which it says nothing of meanwhile


@task("stash_scan", lock="stash", report=report, let_go=leave, no_progress=ONE_FILM)
def stash_scan(job: JobContext) -> None:
    """Scan for every file that waits for it."""
    scan(job)
