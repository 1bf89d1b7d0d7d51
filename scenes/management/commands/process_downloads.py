from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Place the files of finished torrents in the library."
    job_type = "process_downloads"
