from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Let Stash give scenes the tags, performers and studio that their paths name."
    job_type = "stash_auto_tag"
