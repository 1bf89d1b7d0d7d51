"""The sub-job `stash_generate`: previews, sprites and so on, made by Stash."""

from __future__ import annotations

from django.db.models import Count, Q

from jobs.context import JobContext
from jobs.declare.registry import Report, task
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, quantity
from scenes import services
from scenes.models import Generation, OutputKind

ONE_FILM = 3600.0  # seconds that Stash may be at one output of a huge film, which it says nothing of meanwhile


def report(job: Job) -> Report:
    """What became of the scenes; `carried_over`: due ones that the job did not come to.

    ``without``, if there are any: how many are complete but for a kind of output that Stash can't make, by kind.
    """
    from scenes.stash.generation import outcomes
    from scenes.stash.generation.groups import scenes_to_generate

    mine = Generation.objects.filter(job=job)
    failed = mine.bad().exclude(code=outcomes.ASKED)
    codes = (outcomes.GENERATED, outcomes.ALREADY_THERE)
    result = mine.aggregate(**{code: Count("pk", filter=Q(code=code)) for code in codes})
    errors = result["failed"] = failed.count()
    result["carried_over"] = scenes_to_generate().exclude(pk__in=failed.values("pk")).count()
    lacking = OutputKind.lacking.through.objects.filter(scene__generation__job=job).values_list("outputkind")
    if without := dict(lacking.annotate(scenes=Count("scene")).order_by("outputkind")):
        result["without"] = without
    return Report(result, errors=errors + OutputKind.objects.broken().filter(job=job).count(), text=sum_of(result))


def sum_of(result: dict[str, int]) -> str:
    """What became of the scenes, in a line; "" where there was none."""
    counts = (
        (result["generated"], _("{count:,} generated", count=result["generated"])),
        (result["already_there"], _("{count:,} complete before", count=result["already_there"])),
        (result["failed"], _("{count:,} failed", count=result["failed"])),
    )
    done = joined(", ", [text for count, text in counts if count])
    scenes = quantity(sum(count for count, _text in counts), "scene")
    left = result["carried_over"] and _("{count:,} left to the next run", count=result["carried_over"])
    return joined("; ", [joined(": ", [scenes, done]) if done else "", left or ""])


def on_cancel(job: Job) -> None:
    """After a cancel: what it asked Stash to generate is stopped there."""
    from scenes.stash import stash_jobs

    stash_jobs.on_cancel(job)


@task("stash_generate", lock="stash", report=report, on_cancel=on_cancel, no_progress=ONE_FILM)
def run(job: JobContext) -> None:
    from scenes.stash import generation

    generation.generate(job, services.stash(job))
