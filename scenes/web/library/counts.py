"""What the library has and what the next run does: the counts of the home page, each of exactly the rows of its list.

What needs a person is counted by `scenes.web.needing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Model, QuerySet, Value
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from jobs.models.compiled import Compiled
from scenes.models import Change, Download, Outcome, Scan, Scene
from scenes.models.plans import OF_PRESENT_SCENE
from scenes.permissions import VIEW, VIEW_CHANGES, VIEW_DOWNLOADS
from scenes.stash.generation.groups import scenes_to_generate

PARAMETER = "need"  # of lists: shows the rows of one count only
WAITING = (Outcome.NEW, Outcome.WAITING)


@dataclass(frozen=True)
class Counted:
    """A declared count. ``key`` names it among those of the same model; ``todo``: a run does something to these.

    ``page`` and ``query``: where its list is, for who has ``permission``.
    """

    key: str
    label: str
    rows: Callable[[], QuerySet[Any]]
    page: str
    permission: str
    todo: bool = True
    query: str = ""

    @property
    def model(self) -> type[Model]:
        return self.rows().model

    @property
    def where(self) -> str:
        return f"{reverse(self.page)}?{self.query or f'{PARAMETER}={self.key}'}"

    def total(self) -> QuerySet[Any, tuple[str, int]]:
        """One row: the label and how many rows there are."""
        labelled = self.rows().order_by().annotate(of=Value(self.label, output_field=CharField())).values("of")
        rows: QuerySet[Any, tuple[str, int]] = labelled.annotate(rows=Count("pk")).values_list("of", "rows")
        return rows


def to_write() -> QuerySet[Change]:
    return Change.objects.to_write().filter(OF_PRESENT_SCENE)


SCANS = "admin:scenes_scan_changelist"
COUNTED = (
    Counted("present", _("Scenes"), lambda: Scene.objects.present(), "scenes", VIEW, todo=False),
    Counted(
        "not_analysed",
        _("Not yet analysed"),
        lambda: Scene.objects.present().filter(video_analyzed=False),
        "scenes",
        VIEW,
    ),
    Counted("without_previews", _("Without previews"), scenes_to_generate, "scenes", VIEW),
    Counted(
        "waiting",
        _("Downloads waiting"),
        lambda: Download.objects.filter(outcome__in=WAITING),
        "downloads",
        VIEW_DOWNLOADS,
    ),
    Counted("to_scan", _("Files to be scanned"), lambda: Scan.objects.due(), SCANS, "scenes.view_scan"),
    Counted("to_apply", _("Changes to be applied"), to_write, "review", VIEW_CHANGES, query="status=approved"),
)


def counts() -> list[tuple[Counted, int]]:
    """Of each; one query."""
    found = dict(totals())
    return [(counted, found.get(counted.label, 0)) for counted in COUNTED]


def all_totals() -> QuerySet[Any, tuple[str, int]]:
    first, *others = [counted.total() for counted in COUNTED]
    return first.union(*others, all=True)


totals = Compiled(all_totals)


def counted_of(model: type[Model]) -> list[Counted]:
    """Those that count rows of this model."""
    return [counted for counted in COUNTED if counted.model is model]
