"""What a person should look at: whatever failed, with why and what to do, and what to release it by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import attrgetter

from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from scenes.models import Attempts, Outcome, attempted
from scenes.releasing import OWNERS

MOST = 20  # shown on the home page
READ = MOST + 1


@dataclass(frozen=True)
class Trouble:
    """``field`` and ``id`` name what is released in the form that releases it."""

    field: str
    id: int
    name: str
    message: str
    quarantined: bool
    at: datetime


def troubles() -> list[Trouble]:
    """The newest of all kinds, at most READ, so that it shows when there are more than MOST; two queries a kind."""
    return sorted(chain(*map(troubles_of, attempted())), key=attrgetter("at", "id"), reverse=True)[:READ]


def troubles_of(model: type[Attempts]) -> list[Trouble]:
    """One for each download, file or scene, with the reason of one of its failures."""
    owner, path = OWNERS[model.named_by], model.released_with[model.named_by]
    groups = model.objects.bad().named().order_by().values_list(path)
    rows = list(
        groups.annotate(
            count=Count("pk"),
            quarantined=Count("pk", filter=Q(outcome=Outcome.QUARANTINED)),
            why=Max("message"),
            at=Max(Coalesce("failed_at", "updated_at")),
        ).order_by("-at", f"-{path}")[:READ]
    )
    owners = owner._default_manager.in_bulk([pk for pk, *_ in rows])
    one, many = model.failing
    unsynced = f"{model.named_by.capitalize()} {{}}"  # Stash has it, and our tables not yet
    return [
        Trouble(
            field=model.named_by,
            id=pk,
            name=str(owners.get(pk, unsynced.format(pk))),
            message=f"{(one if count == 1 else many).format(count=count)}{why}",
            quarantined=quarantined > 0,
            at=at,
        )
        for pk, count, quarantined, why, at in rows
    ]
