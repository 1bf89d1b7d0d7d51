from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Greet everybody."
    job_type = "greet"
