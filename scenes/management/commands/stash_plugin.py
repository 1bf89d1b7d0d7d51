from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Let Stash run the plugin tasks of the settings for scenes."
    job_type = "stash_plugin"
