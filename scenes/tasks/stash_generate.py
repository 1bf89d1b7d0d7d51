"""The sub-job `stash_generate`: previews, sprites and so on, made by Stash."""

from __future__ import annotations

from django.db.models import Count, Q

from jobs.context import JobContext
from jobs.declare.registry import Report, task
from jobs.models import Job
from scenes import services
from scenes.models import Generation

ONE_FILM = 3600.0  # seconds that Stash may be at one output of a huge film, which it says nothing of meanwhile


def report(job: Job) -> Report:
    """What became of the scenes; `carried_over`: due ones that the job did not come to."""
    from scenes.stash.generation import outcomes
    from scenes.stash.generation.groups import scenes_to_generate

    mine = Generation.objects.filter(job=job)
    failed = mine.bad().exclude(code=outcomes.ASKED)
    codes = (outcomes.GENERATED, outcomes.ALREADY_THERE)
    counts = mine.aggregate(**{code: Count("pk", filter=Q(code=code)) for code in codes})
    counts["failed"] = failed.count()
    carried_over = scenes_to_generate().exclude(pk__in=failed.values("pk")).count()
    return Report({**counts, "carried_over": carried_over}, errors=counts["failed"])


def on_cancel(job: Job) -> None:
    """After a cancel: what it asked Stash to generate is stopped there."""
    from scenes.stash import generation

    generation.on_cancel(job)


@task("stash_generate", lock="stash", report=report, on_cancel=on_cancel, no_progress=ONE_FILM)
def run(job: JobContext) -> None:
    from scenes.stash import generation

    generation.generate(job, services.stash(job))
