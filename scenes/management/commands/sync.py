from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Copy what changed in Stash into our tables."
    job_type = "sync"
