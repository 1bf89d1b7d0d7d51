"""What health checks found last, for other processes and the next start: written when it changes, and now and then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import DatabaseError, transaction
from django.utils import timezone

from jobs.models.compiled import Compiled
from jobs.texts.translatable import shortened
from scenes.models import LastFound

AGAIN = timedelta(minutes=1)  # what has not changed is written again, so that others know that it is so still
LONGEST_TEXT = 2000  # characters


@dataclass(frozen=True)
class FoundState:
    """``address``: what was looked at; ``age``: seconds since then."""

    name: str
    address: str
    word: str
    text: str
    age: float

    def row(self) -> LastFound:
        """Of what is well nothing is kept but that: how old a backup is, and how full a disk, changes by itself."""
        text = "" if self.word == "fine" else shortened(self.text, LONGEST_TEXT)
        found_at = timezone.now() - timedelta(seconds=self.age)
        return LastFound(
            by=HEALTH_CHECK, name=self.name, about=digest(self.address), word=self.word, text=text, found_at=found_at
        )


HEALTH_CHECK = LastFound.By.HEALTH_CHECK
rows_of_checks = Compiled(lambda: LastFound.objects.filter(by=HEALTH_CHECK).order_by())
COLUMNS = ("about", "word", "text", "found_at")


def digest(address: str) -> str:
    return sha256(address.encode()).hexdigest()


def is_about(found: LastFound, address: str) -> bool:
    return found.about == digest(address)


def found_states() -> dict[str, LastFound]:
    """By the name of the service; one query."""
    return {row.name: row for row in rows_of_checks()}


def keep(found: Iterable[FoundState], known: Mapping[str, LastFound]) -> None:
    """A query where it says more than what is ``known``; as far as the database can be written to."""
    with suppress(DatabaseError), transaction.atomic():
        rows = [row for state in found if is_news(row := state.row(), known.get(row.name))]
        if rows:
            LastFound.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["by", "name"], update_fields=COLUMNS
            )


def is_news(row: LastFound, known: LastFound | None) -> bool:
    """One that is older than what is known says nothing."""
    if known is None:
        return True
    if row.found_at <= known.found_at:
        return False
    is_same = (row.about, row.word, row.text) == (known.about, known.word, known.text)
    return not is_same or row.found_at - known.found_at > AGAIN
