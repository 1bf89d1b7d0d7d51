"""What an examination found and nothing else says: kept, so that it is among what needs a person, too."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from jobs.models.compiled import Compiled
from jobs.texts.translatable import joined, shortened
from scenes.models import LastFound
from stashhog.ops.doctor.findings import Finding

BY = LastFound.By.EXAMINATION
NEED = "examination"  # the key of the need that these make
LONGEST_TEXT = 2000  # characters
# The keys of findings → the needs of the page "Needs you" that say the same.
NEEDS_BY_FINDING = {
    "migrations": ("tables",),
    "setting": ("settings",),
    "worker": ("worker",),
    "queue": ("queue", "worker"),
    "pause": ("pause",),
    "schedule": ("schedules",),
    "requested": ("requests",),
    "last_run": ("jobs", "first_run"),
    "stash": ("service:Stash", "settings"),
    "qbittorrent": ("service:qBittorrent", "refused_logins", "settings"),
    "tagger": ("service:Video tagger",),
    "language_model": ("service:Language model",),
    "path_map": ("service:Path mapping",),
    "destination": ("service:Destinations", "settings"),
    "space": ("service:Disk",),
    "backups": ("service:Backups",),
    "notifications": ("channels", "messages"),
}


found = Compiled(lambda: LastFound.objects.filter(by=BY))  # what the last examination kept


def keep(findings: Iterable[Finding], needs: set[str]) -> None:
    """Those that are bad, unless one of the ``needs`` (their keys) says so; in place of those of the last one."""
    bad = [
        finding for finding in findings if finding.is_bad and needs.isdisjoint(NEEDS_BY_FINDING.get(finding.key, ()))
    ]
    rows = [row_of(number, finding) for number, finding in enumerate(bad)]
    before = [(row.name, row.title, row.text) for row in found()]
    if before == [(row.name, row.title, row.text) for row in rows]:
        return
    with transaction.atomic():
        LastFound.objects.filter(by=BY).delete()
        LastFound.objects.bulk_create(rows)


def row_of(number: int, finding: Finding) -> LastFound:
    text = shortened(joined(" ", [finding.text, finding.fix]), LONGEST_TEXT)
    return LastFound(by=BY, name=f"{number} {finding.key}", word=finding.level, title=finding.name, text=text)
