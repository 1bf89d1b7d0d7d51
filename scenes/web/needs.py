"""What the library needs: the counts of the home page, each of exactly the rows that its list shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Model, Q, QuerySet, Value
from django.urls import reverse

from scenes import configuration
from scenes.models import Change, Detection, Download, Outcome, PlacedFile, Scene
from scenes.releasing import BAD, REFUSED
from scenes.stash.generation.groups import scenes_to_generate

PARAMETER = "need"  # of the admin's lists: shows the rows of one count only
WAITING = (Outcome.NEW, Outcome.WAITING)


@dataclass(frozen=True)
class Need:
    """A count, what it counts, where to see that, and whether a person has to look ("bad") or a run does it ("todo").

    ``model``: whose list it is; ``where``: the list's address, of exactly the counted rows.
    """

    count: int
    label: str
    where: str
    kind: str
    model: type[Model]


@dataclass(frozen=True)
class Counted:
    """A declared count. ``key`` names it among those of the same model."""

    key: str
    label: str
    rows: Callable[[], QuerySet[Any]]
    kind: str = ""

    @property
    def model(self) -> type[Model]:
        return self.rows().model

    def need(self, count: int) -> Need:
        model = self.model
        where = f"{reverse(f'admin:scenes_{model._meta.model_name}_changelist')}?{PARAMETER}={self.key}"
        return Need(count, self.label, where, self.kind, model)

    def total(self) -> QuerySet[Any, tuple[str, int]]:
        """One row: the label and how many rows there are."""
        labelled = self.rows().order_by().annotate(of=Value(self.label, output_field=CharField())).values("of")
        rows: QuerySet[Any, tuple[str, int]] = labelled.annotate(rows=Count("pk")).values_list("of", "rows")
        return rows


def _detections_quarantined() -> QuerySet[Detection]:
    return Detection.objects.filter(scene__deleted_at=None).exclude(quarantined_at=None)


def _changes_quarantined() -> QuerySet[Change]:
    return Change.objects.filter(scene__deleted_at=None, status=Change.Status.FAILED)


def _previews_quarantined() -> QuerySet[Scene]:
    tries = configuration.current().max_tries
    return Scene.objects.present().filter(generated_at=None, generate_tries__gte=tries)


def _files_quarantined() -> QuerySet[PlacedFile]:
    """When they were to be placed, or at the scan."""
    return PlacedFile.objects.filter(Q(outcome=Outcome.QUARANTINED) | Q(scan_outcome=Outcome.QUARANTINED))


COUNTED = (
    Counted("present", "Scenes", lambda: Scene.objects.present()),
    Counted("not_analysed", "Not yet analysed", lambda: Scene.objects.present().filter(video_analyzed=False), "todo"),
    Counted("without_previews", "Without previews", scenes_to_generate, "todo"),
    Counted("waiting", "Downloads waiting", lambda: Download.objects.filter(outcome__in=WAITING), "todo"),
    Counted("to_scan", "Files to be scanned", lambda: PlacedFile.objects.awaiting_scan(), "todo"),
    Counted("to_apply", "Changes to be applied", lambda: Change.objects.filter(status__in=Change.OPEN), "todo"),
    Counted("failed", "Downloads failed", lambda: Download.objects.filter(outcome=Outcome.FAILED), "bad"),
    Counted(
        "quarantined", "Downloads quarantined", lambda: Download.objects.filter(outcome=Outcome.QUARANTINED), "bad"
    ),
    Counted("quarantined", "Files quarantined", _files_quarantined, "bad"),
    Counted("quarantined", "Detections quarantined", _detections_quarantined, "bad"),
    Counted("quarantined", "Previews quarantined", _previews_quarantined, "bad"),
    Counted("quarantined", "Changes quarantined", _changes_quarantined, "bad"),
)


def bad_downloads() -> QuerySet[Download]:
    """Those that failed or are quarantined themselves, or by one of their files."""
    files = PlacedFile.objects.filter(Q(outcome__in=BAD) | Q(scan_outcome__in=BAD))
    return Download.objects.filter(Q(outcome__in=BAD) | Q(pk__in=files.values("download")))


def bad_detections() -> QuerySet[Detection]:
    return Detection.objects.filter(handled_at=None, tries__gt=0, scene__deleted_at=None)


def bad_changes() -> QuerySet[Change]:
    return Change.objects.filter(REFUSED, scene__deleted_at=None)


def bad_previews() -> QuerySet[Scene]:
    return Scene.objects.present().filter(generated_at=None, generate_tries__gt=0)


# All that the home page's list "What failed" is of: it shows a few.
TROUBLED = (
    Counted("bad", "Downloads failed or quarantined", bad_downloads),
    Counted(
        "bad",
        "Files failed or quarantined",
        lambda: PlacedFile.objects.filter(Q(outcome__in=BAD) | Q(scan_outcome__in=BAD)),
    ),
    Counted("bad", "Detections failed or quarantined", bad_detections),
    Counted("bad", "Changes failed or quarantined", bad_changes),
    Counted("bad", "Previews failed or quarantined", bad_previews),
)


def needs() -> list[Need]:
    """What waits for the next run, and what waits for a person; one query."""
    return _counts(COUNTED)


def troubled() -> list[Need]:
    """How many failed or are quarantined, of each kind of which there are any; one query."""
    return [need for need in _counts(TROUBLED) if need.count]


def _counts(all_counted: Sequence[Counted]) -> list[Need]:
    first, *others = [counted.total() for counted in all_counted]
    counts = dict(first.union(*others, all=True))
    return [counted.need(counts.get(counted.label, 0)) for counted in all_counted]


def counted_of(model: type[Model]) -> list[Counted]:
    """Those that count rows of this model."""
    return [counted for counted in (*COUNTED, *TROUBLED) if counted.model is model]
