from typing import Any

from jobs.management.base import JobCommand
from jobs.models import Job


class Command(JobCommand):
    help = "Take finished downloads to tagged, previewed scenes: the whole workflow."
    job_type = "process_new_scenes"

    def result_of(self, job: Job) -> dict[str, Any]:
        """Of a dry run with its report, in lines."""
        from scenes.web.dry_run_report import lines_of

        result = super().result_of(job)
        return result | {"report": lines_of(job)} if job.is_dry_run else result
