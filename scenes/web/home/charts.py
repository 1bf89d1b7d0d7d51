"""What the last DAYS days were like, as bars whose places and sizes are attributes of SVG: no style is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Sum,
)
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jobs.models import UNSUCCESSFUL, Job, Status, Step
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

    def __init__(self, column: str, begins: Sequence[datetime]):
        super().__init__(column)
        self.begins = begins

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        later = reversed([*enumerate(self.begins)])
        cases = [(number, connection.ops.adapt_datetimefield_value(begin)) for number, begin in later]
        sql = " ".join(f"WHEN {column} >= %s THEN {number}" for number, _ in cases)
        return f"CASE {sql} END", tuple(param for _, begin in cases for param in (*params, begin))


def by_day(rows: QuerySet[Any], days: Sequence[date]) -> QuerySet[Any, Any]:
    """Those of the days, by the number of the day."""
    begins = [timezone.make_aware(datetime.combine(day, time.min)) for day in days]
    of_days: QuerySet[Any, Any] = rows.filter(created_at__gte=begins[0]).order_by()
    found: QuerySet[Any, Any] = of_days.annotate(day=DayNumber("created_at", begins)).values_list("day")
    return found


def new_scenes(days: Sequence[date]) -> dict[date, int]:
    return {days[day]: count for day, count in by_day(Scene.objects.present(), days).annotate(count=Count("pk"))}


def real_runs() -> QuerySet[Job]:
    """Without dry runs, which take no time and do nothing."""
    return Job.objects.runs().real().filter(type=ProcessNewScenes.type)


def errors_of_runs(days: Sequence[date]) -> dict[date, int]:
    """Items that failed, and one for each run that failed as a whole. Where there are any, it did not end well."""
    runs = by_day(real_runs().filter(status__in=UNSUCCESSFUL), days)
    sums = runs.annotate(items=Sum("errors"), whole=Count("pk", filter=Q(status=Status.FAILED)))
    return {days[day]: items + whole for day, items, whole in sums}


def step_times() -> list[StepTime]:
    """Of the newest runs of the last days, in the order of the steps; two queries."""
    lasted = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    newest = real_runs().filter(created_at__gte=timezone.now() - timedelta(days=DAYS))
    steps = Step.objects.filter(
        run__in=list(newest.values_list("pk", flat=True)[:TIMED]),
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
