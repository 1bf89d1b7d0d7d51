"""Replacing everything in the database by a backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.models import F
from django.utils import timezone

from jobs import engine
from jobs.engine import process_id
from jobs.engine.recovering import ALIVE_WITHIN
from jobs.models import Job, Supervisor
from stashhog.ops.backups import kinds
from stashhog.ops.backups.errors import BackupError
from stashhog.ops.backups.taking import backup, has_tables, readable
from stashhog.ops.notifications.models import BackupAttempt, Message

RESTORED = "It waited when the backup was taken, so nobody knows whether it was sent since."


def restore(file: Path, *, force: bool = False, tell: Callable[[Path], object] = lambda _: None) -> Path | None:
    """Replace the database by the backup ``file``, bring it up to date, and make its jobs ready to go on.

    Returns the backup of what was there before, None when there was nothing; ``tell`` is called with it before
    anything changes. ``force``: also while workers are alive. Raises BackupError, or whatever a migration may raise;
    then the database is as it was.
    """
    kinds.refuse_other_kinds(file)
    refuse_foreign(kinds.in_use().migrations_in(file), file)
    before = None
    if has_tables():
        if not force:
            refuse_while_at_work()
        before = backup(reason="before-restore", keep_all=True)
        tell(before)
    connections.close_all()
    with marked():
        kinds.in_use().load(file)
        with back_to(before):
            call_command("migrate", interactive=False, verbosity=0)
            _make_ready()
    return before


def finish() -> None:
    """Requeue the jobs that a restore loaded, if it was killed before it could; for `manage.py prepare`."""
    if _mark().exists():
        _make_ready()
        _mark().unlink()


def _mark() -> Path:
    return settings.BACKUPS_DIR / ".restoring"


@contextmanager
def marked() -> Iterator[None]:
    """Whoever dies inside leaves a mark for `finish`. Raises BackupError when it can't be left."""
    try:
        _mark().parent.mkdir(parents=True, exist_ok=True)
        _mark().touch()
    except OSError as error:
        raise BackupError(f"Nothing was restored, since {_mark()} could not be made: {error.strerror}.") from error
    try:
        yield
    finally:  # ready, or as it was
        _mark().unlink()


@contextmanager
def back_to(before: Path | None) -> Iterator[None]:
    """What fails inside leaves the database as it is in this backup."""
    with ExitStack() as undo:
        if before is not None:
            undo.callback(kinds.in_use().load, before)
            undo.callback(connections.close_all)
        try:
            yield
        except (DatabaseError, CommandError) as error:
            was = "; the database is as it was" if before else ""
            raise BackupError(f"The backup could not be brought up to date: {error}{was}.") from error
        undo.pop_all()


def refuse_foreign(has: set[tuple[str, str]], file: Path) -> None:
    """``has``: the migrations (app, name) in the backup. Raises BackupError for one that is not ours, or newer."""
    if not any(app == Job._meta.app_label for app, _ in has):
        raise BackupError(f"{file} is not a backup of StashHog.")
    migrations = MigrationLoader(None).disk_migrations
    known = set(migrations) | {old for migration in migrations.values() for old in migration.replaces}
    if newer := sorted(has - known):
        names = ", ".join(f"{app}.{name}" for app, name in newer[:3])
        raise BackupError(f"{file} is of a newer StashHog than this one (it has {names}): upgrade first.")


def refuse_while_at_work() -> None:
    """A worker, or a command with --inline, would go on with jobs that are not there any more."""
    if Supervisor._meta.db_table not in connection.introspection.table_names():
        return
    now = timezone.now()
    with readable():
        processes = [
            *Supervisor.objects.filter(heartbeat_at__gt=now - ALIVE_WITHIN).values_list("process", flat=True),
            *Job.objects.claimed().filter(lease_until__gt=now).values_list("claimed_by", flat=True),
        ]
    if hosts := {name.split("|")[0] for name in processes if not process_id.is_gone(name)}:
        raise BackupError(f"A worker is running on {', '.join(sorted(hosts))}: stop StashHog first, or use --force.")


def _make_ready() -> None:
    """Whoever was at work when the backup was taken is not any more: their jobs are due again, at no cost."""
    Supervisor.objects.all().delete()
    # They have gone out since, or were given up.
    Message.objects.filter(status__in=Message.OPEN).update(status=Message.Status.UNSURE, error=RESTORED)
    # The one that was at work is the one that was restored.
    BackupAttempt.objects.filter(ended_at=None).update(ended_at=F("begun_at"))
    Job.objects.claimed().update(lease_until=timezone.now() - timedelta(seconds=1))
    engine.recover(stopped=True)
