from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Write the approved changes of a plan to Stash."
    job_type = "apply_plan"
