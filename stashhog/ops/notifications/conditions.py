"""How services, disks and workers are: remembered, and told when it has changed for good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.texts.words import span
from stashhog.ops.notifications.models import Cause, Condition
from stashhog.ops.notifications.outbox import HEALTH, write

Kind = Condition.Kind
BAD_AFTER = {Kind.SERVICE: 3, Kind.DISK: 2, Kind.WORKER: 5, Kind.BACKUPS: 2}  # observations in a row
GOOD_AFTER = 2  # likewise; of a worker one will do


@dataclass(frozen=True)
class Observation:
    """What was found at one moment. ``label``: as people call it; ``value`` and ``total``: see `Condition`."""

    kind: Condition.Kind
    name: str
    is_bad: bool
    text: str
    label: str = ""
    value: float | None = None
    total: float | None = None


@transaction.atomic
def remember(observation: Observation) -> None:
    """Write down what was found, and in the same transaction tell of it when it has changed for good."""
    Condition.objects.get_or_create(kind=observation.kind, name=observation.name)
    row = Condition.objects.select_for_update().get(kind=observation.kind, name=observation.name)
    row.text, row.value, row.total, row.looked_at = (
        observation.text,
        observation.value,
        observation.total,
        timezone.now(),
    )
    row.contrary = row.contrary + 1 if observation.is_bad != row.is_bad else 0
    if row.contrary >= observations_needed(observation):
        before, row.since = row.since, row.looked_at
        row.is_bad, row.contrary = observation.is_bad, 0
        tell(observation, span(row.since - before))
    row.save(update_fields=["text", "value", "total", "looked_at", "contrary", "is_bad", "since"])


def observations_needed(observation: Observation) -> int:
    if observation.is_bad:
        return BAD_AFTER[observation.kind]
    return 1 if observation.kind == Kind.WORKER else GOOD_AFTER


def tell(observation: Observation, lasted: str) -> None:
    """``lasted``: how long it was the other way round."""
    if observation.kind == Kind.SERVICE and observation.is_bad:
        write(Cause.SERVICE_DOWN, _("{service} is down", service=observation.label), observation.text, HEALTH)
    elif observation.kind == Kind.SERVICE:
        write(
            Cause.SERVICE_BACK,
            _("{service} is back", service=observation.label),
            _("It was down for {span}.", span=lasted),
            HEALTH,
        )
    elif observation.kind == Kind.DISK and observation.is_bad:
        write(Cause.DISK_LOW, _("A disk is almost full"), joined(": ", [observation.label, observation.text]), HEALTH)
    elif observation.kind == Kind.BACKUPS and observation.is_bad:
        write(Cause.BACKUP_FAILED, _("There is no new backup"), observation.text, HEALTH)
    elif observation.kind == Kind.WORKER and observation.is_bad:
        write(Cause.WORKER_GONE, _("No worker is running"), observation.text, HEALTH)


def forget_others(kind: Condition.Kind, names: Collection[str]) -> None:
    """What is not looked at any more, such as a service whose address was taken out of the settings."""
    Condition.objects.filter(kind=kind).exclude(name__in=names).delete()
