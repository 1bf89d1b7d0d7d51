"""The metrics, each family counted from rows: a constant number of queries, and rows of a bounded time.

What was done is counted for the runs of WINDOW, so these numbers also fall: they are gauges, not counters, and there is
nothing to lose when a process ends. What services and disks are like is what a supervisor saw last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import CharField, Count, Min, Value
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs import engine
from jobs.engine.recovering import ALIVE_WITHIN
from jobs.models import FINISHED, Job, Status, Step, Supervisor
from scenes.models import attempted
from stashhog import __version__
from stashhog.ops.notifications.models import Condition, Message

WINDOW = timedelta(days=7)
MOST_RUNS = 200  # whose steps' durations are counted, the newest
RUN = "process_new_scenes"
BUCKETS = (1, 5, 15, 60, 300, 900, 3600, 14400, 43200)  # seconds
WORKED = (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS, Status.FAILED)

Kind = Condition.Kind


class RowCollector(Collector):
    """Reads them at each request."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield InfoMetricFamily("stashhog", "The version.", {"version": __version__})
        yield from of_runs(now)
        yield of_steps(now)
        yield from of_queue(now)
        yield of_items()
        yield from of_conditions(now)
        waiting = Message.objects.filter(status__in=Message.OPEN).count()
        yield gauge("notifications_waiting", "Notifications that are to be sent.", [((), waiting)])


def registry() -> CollectorRegistry:
    made = CollectorRegistry(auto_describe=False)
    made.register(RowCollector())
    return made


def gauge(
    name: str, text: str, samples: Iterable[tuple[tuple[str, ...], float]], labels: tuple[str, ...] = ()
) -> GaugeMetricFamily:
    """``samples``: the values of the labels, and of the metric."""
    family = GaugeMetricFamily(f"stashhog_{name}", text, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def of_runs(now: datetime) -> Iterator[Metric]:
    started = Job.objects.runs().filter(created_at__gt=now - WINDOW).order_by()
    counts = started.values_list("type", "status").annotate(count=Count("pk"))
    by_type = [((type, status), count) for type, status, count in counts]
    yield gauge("runs", "Jobs that were started in the last 7 days, without sub-jobs.", by_type, ("type", "status"))
    last = Job.objects.runs().filter(type=RUN, status__in=FINISHED).exclude(finished_at=None)
    ended = last.values_list("status", "finished_at").first()
    samples = [((ended[0],), ended[1].timestamp())] if ended and ended[1] else []
    yield gauge("last_run_timestamp_seconds", "When the newest run ended, and how.", samples, ("status",))


def of_steps(now: datetime) -> Metric:
    """How long the steps of the newest runs took."""
    newest = Job.objects.runs().filter(type=RUN, created_at__gt=now - WINDOW).values("pk")[:MOST_RUNS]
    runs = list(newest.values_list("pk", flat=True))
    steps = Step.objects.filter(run__in=runs, status__in=WORKED)
    taken: dict[str, list[float]] = defaultdict(list)
    for key, begun, ended in steps.order_by().values_list("key", "started_at", "finished_at"):
        if begun and ended:
            taken[key].append(max(0.0, (ended - begun).total_seconds()))
    text = f"Seconds that steps took, of the newest {MOST_RUNS} runs of the last 7 days."
    family = GaugeHistogramMetricFamily("stashhog_step_duration_seconds", text, labels=["step"])
    for key, seconds in sorted(taken.items()):
        family.add_metric([key], buckets_of(seconds), gsum_value=sum(seconds))
    return family


def buckets_of(seconds: list[float]) -> list[tuple[str, float]]:
    counts = [(str(float(limit)), float(sum(taken <= limit for taken in seconds))) for limit in BUCKETS]
    return [*counts, ("+Inf", float(len(seconds)))]


def of_queue(now: datetime) -> Iterator[Metric]:
    active = dict(Job.objects.active().order_by().values_list("status").annotate(count=Count("pk")))
    samples = [((status,), float(active.get(status, 0))) for status in ("queued", "running")]
    yield gauge("jobs_active", "Jobs that have not ended, with sub-jobs.", samples, ("status",))
    due = engine.due().order_by().aggregate(count=Count("pk"), oldest=Min("created_at"))
    age = max(0.0, (now - due["oldest"]).total_seconds()) if due["oldest"] else 0
    yield gauge("queue_due", "Jobs that a worker could take now.", [((), due["count"])])
    yield gauge("queue_age_seconds", "How long ago the oldest of these was started; 0: there is none.", [((), age)])
    workers = Supervisor.objects.filter(heartbeat_at__gt=now - ALIVE_WITHIN).count()
    yield gauge("workers", "Running `manage.py worker`.", [((), workers)])


def of_items() -> Metric:
    """One query for all kinds."""
    queries = []
    for model in attempted():
        name = Value(model._meta.verbose_name_raw.lower().replace(" ", "_"), output_field=CharField())
        rows = model.objects.order_by().annotate(of_kind=name).values("of_kind", "outcome")
        queries.append(rows.annotate(count=Count("pk")).values_list("of_kind", "outcome", "count"))
    first, *others = queries
    samples = [((kind, outcome), float(count)) for kind, outcome, count in first.union(*others, all=True)]
    return gauge("items", "What is attempted, by how that ended.", samples, ("kind", "outcome"))


def of_conditions(now: datetime) -> Iterator[Metric]:
    by_kind: dict[str, list[Condition]] = defaultdict(list)
    for row in Condition.objects.all():
        by_kind[row.kind].append(row)
    up = [((row.name,), float(not row.is_bad)) for row in by_kind[Kind.SERVICE]]
    yield gauge("service_up", "1: the service answers as it should, by its connection test.", up, ("service",))
    disks = by_kind[Kind.DISK]
    free = [((row.name,), row.value or 0) for row in disks]
    total = [((row.name,), row.total or 0) for row in disks]
    yield gauge("disk_free_bytes", "Of the disk of a folder that StashHog writes to.", free, ("folder",))
    yield gauge("disk_size_bytes", "Likewise.", total, ("folder",))
    made = [row.value for row in by_kind[Kind.BACKUPS] if row.value]
    yield gauge("backup_age_seconds", "Of the newest backup.", [((), max(0.0, now.timestamp() - at)) for at in made])
    looked = [row.looked_at.timestamp() for rows in by_kind.values() for row in rows]
    yield gauge("looked_timestamp_seconds", "When services and disks were looked at last.", newest(looked))


def newest(times: list[float]) -> list[tuple[tuple[str, ...], float]]:
    return [((), max(times))] if times else []
