"""The sub-job `stash_generate`: previews, sprites and so on, made by Stash."""

from __future__ import annotations

from django.db.models import Count, Q

from jobs.context import JobContext
from jobs.declare.registry import Report, task
from jobs.models import Job
from scenes import services
from scenes.models import OutputKind, Scene

ONE_FILM = 3600.0  # seconds that Stash may be at one output of a huge film, which it says nothing of meanwhile


def report(job: Job) -> Report:
    """What became of the scenes; `carried_over`: due ones that the job did not come to.

    ``without``, if there are any: how many are complete but for a kind of output that Stash can't make, by kind.
    """
    from scenes.stash.generation import outcomes
    from scenes.stash.generation.groups import scenes_to_generate

    mine = Scene.objects.filter(generate_job=job)
    words = (outcomes.GENERATED, outcomes.ALREADY_THERE, outcomes.FAILED)
    counts = mine.aggregate(**{word: Count("pk", filter=Q(generate_outcome=word)) for word in words})
    handled = Q(generate_job=job, generate_outcome=outcomes.FAILED)
    carried_over = scenes_to_generate().exclude(pk__in=Scene.objects.filter(handled).values("pk")).count()
    broken = OutputKind.objects.broken().filter(job=job).count()
    result = {**counts, "carried_over": carried_over}
    lacking = OutputKind.lacking.through.objects.filter(scene__generate_job=job).values_list("outputkind")
    if without := dict(lacking.annotate(scenes=Count("scene")).order_by("outputkind")):
        result["without"] = without
    return Report(result, errors=counts[outcomes.FAILED] + broken)


def on_cancel(job: Job) -> None:
    """After a cancel: what it asked Stash to generate is stopped there."""
    from scenes.stash import generation

    generation.on_cancel(job)


@task("stash_generate", lock="stash", report=report, on_cancel=on_cancel, no_progress=ONE_FILM)
def run(job: JobContext) -> None:
    from scenes.stash import generation

    generation.generate(job, services.stash(job))
