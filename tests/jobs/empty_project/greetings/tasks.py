"""The sub-job of the workflow: it greets one person."""

from jobs.context import JobContext
from jobs.declare.registry import Report, task
from jobs.models import Event, Job


def report(job: Job) -> Report:
    """How many greetings its log has."""
    return Report({"greeted": Event.objects.filter(job=job, kind="log").count()})


@task("write_greeting", report=report)
def write_greeting(job: JobContext) -> None:
    job.progress(0, 1, "Greeting")
    job.log("Good morning")
    job.progress(1, 1, "Greeted")
