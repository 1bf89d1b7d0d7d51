"""What earlier jobs learnt of places, kept in rows of `Place`."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone

from jobs.context import JobContext
from scenes import configuration
from scenes.attribution import disk
from scenes.attribution.evidence import Suspect
from scenes.models import Place
from scenes.paths import is_folder


class PlaceHistory:
    """Of one use. ``service``: by whose path mapping a place's folder is translated to ours; "" if it is ours."""

    def __init__(self, job: JobContext, use: Place.Use, service: str = ""):
        self.job, self.use, self.service = job, use, service

    def is_trusted(self, suspect: Suspect) -> bool:
        """Of a service: whether it ever did anything."""
        rows = Place.objects.filter(use=self.use)
        if suspect.service:
            return rows.exclude(last_success_at=None).exists()
        return rows.trusted().filter(root=suspect.place, mapping=suspect.mapping).exists()

    def succeeded(self, suspect: Suspect) -> None:
        if suspect.service:
            return
        is_seen = bool(suspect.place) and is_folder(self._ours(suspect))
        with self.job.transaction(recording=True):
            row = self._row(suspect)
            Place.objects.filter(pk=row.pk).record_success(timezone.now())
            Place.objects.filter(pk=row.pk).update(is_seen_here=is_seen)

    def looked_away(self, suspect: Suspect, reason: str) -> None:
        if suspect.service:
            return
        with self.job.transaction(recording=True):
            row = self._row(suspect)
            Place.objects.filter(pk=row.pk).record_looking_away(timezone.now(), reason)

    def why_away(self, suspect: Suspect) -> str:
        """Only of what StashHog itself saw before: many a folder of Stash's it never does."""
        if suspect.service or not suspect.place:
            return ""
        row = Place.objects.filter(use=self.use, root=suspect.place, mapping=suspect.mapping).first()
        ours = self._ours(suspect)
        if row is not None and row.is_seen_here:
            return disk.why_away(ours)
        ours_in_it = (folder for folder in configuration.current().destinations.folders if folder.is_relative_to(ours))
        return next(filter(None, map(disk.why_away, ours_in_it)), "")

    def _row(self, suspect: Suspect) -> Place:
        return Place.objects.get_or_create(use=self.use, root=suspect.place, mapping=suspect.mapping)[0]

    def _ours(self, suspect: Suspect) -> Path:
        if not self.service:
            return Path(suspect.place)
        return Path(configuration.current().path_map.to_ours(self.service, suspect.place))
