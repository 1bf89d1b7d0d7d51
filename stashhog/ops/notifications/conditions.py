"""How services, disks and workers are: remembered from look to look, and told when it has changed for good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.texts.words import span
from stashhog.ops.notifications.models import Cause, Condition
from stashhog.ops.notifications.outbox import write

Kind = Condition.Kind
BAD_AFTER = {Kind.SERVICE: 3, Kind.DISK: 2, Kind.WORKER: 5, Kind.BACKUPS: 2}  # looks in a row
GOOD_AFTER = 2  # likewise; of a worker one will do
HEALTH = "/health/"


@dataclass(frozen=True)
class Look:
    """What one look found. ``label``: as people call it; ``value`` and ``total``: see `Condition`."""

    kind: Condition.Kind
    name: str
    is_bad: bool
    text: str
    label: str = ""
    value: float | None = None
    total: float | None = None


@transaction.atomic
def remember(look: Look) -> None:
    """Write down what was found, and in the same transaction tell of it when it has changed for good."""
    Condition.objects.get_or_create(kind=look.kind, name=look.name)
    row = Condition.objects.select_for_update().get(kind=look.kind, name=look.name)
    row.text, row.value, row.total, row.looked_at = look.text, look.value, look.total, timezone.now()
    row.contrary = row.contrary + 1 if look.is_bad != row.is_bad else 0
    if row.contrary >= looks_needed(look):
        before, row.since = row.since, row.looked_at
        row.is_bad, row.contrary = look.is_bad, 0
        tell(look, span(row.since - before))
    row.save(update_fields=["text", "value", "total", "looked_at", "contrary", "is_bad", "since"])


def looks_needed(look: Look) -> int:
    if look.is_bad:
        return BAD_AFTER[look.kind]
    return 1 if look.kind == Kind.WORKER else GOOD_AFTER


def tell(look: Look, lasted: str) -> None:
    """``lasted``: how long it was the other way round."""
    if look.kind == Kind.SERVICE and look.is_bad:
        write(Cause.SERVICE_DOWN, _("{service} is down", service=look.label), look.text, HEALTH)
    elif look.kind == Kind.SERVICE:
        write(
            Cause.SERVICE_BACK,
            _("{service} is back", service=look.label),
            _("It was down for {span}.", span=lasted),
            HEALTH,
        )
    elif look.kind == Kind.DISK and look.is_bad:
        write(Cause.DISK_LOW, _("A disk is almost full"), joined(": ", [look.label, look.text]), HEALTH)
    elif look.kind == Kind.BACKUPS and look.is_bad:
        write(Cause.BACKUP_FAILED, _("There is no new backup"), look.text, HEALTH)
    elif look.kind == Kind.WORKER and look.is_bad:
        write(Cause.WORKER_GONE, _("No worker is running"), look.text, HEALTH)


def forget_others(kind: Condition.Kind, names: Collection[str]) -> None:
    """What is not looked at any more, such as a service whose address was taken out of the settings."""
    Condition.objects.filter(kind=kind).exclude(name__in=names).delete()
