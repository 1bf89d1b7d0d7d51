"""A broker that treats wake-ups as badly as it can; STASHHOG_EXAMPLE_BROKER says how."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.models import OrmQ

LATE = timedelta(seconds=2)


class BadBroker(ORM):
    """once (as it should), twice, late, shuffled, never, or each time something else."""

    def enqueue(self, task: Any) -> Any:
        way = os.environ["STASHHOG_EXAMPLE_BROKER"]
        if way == "chaos":
            way = random.choice(["once", "twice", "late", "never"])
        if way == "never":
            return None
        package = super().enqueue(task)
        if way == "twice":
            super().enqueue(task)
        if way == "late":
            OrmQ.objects.filter(pk=package).update(lock=timezone.now() + LATE)
        return package

    def dequeue(self) -> Any:
        if os.environ["STASHHOG_EXAMPLE_BROKER"] in ("shuffled", "chaos"):
            _swap_two()
        return super().dequeue()


def _swap_two() -> None:
    """Two waiting messages change places, so that the later one is taken first."""
    waiting = list(OrmQ.objects.filter(lock__lt=timezone.now()).order_by("id"))
    if len(waiting) > 1:
        first, last = waiting[0], waiting[-1]
        OrmQ.objects.filter(pk=first.pk).update(payload=last.payload)
        OrmQ.objects.filter(pk=last.pk).update(payload=first.payload)
