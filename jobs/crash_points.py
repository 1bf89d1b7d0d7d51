"""Named places where a test kills the process, as a power cut would. An unarmed one costs the check of a constant.

STASHHOG_CRASH_AT    a point, or `point@place` for a point that is reached in several places: a step's key, a job's type
STASHHOG_CRASH_ONCE  a file that the first process there creates, so that only that one dies; without it, every time
STASHHOG_CRASH_VICTIM  `worker` (the default): the process itself; `cluster`: its supervisor and all processes
                     of it; `frozen`: the process is stopped (SIGSTOP) until somebody continues it (SIGCONT)
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from enum import StrEnum


class CrashPoint(StrEnum):
    """One for each step boundary and each side effect; docs/durability.md explains why each is safe."""

    # The engine; the place is a job's type, or a step's key.
    STARTED = "started"
    WAKEUP_SENT = "wakeup-sent"
    CLAIMED = "claimed"
    STEP_DECIDED = "step-decided"
    STEP_STARTED = "step-started"
    BEFORE_FINISH = "before-finish"
    AFTER_FINISH = "after-finish"
    RESCUED = "rescued"
    CLEANED_UP = "cleaned-up"
    # process_downloads
    FILES_LISTED = "files-listed"
    TARGET_SAVED = "target-saved"
    FOLDER_MADE = "folder-made"
    COPY_BEGUN = "copy-begun"
    COPY_WRITTEN = "copy-written"
    COPY_NAMED = "copy-named"
    MOVE_PLACED = "move-placed"
    FILE_LINKED = "file-linked"
    FILE_RECORDED = "file-recorded"
    TORRENT_RECORDED = "torrent-recorded"
    TORRENT_TAGGED = "torrent-tagged"
    REMOVAL_INTENDED = "removal-intended"
    TORRENT_REMOVED = "torrent-removed"
    # stash_scan
    SCAN_INTENDED = "scan-intended"
    SCAN_ASKED = "scan-asked"
    SCAN_SEEN = "scan-seen"
    SCAN_FINISHED = "scan-finished"
    FILES_CONFIRMED = "files-confirmed"
    # sync
    NAMES_SAVED = "names-saved"
    SYNC_PAGE_SAVED = "sync-page-saved"
    SCENES_DELETED = "scenes-deleted"
    NAMES_FORGOTTEN = "names-forgotten"
    SYNC_WATERMARK = "sync-watermark"
    # analysis
    PLAN_MADE = "plan-made"
    SCENE_TAGGED = "scene-tagged"
    SCENE_RECORDED = "scene-recorded"
    PLAN_APPROVED = "plan-approved"
    # apply_plan
    TAG_CREATED = "tag-created"
    MARKER_INTENDED = "marker-intended"
    TAGS_ADDED = "tags-added"
    MARKER_CREATED = "marker-created"
    MARKER_REMOVED = "marker-removed"
    CHANGES_RECORDED = "changes-recorded"
    # stash_generate
    GENERATE_INTENDED = "generate-intended"
    GENERATE_ASKED = "generate-asked"
    GENERATE_SEEN = "generate-seen"
    GENERATE_STOPPED = "generate-stopped"
    GENERATE_FINISHED = "generate-finished"
    GENERATE_RECORDED = "generate-recorded"


ARMED = os.environ.get("STASHHOG_CRASH_AT", "")


def crash_point(point: CrashPoint, place: str = "") -> None:
    """Kill the process here when this point is armed, for all places or for this one."""
    if ARMED and ARMED in (point, f"{point}@{place}") and _first_time():
        _strike()


def _first_time() -> bool:
    """True once among all processes if STASHHOG_CRASH_ONCE names a file, else always. The file gets time and pid."""
    flag = os.environ.get("STASHHOG_CRASH_ONCE")
    if not flag:
        return True
    try:
        descriptor = os.open(flag, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    os.write(descriptor, f"{time.time()} {os.getpid()}\n".encode())
    os.close(descriptor)
    return True


def _strike() -> None:
    victim = os.environ.get("STASHHOG_CRASH_VICTIM", "worker")
    if victim == "frozen":
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    if victim == "cluster":
        with suppress(ProcessLookupError):
            os.kill(int(os.environ["STASHHOG_SUPERVISED"]), signal.SIGKILL)
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
