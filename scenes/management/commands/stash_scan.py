from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Let Stash scan the folders of files that were placed."
    job_type = "stash_scan"
