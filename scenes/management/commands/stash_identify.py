from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Let Stash identify scenes with its own default sources."
    job_type = "stash_identify"
