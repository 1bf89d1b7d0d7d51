"""Change listeners: they notice that something was committed, by whichever process.

A notification does not say what changed; whoever receives one reads the rows.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import psycopg
from django.db import connection

from jobs.events import CHANNEL

SQLITE_POLL_INTERVAL = 0.01  # seconds; a query takes microseconds and reads no table
POSTGRES_POLL_INTERVAL = 0.5  # seconds; the delay of what is written without NOTIFY (progress)


class ChangeListener(Protocol):
    async def changed(self, within: float) -> bool:
        """True as soon as something may have changed, False when nothing did within so many seconds.

        Raises an error of the database when it is away.
        """


@asynccontextmanager
async def change_listener() -> AsyncIterator[ChangeListener]:
    """A listener for the database in use. It misses what was committed before: read the rows after it has started."""
    listen = listen_on_postgres if connection.vendor == "postgresql" else listen_on_sqlite
    async with listen() as listener:
        yield listener


class SqliteListener:
    """`PRAGMA data_version` changes with each commit of another connection, also another process's."""

    def __init__(self, database: sqlite3.Connection):
        self.database = database
        self.seen = self._version()

    def _version(self) -> int:
        return int(self.database.execute("PRAGMA data_version").fetchone()[0])

    async def changed(self, within: float) -> bool:
        deadline = asyncio.get_running_loop().time() + within
        while (version := self._version()) == self.seen:
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(SQLITE_POLL_INTERVAL)
        self.seen = version
        return True


@asynccontextmanager
async def listen_on_sqlite() -> AsyncIterator[SqliteListener]:
    # A connection of its own: the pragma does not count what its own connection commits. The loop's
    # thread uses it alone.
    database = sqlite3.connect(connection.settings_dict["NAME"], timeout=1)
    try:
        yield SqliteListener(database)
    finally:
        database.close()


class PostgresListener:
    """LISTEN: the engine notifies with each transition."""

    def __init__(self, database: psycopg.AsyncConnection):
        self.database = database

    async def changed(self, within: float) -> bool:
        async for _ in self.database.notifies(timeout=min(within, POSTGRES_POLL_INTERVAL), stop_after=1):
            break
        return True


@asynccontextmanager
async def listen_on_postgres() -> AsyncIterator[PostgresListener]:
    ours = ("cursor_factory", "context", "prepare_threshold")  # of Django's own, synchronous connections
    params = {key: value for key, value in connection.get_connection_params().items() if key not in ours}
    async with await psycopg.AsyncConnection.connect(**params, autocommit=True) as database:
        await database.execute(f"LISTEN {CHANNEL}")
        yield PostgresListener(database)
