"""What the last DAYS days were like, as bars whose places and sizes are attributes of SVG: no style is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jobs.models import Job, Status, Step
from jobs.words import counted
from scenes.models import Scene
from scenes.workflows import ProcessNewScenes

DAYS = 30
WIDTH, HEIGHT, GAP = 300, 80, 2  # units of the drawing
LEAST = 2  # height of a bar that is not zero


@dataclass(frozen=True)
class Bar:
    """``title``: what it stands for, for whoever points at it."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Chart:
    """A bar for each day, the oldest first. ``sentence`` says what it shows to whoever doesn't see it."""

    name: str
    kind: str
    sentence: str
    bars: list[Bar]
    first: date
    last: date
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class StepTime:
    """How long a step takes on average, ``width`` of 100 of the longest."""

    name: str
    seconds: float
    width: float


def charts() -> list[Chart]:
    """Scenes a day and errors a day; a query each."""
    today = timezone.localdate()
    days = [today - timedelta(days=before) for before in reversed(range(DAYS))]
    begin = timezone.now() - timedelta(days=DAYS)
    scenes, errors = new_scenes(begin), errors_of_runs(begin)
    total, failed = sum(scenes.get(day, 0) for day in days), sum(errors.get(day, 0) for day in days)
    return [
        chart(
            _("Scenes a day"),
            "scenes",
            days,
            scenes,
            "scene",
            in_days(counted(total, "new scene")),
        ),
        chart(
            _("Errors a day"),
            "errors",
            days,
            errors,
            "error",
            in_days(counted(failed, "error")),
        ),
    ]


def in_days(things: str) -> str:
    return _("{things} in {days} days").format(things=things, days=DAYS)


def chart(name: str, kind: str, days: Sequence[date], values: Mapping[date, int], what: str, sentence: str) -> Chart:
    highest = max((values.get(day, 0) for day in days), default=0) or 1
    pitch = WIDTH / len(days)
    bars = []
    for index, day in enumerate(days):
        value = values.get(day, 0)
        height = max(LEAST, value / highest * HEIGHT) if value else 0
        title = f"{date_format(day, 'j M')}: {counted(value, what)}"
        bars.append(
            Bar(round(index * pitch, 2), round(HEIGHT - height, 2), round(pitch - GAP, 2), round(height, 2), title)
        )
    return Chart(name, kind, sentence, bars, days[0], days[-1])


def new_scenes(begin: object) -> dict[date, int]:
    rows = Scene.objects.present().filter(created_at__gte=begin).order_by()
    return dict(rows.annotate(day=TruncDate("created_at")).values_list("day").annotate(count=Count("pk")))


def real_runs() -> QuerySet[Job]:
    """Without dry runs, which take no time and do nothing."""
    is_real = Q(params__dry_run=False) | Q(params__dry_run__isnull=True)
    return Job.objects.runs().filter(is_real, type=ProcessNewScenes.type)


def errors_of_runs(begin: object) -> dict[date, int]:
    """Items that failed, and one for each run that failed as a whole."""
    runs = real_runs().filter(created_at__gte=begin).order_by()
    rows = runs.annotate(day=TruncDate("created_at")).values_list("day")
    counts: dict[date, int] = defaultdict(int)
    for day, items, whole in rows.annotate(items=Sum("errors"), whole=Count("pk", filter=Q(status=Status.FAILED))):
        counts[day] += items + whole
    return counts


def step_times() -> list[StepTime]:
    """Of the runs of the last days, in the order of the steps; one query."""
    lasted = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    steps = Step.objects.filter(
        run__in=real_runs().filter(created_at__gte=timezone.now() - timedelta(days=DAYS)),
        status__in=(Status.COMPLETED, Status.COMPLETED_WITH_ERRORS),
        finished_at__isnull=False,
    )
    found = {
        key: taken.total_seconds()
        for key, taken in steps.order_by().values_list("key").annotate(taken=Avg(lasted))
        if taken
    }
    longest = max(found.values(), default=0) or 1
    declared = {step.key: step.name for step in ProcessNewScenes.steps()}
    return [
        StepTime(_(name), found[key], round(max(1, 100 * found[key] / longest), 1))
        for key, name in declared.items()
        if key in found
    ]
