"""What the library needs: the counts of the home page."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from scenes import configuration
from scenes.generating.groups import due
from scenes.models import Change, Detection, Download, Outcome, PlacedFile, Scene

SCENES, DOWNLOADS = "/admin/scenes/scene/", "/admin/scenes/download/"


@dataclass(frozen=True)
class Need:
    """A count, what it counts, where to see it, and whether a person has to look ("bad") or a run does it."""

    count: int
    label: str
    where: str
    kind: str = ""


def needs() -> list[Need]:
    """What waits for the next run, and what waits for a person; eight queries."""
    downloads = _outcomes(Download.objects.all())
    scanning = PlacedFile.objects.awaiting_scan().count()
    scenes = Scene.objects.present().aggregate(
        all=Count("pk"),
        unanalysed=Count("pk", filter=Q(video_analyzed=False)),
    )
    changes = _changes()
    waiting = downloads.get(Outcome.WAITING, 0) + downloads.get(Outcome.NEW, 0)
    return [
        Need(scenes["all"], "Scenes", SCENES),
        Need(scenes["unanalysed"], "Not yet analysed", f"{SCENES}?video_analyzed__exact=0", "todo"),
        Need(due().count(), "Without previews", f"{SCENES}?generated_at__isempty=1", "todo"),
        Need(waiting, "Downloads waiting", f"{DOWNLOADS}?outcome__exact=waiting", "todo"),
        Need(scanning, "Files to be scanned", "/admin/scenes/placedfile/?scan_outcome__exact=new", "todo"),
        Need(changes["open"], "Changes to be applied", "/admin/scenes/change/?status__exact=approved", "todo"),
        Need(changes["given_up"], "Changes given up", "/admin/scenes/change/?status__exact=failed", "bad"),
        Need(downloads.get(Outcome.FAILED, 0), "Downloads failed", f"{DOWNLOADS}?outcome__exact=failed", "bad"),
        Need(_given_up(downloads), "Given up", f"{DOWNLOADS}?outcome__exact=quarantined", "bad"),
    ]


def _outcomes(items: QuerySet[Download]) -> dict[str, int]:
    return dict(items.order_by().values_list("outcome").annotate(count=Count("pk")))


def _given_up(downloads: dict[str, int]) -> int:
    """What failed too often: downloads, files at the scan, scenes at a detector or their previews."""
    tries = configuration.current().max_tries
    return (
        downloads.get(Outcome.QUARANTINED, 0)
        + PlacedFile.objects.filter(scan_outcome=Outcome.QUARANTINED).count()
        + Detection.objects.exclude(quarantined_at=None).count()
        + Scene.objects.present().filter(generated_at=None, generate_tries__gte=tries).count()
    )


def _changes() -> dict[str, int]:
    given_up = Q(status=Change.Status.FAILED, scene__deleted_at=None)
    return Change.objects.aggregate(
        open=Count("pk", filter=Q(status__in=Change.OPEN)), given_up=Count("pk", filter=given_up)
    )
