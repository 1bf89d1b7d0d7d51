"""Backups of PostgreSQL by its own programs, pg_dump, pg_restore and psql, which must be on the PATH."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from jobs.texts.translatable import Translatable as _
from stashhog.ops.backups.errors import BackupError

SUFFIX = ".dump"
MAGIC = b"PGDMP"
LOCK_TIMEOUT = "60s"  # for others to release the tables
TABLE = "django_migrations"
MADE_BY_MIGRATE = re.compile(r" EXTENSION | INDEX \S+ \w+_trigrams ")


def write(part: Path) -> None:
    """Dump the database, one snapshot of it, to the new file ``part`` and check the dump. Raises BackupError."""
    _run("pg_dump", "--format=custom", "--file", str(part), "--dbname", _address())
    _check(part)


def refuse_damaged() -> None:
    """Nothing: the server keeps itself from writing where it can't read."""


def migrations_in(file: Path) -> set[tuple[str, str]]:
    """The migrations (app, name) that a backup has, after a check of the whole file. Raises BackupError."""
    _check(file)
    rows = _run("pg_restore", "--data-only", "--table", TABLE, "--file=-", str(file), out=subprocess.PIPE)
    fields = [line.split("\t") for line in rows.splitlines() if line.count("\t") == 3]  # id, app, name, applied
    return {(app, name) for _, app, name, _ in fields}


def load(file: Path) -> None:
    """Replace all that is in the database, in one transaction. Raises BackupError; then nothing has changed.

    Tables that only a newer version has go too: they would stand in the way of its migrations. That is why psql
    does it: pg_restore by itself drops only what the backup has.
    """
    drops = "".join(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)} CASCADE;\n" for name in our_tables())
    connection.close()
    settings.BACKUPS_DIR.mkdir(parents=True, exist_ok=True)
    folder = settings.BACKUPS_DIR
    with tempfile.TemporaryFile(dir=folder) as script, tempfile.NamedTemporaryFile(dir=folder) as wanted:
        wanted.write(contents(file).encode())
        wanted.flush()
        script.write(f"SET lock_timeout = '{LOCK_TIMEOUT}';\n{drops}".encode())
        script.flush()
        chosen = ("--use-list", wanted.name, "--file=-", str(file))
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", *chosen, out=script)
        script.seek(0)
        options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--file=-")
        _run("psql", *options, "--dbname", _address(), stdin=script)


def contents(file: Path) -> str:
    """What a backup has, line by line, without what `migrate` makes (`scenes.search`).

    The extension of the index may be another role's, which alone may drop it, or not be in this database.
    """
    lines = _run("pg_restore", "--list", str(file), out=subprocess.PIPE).splitlines()
    return "\n".join(line for line in lines if not MADE_BY_MIGRATE.search(line))


def our_tables() -> list[str]:
    """The tables in the database of the apps whose migrations it has, also of a version that this code isn't."""
    recorder = MigrationRecorder(connection)
    prefixes = ("django_", *{f"{app}_" for app, _ in recorder.applied_migrations()})
    return [name for name in connection.introspection.table_names() if name.startswith(prefixes)]


def _check(file: Path) -> None:
    """Read it to its end."""
    _run("pg_restore", "--file", os.devnull, str(file))


def _run(
    program: str, *arguments: str, out: IO[bytes] | int = subprocess.DEVNULL, stdin: IO[bytes] | None = None
) -> str:
    """Its output. Raises BackupError with what it complained of."""
    # The password goes by the environment: a command line is for everybody to see.
    password = connection.settings_dict["PASSWORD"] or os.environ.get("PGPASSWORD", "")
    try:
        done = subprocess.run(
            [program, *arguments],
            env=os.environ | {"PGPASSWORD": password},
            stdin=stdin or subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
        )
    except FileNotFoundError:
        hint = _("install PostgreSQL's client programs (postgresql-client), as new as the server or newer")
        raise BackupError(_("{program} was not found: {hint}.", program=program, hint=hint)) from None
    if done.returncode:
        complaints = done.stderr.decode(errors="replace").strip().splitlines() or [_("it did not say why.")]
        raise BackupError(_("{program} failed: {reason}", program=program, reason=complaints[-1]))
    return (done.stdout or b"").decode()


def _address() -> str:
    """The database as a connection string of libpq, without the password."""
    from psycopg import pq  # here: pages list backups, and need it for PostgreSQL alone
    from psycopg.conninfo import make_conninfo

    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} - {"password"}
    params = connection.get_connection_params()
    return make_conninfo("", **{key: value for key, value in params.items() if key in known})
