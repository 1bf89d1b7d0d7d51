"""The sub-job `stash_generate`: previews, sprites and so on, made by Stash."""

from __future__ import annotations

from django.db.models import Count, Q

from jobs.context import JobContext
from jobs.declare.registry import Report, task
from jobs.models import Job
from scenes import services
from scenes.models import Scene

ONE_FILM = 3600.0  # seconds that Stash may be at one output of a huge film, which it says nothing of meanwhile


def report(job: Job) -> Report:
    """What became of the scenes; `carried_over`: due ones that the job did not come to."""
    from scenes.stash.generation import outcomes
    from scenes.stash.generation.groups import scenes_to_generate

    mine = Scene.objects.filter(generate_job=job)
    words = (outcomes.GENERATED, outcomes.ALREADY_THERE, outcomes.FAILED)
    counts = mine.aggregate(**{word: Count("pk", filter=Q(generate_outcome=word)) for word in words})
    handled = Q(generate_job=job, generate_outcome=outcomes.FAILED)
    carried_over = scenes_to_generate().exclude(pk__in=Scene.objects.filter(handled).values("pk")).count()
    return Report({**counts, "carried_over": carried_over}, errors=counts[outcomes.FAILED])


def let_go(job: Job) -> None:
    """After a cancel: what it asked Stash to generate is stopped there."""
    from scenes.stash import generation

    generation.on_cancel(job)


@task("stash_generate", lock="stash", report=report, on_cancel=let_go, no_progress=ONE_FILM)
def run(job: JobContext) -> None:
    from scenes.stash import generation

    generation.generate(job, services.stash(job))
