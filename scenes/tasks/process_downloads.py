"""Sub-job: finished torrents → files where Stash sees them."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Ids, Params
from jobs.declare.registry import task
from scenes.downloads.counting import report


class ProcessDownloadsParams(Params):
    download_ids: Ids = Field([], description=_("By their numbers in StashHog. Empty: all of them."))


@task("process_downloads", params=ProcessDownloadsParams, lock="downloads", report=report)
def process_downloads(job: JobContext) -> None:
    """Handle every finished torrent that isn't handled yet, or those that are given."""
    from scenes.downloads.processing import process

    process(job, job.params.get("download_ids", []))
