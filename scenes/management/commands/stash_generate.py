from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Let Stash generate covers, previews and sprites that are missing."
    job_type = "stash_generate"
