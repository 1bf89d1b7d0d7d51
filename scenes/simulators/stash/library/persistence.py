"""Keeps a library on the disk, so that it outlives a SIGKILL as the real Stash's database does."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

FILE_NAME = "stash-simulator.sqlite3"


class RecordStore:
    """One row per record, as JSON. ``folder`` None: nothing is kept."""

    def __init__(self, folder: Path | None):
        path = str(folder / FILE_NAME) if folder else ":memory:"
        self.keeps = folder is not None
        # One thread at a time uses it; which one changes with the thread that the simulator runs in.
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing with this; a power cut might, and nobody minds.
        self.connection.execute("PRAGMA synchronous=OFF")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS records (kind TEXT, id INTEGER, data TEXT, PRIMARY KEY (kind, id))"
        )
        self.connection.execute("CREATE TABLE IF NOT EXISTS ids (kind TEXT PRIMARY KEY, last INTEGER)")

    def write(
        self,
        changed: Iterable[tuple[str, int, dict[str, Any]]],
        removed: Iterable[tuple[str, int]],
        last_ids: dict[str, int],
    ) -> None:
        if not self.keeps:
            return
        self.connection.execute("BEGIN")
        self.connection.executemany(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?)",
            ((kind, number, json.dumps(data)) for kind, number, data in changed),
        )
        self.connection.executemany("DELETE FROM records WHERE kind = ? AND id = ?", removed)
        self.connection.executemany("INSERT OR REPLACE INTO ids VALUES (?, ?)", last_ids.items())
        self.connection.execute("COMMIT")

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for kind, data in self.connection.execute("SELECT kind, data FROM records ORDER BY kind, id"):
            yield kind, json.loads(data)

    def last_ids(self) -> dict[str, int]:
        return dict(self.connection.execute("SELECT kind, last FROM ids"))

    def close(self) -> None:
        self.connection.close()
