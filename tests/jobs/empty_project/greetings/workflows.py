"""A workflow of two steps: greetings in batches, and a step that is skipped."""

from jobs.declare.registry import JobSpec, Report, get_task, workflow
from jobs.declare.workflows import Skip, Workflow, step
from jobs.models import Job
from jobs.waiting import Waiter


@workflow
class Greet(Workflow):
    """Greets three people."""

    type = "greet"

    @step("Write greetings", shown=(0, 80))
    def write(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("write_greeting").job() for _ in range(3)]

    @step("Say goodbye", shown=(80, 100))
    def say_goodbye(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        raise Skip("Nobody leaves", at=100)

    def report(self, run: Job) -> Report:
        return Report({"greeted": sum((job.result or {}).get("greeted", 0) for job in run.sub_jobs.all())})
