"""Sub-job: finished torrents → files where Stash sees them."""

from __future__ import annotations

from jobs.context import JobContext
from jobs.declare.registry import task
from scenes.downloads.counting import report


@task("process_downloads", lock="downloads", report=report)
def process_downloads(job: JobContext) -> None:
    """Handle every finished torrent that isn't handled yet."""
    from scenes.downloads.processing import process

    process(job)
