from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Take finished downloads to tagged, previewed scenes: the whole workflow."
    job_type = "process_new_scenes"
