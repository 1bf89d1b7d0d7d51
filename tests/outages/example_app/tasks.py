"""Found by the autodiscovery of jobs: tasks that hang where nothing wakes them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params
from jobs.declare.registry import task


class HungParams(Params):
    pipe: str = Field("", description="A named pipe that nobody writes to.")


@task("hung_example", lock="hung", params=HungParams)
def hung_example(job: JobContext) -> None:
    """Reads from the pipe: as from a disk that does not answer."""
    job.progress(0, 1, "Reading")
    Path(job.params["pipe"]).read_bytes()
    job.progress(1, 1, "Read")


@task("busy_example")
def busy_example(job: JobContext) -> None:
    """Is heard of all the time, for longer than it may be silent."""
    for done in range(30):
        job.progress(done, None, "Busy")
        job.pause(0.1)
