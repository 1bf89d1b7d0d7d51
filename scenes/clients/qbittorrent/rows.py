"""What qBittorrent lists, and what of it means "finished" for us."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, FiniteFloat, TypeAdapter
from typing_extensions import TypedDict

Phase = Literal["finished", "waiting", "not_finished"]

# 4.x says pausedUP, 5.x stoppedUP.
FINISHED = frozenset({"uploading", "stalledUP", "pausedUP", "stoppedUP", "queuedUP", "forcedUP"})
NOT_FINISHED = frozenset(
    {
        *("downloading", "metaDL", "forcedMetaDL", "allocating", "error", "missingFiles"),
        *("pausedDL", "stoppedDL", "queuedDL", "stalledDL", "forcedDL"),
    }
)


def phase_of(state: str) -> Phase:
    """What a torrent's state means for us. Moving, checking and any state not known here: wait."""
    if state in FINISHED:
        return "finished"
    return "not_finished" if state in NOT_FINISHED else "waiting"


@dataclass(frozen=True)
class Torrent:
    """A torrent as qBittorrent lists it. ``save_path`` is as qBittorrent sees it.

    The files' paths are ``save_path`` + ``TorrentFile.name``. ``content_path`` is only a check of that: the file of a
    torrent of one, else its root folder, else the folder that the files are in, with everything else in it; while a
    torrent is moved and after a move that failed still at the old place (measured on 4.5.2 and 5.1.0), and empty for
    one without metadata.
    """

    hash: str
    name: str
    state: str
    phase: Phase
    save_path: str
    content_path: str
    category: str  # "" for none
    tags: tuple[str, ...]
    size: int  # bytes
    progress: float  # 0…1, of the selected files
    completed_at: datetime | None


@dataclass(frozen=True)
class TorrentFile:
    """A file of a torrent. ``name`` is relative to the save path, with slashes."""

    name: str
    size: int  # bytes
    wanted: bool  # selected for download; a deselected file that was on disk already counts as complete too
    complete: bool


def login_fingerprint(secret_key: str, url: str, user: str, password: str) -> str:
    """64 hex digits by which a refused login is remembered: the same for the same three values only.

    Keyed with the project's secret key, so that nobody can try passwords on a stolen database.
    """
    values = json.dumps(["qbittorrent login", url.strip().rstrip("/"), user, password])
    return hmac.new(secret_key.encode(), values.encode(), hashlib.sha256).hexdigest()


def split_tags(text: object) -> object:
    """The tags of "a, b"."""
    return tuple(part for tag in text.split(",") if (part := tag.strip())) if isinstance(text, str) else text


# "all" would mean every torrent to qBittorrent, and "|" separates hashes.
Hash = Annotated[str, Field(pattern=r"^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})\z")]
LARGEST = 2**53  # bytes: sums of it fit into a column


class TorrentRow(TypedDict):
    hash: Hash
    name: str
    state: str
    save_path: str
    content_path: str
    category: str
    tags: Annotated[tuple[str, ...], BeforeValidator(split_tags)]
    size: Annotated[int, Field(ge=-1, le=LARGEST)]  # -1, in some versions, while it is not known
    progress: FiniteFloat
    completion_on: int  # seconds since 1970; not positive when not completed


class TorrentFileRow(TypedDict):
    name: str
    size: Annotated[int, Field(ge=0, le=LARGEST)]
    priority: int
    progress: FiniteFloat


TORRENTS = TypeAdapter(list[TorrentRow])
FILES = TypeAdapter(list[TorrentFileRow])
CATEGORIES = TypeAdapter(dict[str, object])
TAGS = TypeAdapter(list[str])


def torrent_of(row: TorrentRow) -> Torrent:
    """A row of ``torrents/info``."""
    completed = row["completion_on"]
    # Never completed: 0, -1 or, in some versions, -1 without its sign.
    is_completed = 0 < completed < 0xFFFFFFFF
    return Torrent(
        hash=row["hash"],
        name=row["name"],
        state=row["state"],
        phase=phase_of(row["state"]),
        save_path=row["save_path"],
        content_path=row["content_path"],
        category=row["category"],
        tags=row["tags"],
        size=max(row["size"], 0),
        progress=row["progress"],
        completed_at=datetime.fromtimestamp(completed, UTC) if is_completed else None,
    )


def file_of(row: TorrentFileRow) -> TorrentFile:
    """A row of ``torrents/files``."""
    name = row["name"].replace("\\", "/")
    return TorrentFile(
        name=name,
        size=row["size"],
        wanted=row["priority"] > 0 and ".unwanted" not in name.split("/"),
        complete=row["progress"] == 1 and not name.endswith(".!qB"),
    )
