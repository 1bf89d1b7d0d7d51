"""What the library needs: the counts of the home page, each of exactly the rows that its list shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Model, QuerySet, Value
from django.urls import reverse

from scenes.models import Change, Download, Outcome, Scan, Scene, attempted
from scenes.models.attempts import AttemptsQuerySet
from scenes.stash.generation.groups import scenes_to_generate

PARAMETER = "need"  # of the admin's lists: shows the rows of one count only
WAITING = (Outcome.NEW, Outcome.WAITING)


@dataclass(frozen=True)
class Need:
    """A count, what it counts, where to see that, and whether something went wrong ("bad"), a person
    decides ("person"), or a run does it ("todo").

    ``model``: whose list it is; ``where``: the list's address, of exactly the counted rows.
    """

    count: int
    label: str
    where: str
    kind: str
    model: type[Model]

    @property
    def needs_a_person(self) -> bool:
        return self.kind in ("bad", "person")


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


def _each(key: str, what: str, rows: Callable[[AttemptsQuerySet[Any]], AttemptsQuerySet[Any]]) -> Iterator[Counted]:
    """A count for each kind of what is attempted."""
    for model in attempted():
        label = f"{model._meta.verbose_name_plural} {what}"
        yield Counted(key, label, lambda model=model: rows(model.objects.shown()), "bad")  # type: ignore[misc]


COUNTED = (
    Counted("present", "Scenes", lambda: Scene.objects.present()),
    Counted("not_analysed", "Not yet analysed", lambda: Scene.objects.present().filter(video_analyzed=False), "todo"),
    Counted("without_previews", "Without previews", scenes_to_generate, "todo"),
    Counted("waiting", "Downloads waiting", lambda: Download.objects.filter(outcome__in=WAITING), "todo"),
    Counted("to_scan", "Files to be scanned", lambda: Scan.objects.due(), "todo"),
    Counted("to_apply", "Changes to be applied", lambda: Change.objects.to_write(), "todo"),
    Counted("to_review", "Changes waiting for review", lambda: Change.objects.to_review(), "person"),
    Counted("failed", "Downloads failed", lambda: Download.objects.filter(outcome=Outcome.FAILED), "bad"),
    *_each("quarantined", "quarantined", lambda rows: rows.quarantined()),
)
# All that the home page's list "What failed" is of: it shows a few.
TROUBLED = tuple(_each("bad", "failed or quarantined", lambda rows: rows.bad()))


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
