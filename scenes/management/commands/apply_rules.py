from jobs.management.base import JobCommand


class Command(JobCommand):
    help = "Try the rules on what the tagger saw in scenes before, and propose what they change."
    job_type = "apply_rules"
