"""What became of backups, whoever should have made them: by what is recorded of each, and by the files in the folder.

A row says that one was begun, so that one that is killed is found; that none is begun any more, its age says.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from django.utils import timezone

from jobs.engine import process_id
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, message_of, quantity
from jobs.texts.words import span
from scenes import configuration
from stashhog.ops.backups import files
from stashhog.ops.backups.errors import BackupError, DamagedDatabaseError
from stashhog.ops.notifications.models import BackupAttempt, Cause
from stashhog.ops.notifications.outbox import HEALTH, write

T = TypeVar("T")
KEPT = 100  # attempts
LONGEST = timedelta(hours=12)  # that one takes
CLOCKS_DIFFER = timedelta(days=1)  # a time further ahead is of a clock that was wrong
Made = tuple[datetime, str]  # when, and its path


def recorded(make: Callable[[], Path]) -> Path:
    """The backup that ``make`` makes, with a row that says how it goes. Raises BackupError as that does."""
    attempt = BackupAttempt(process=process_id.current())
    keep(attempt)
    path = reporting_failure(make, attempt)
    attempt.path, attempt.ended_at = str(path.absolute()), timezone.now()
    keep(attempt)
    return path


def reporting_failure(make: Callable[[], T], attempt: BackupAttempt | None = None) -> T:
    """What ``make`` gives, such as the backup that it makes; if it fails, those who want to hear of it do."""
    try:
        return make()
    except DamagedDatabaseError as error:
        with suppress(DatabaseError, InterfaceError), transaction.atomic():
            tell(message_of(error))
        raise
    except BackupError as error:
        attempt = attempt or BackupAttempt(process=process_id.current())
        attempt.ended_at, attempt.error = timezone.now(), message_of(error)
        keep(attempt)
        raise


def keep(attempt: BackupAttempt) -> None:
    """Save it, and tell of it if it failed; as far as the database can be written to, which may be what is wrong."""
    with suppress(DatabaseError, InterfaceError), transaction.atomic():
        attempt.save()
        BackupAttempt.objects.filter(pk__lte=attempt.pk - KEPT).delete()
        if attempt.error:
            tell(attempt.error)


def tell(error: str) -> None:
    write(Cause.BACKUP_FAILED, _("A backup failed"), error, HEALTH)


@dataclass(frozen=True)
class BackupState:
    """``made``: when the newest one was, and ``where``. ``failed``: why the last attempt came to nothing, if that is
    newer. ``missing``: that there should be one by now, or that the last one did not end.
    """

    made: datetime | None
    where: str
    failed: str
    missing: str

    @property
    def problem(self) -> str:
        """What somebody should look at; "" while all is well, also before the first one is expected."""
        return self.failed or self.missing


def state(in_folder: Made | None) -> BackupState:
    """How backups are, with the newest one of the folder (`newest_file`)."""
    made, where = newest(in_folder) or (None, "")
    last = BackupAttempt.objects.first()
    if last is None or (made and last.begun_at < made):
        return BackupState(made, where, "", overdue(made))
    failed = _("the one of {time} failed: {reason}", time=_.at(last.begun_at), reason=last.error) if last.error else ""
    return BackupState(made, where, failed, did_not_end(last) or overdue(made))


def newest_file() -> Made | None:
    """In the backups' folder; no database, so that it can be called in a thread. Raises OSError."""
    file = files.newest()
    return (datetime.fromtimestamp(file.stat().st_mtime, UTC), str(file)) if file else None


def newest(in_folder: Made | None) -> Made | None:
    """Of those that were recorded, and those in the folder."""
    latest = timezone.now() + CLOCKS_DIFFER
    good = BackupAttempt.objects.filter(error="", ended_at__lte=latest).order_by("-ended_at")
    recorded_ones = [(ended, path) for ended, path in good.values_list("ended_at", "path")[:1] if ended]
    return max([*recorded_ones, *([in_folder] if in_folder and in_folder[0] <= latest else [])], default=None)


def did_not_end(last: BackupAttempt) -> str:
    if last.ended_at is not None:
        return ""
    is_over = timezone.now() - last.begun_at > LONGEST or process_id.is_gone(last.process)
    text = _(
        "The one of {time} did not end: whoever made it was killed, or the machine went off.", time=_.at(last.begun_at)
    )
    return text if is_over else ""


def overdue(made: datetime | None) -> str:
    days = int(configuration.current().backup_expected_days)
    since = made or installed_at()
    if not days or since is None or timezone.now() - since <= timedelta(days=days):
        return ""
    expected = _("One is expected every {days} (backup_expected_days).", days=quantity(days, "day"))
    if made is None:
        text = _("None was made since the installation, or none was found in {folder}.", folder=settings.BACKUPS_DIR)
    else:
        text = _("None was made for {span}.", span=span(timezone.now() - made))
    return joined(" ", [text, expected])


def installed_at() -> datetime | None:
    applied: datetime | None = MigrationRecorder.Migration.objects.aggregate(first=Min("applied"))["first"]
    return applied
