"""What one failure says by itself: an error code of ours, or the words of Stash's log or of the tagger's answer."""

from __future__ import annotations

import re
from enum import Enum

from scenes.clients.stash.words import ITS_OWN_TROUBLE


class Clue(Enum):
    """``MISSING``: the file is not there, which holds for all the files of a disk that is away. ``AWAY``: its place or
    the service could not be reached. ``SERVICE``: no item can cause that. ``UNCLEAR``: it names nothing.
    """

    ITEM = "item"
    MISSING = "missing"
    AWAY = "away"
    SERVICE = "service"
    UNCLEAR = "unclear"


# Of `scenes.downloads`: what is wrong with a whole disk, and what may be; all others are a file's own.
AWAY_CODES = frozenset({"disk_full", "disk_away", "read_only", "library_missing", "mode_refused"})
UNCLEAR_CODES = frozenset({"not_visible", "no_permission", "unreadable", "disk_error"})

DISK_FULL = re.compile(
    r"no space left|disk is full|not enough space on the disk|disk quota exceeded|read-?only file ?system",
    re.IGNORECASE,
)
NOT_THERE = re.compile(
    r"no such file|file not found|does ?n[o']t exist|filenotfound|errno 2\b|cannot find the (file|path)", re.IGNORECASE
)
# Of Linux, of Windows and of ffmpeg: the file could not be reached, whatever is in it.
UNREACHABLE = re.compile(
    r"i/o error|errno 5\b|stale (nfs )?file handle|errno 116\b|transport endpoint is not connected|no such device"
    r"|host is down|no route to host|network is unreachable|connection timed out|device is not ready"
    r"|network (path|name) (was not found|is no longer available)|permission denied|access is denied",
    re.IGNORECASE,
)


def clue_of_code(code: str) -> Clue:
    """Of a file to be placed."""
    if code in AWAY_CODES:
        return Clue.AWAY
    return Clue.UNCLEAR if code in UNCLEAR_CODES else Clue.ITEM


def clue_of_words(words: str, *, names_item: bool = False, names_place: bool = False) -> Clue:
    """Of what a service says. Of a full disk it tells by the name of any file, so names come last."""
    if DISK_FULL.search(words):
        return Clue.SERVICE
    if ITS_OWN_TROUBLE.search(words) or UNREACHABLE.search(words) or names_place:
        return Clue.AWAY
    if NOT_THERE.search(words):
        return Clue.MISSING
    return Clue.ITEM if names_item else Clue.UNCLEAR
