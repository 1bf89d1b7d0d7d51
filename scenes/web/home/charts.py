"""What the last DAYS days were like, as bars whose places and sizes are attributes of SVG: no style is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Avg,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    UUIDField,
)
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jobs.models import UNSUCCESSFUL, Job, Status, Step
from jobs.models.compiled import AnyOf, Compiled, Given
from jobs.texts.words import counted
from scenes.models import Scene
from scenes.workflows import ProcessNewScenes

DAYS = 30
TIMED = 100  # runs whose steps make the averages
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
    scenes, errors = new_scenes(days), errors_of_runs(days)
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


class DayNumber(Func):
    """The last of these moments that a column is not before, by its number.

    The database compares: of a date SQLite would ask a function of Python for each row. Beside Django's Case, which
    takes longer to write thirty comparisons than databases to make them.
    """

    output_field = IntegerField()

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        sql = " ".join(f"WHEN {column} >= %s THEN {number}" for number in reversed(range(DAYS)))
        return f"CASE {sql} END", tuple(param for begin in reversed(BEGINS) for param in (*params, begin))


BEGINS = [Given(f"day_{number}", DateTimeField()) for number in range(DAYS)]


def begins_of(days: Sequence[date]) -> dict[str, datetime]:
    """The values for these places."""
    moments = (timezone.make_aware(datetime.combine(day, time.min)) for day in days)
    return {begin.value: moment for begin, moment in zip(BEGINS, moments, strict=True)}


def by_day(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """Those of the days, by the number of the day."""
    of_days: QuerySet[Any, Any] = rows.filter(created_at__gte=BEGINS[0]).order_by()
    found: QuerySet[Any, Any] = of_days.annotate(day=DayNumber("created_at")).values_list("day")
    return found


def new_scenes(days: Sequence[date]) -> dict[date, int]:
    return {days[day]: count for day, count in scenes_by_day(**begins_of(days))}


scenes_by_day = Compiled(lambda: by_day(Scene.objects.present()).annotate(count=Count("pk")))


def real_runs() -> QuerySet[Job]:
    """Without dry runs, which take no time and do nothing."""
    return Job.objects.runs().real().filter(type=ProcessNewScenes.type)


def errors_of_runs(days: Sequence[date]) -> dict[date, int]:
    """Items that failed, and one for each run that failed as a whole. Where there are any, it did not end well."""
    return {days[day]: items + whole for day, items, whole in errors_by_day(**begins_of(days))}


errors_by_day = Compiled(
    lambda: by_day(real_runs().filter(status__in=UNSUCCESSFUL)).annotate(
        items=Sum("errors"), whole=Count("pk", filter=Q(status=Status.FAILED))
    )
)


def step_times() -> list[StepTime]:
    """Of the newest runs of the last days, in the order of the steps; two queries."""
    runs = newest_real_runs(since=timezone.now() - timedelta(days=DAYS))
    found = {key: taken.total_seconds() for key, taken in times_of_steps(runs=runs) if taken}
    longest = max(found.values(), default=0) or 1
    declared = {step.key: step.name for step in ProcessNewScenes.steps()}
    return [
        StepTime(_(name), found[key], round(max(1, 100 * found[key] / longest), 1))
        for key, name in declared.items()
        if key in found
    ]


newest_real_runs = Compiled(
    lambda: (
        real_runs()
        .filter(created_at__gte=Given("since", DateTimeField()))
        .order_by("-created_at", "-id")
        .values_list("pk", flat=True)[:TIMED]
    )
)
times_of_steps = Compiled(
    lambda: (
        Step.objects.filter(
            run__in=AnyOf("runs", UUIDField()),
            status__in=(Status.COMPLETED, Status.COMPLETED_WITH_ERRORS),
            finished_at__isnull=False,
        )
        .order_by()
        .values_list("key")
        .annotate(taken=Avg(ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())))
    )
)
