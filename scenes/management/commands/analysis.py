from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Find tags and markers for scenes, as a plan of changes."
    job_type = "analysis"
