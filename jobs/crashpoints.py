"""Named places where a test lets the process die, as a power cut would. Unarmed they cost one comparison."""

from __future__ import annotations

import os
import signal
from enum import StrEnum


class CrashPoint(StrEnum):
    """One for each step boundary and each side effect; docs/durability.md says what makes each safe."""

    CLAIMED = "claimed"
    STEP_DECIDED = "step-decided"
    STEP_STARTED = "step-started"
    BEFORE_FINISH = "before-finish"
    AFTER_FINISH = "after-finish"
    TARGET_SAVED = "target-saved"
    FILE_LINKED = "file-linked"
    FILE_RECORDED = "file-recorded"
    TORRENT_TAGGED = "torrent-tagged"
    TORRENT_REMOVED = "torrent-removed"
    SCAN_ASKED = "scan-asked"
    SCAN_FINISHED = "scan-finished"
    FILES_CONFIRMED = "files-confirmed"
    SYNC_PAGE_SAVED = "sync-page-saved"
    SYNC_WATERMARK = "sync-watermark"
    SCENE_TAGGED = "scene-tagged"
    SCENE_RECORDED = "scene-recorded"
    PLAN_APPROVED = "plan-approved"
    TAG_CREATED = "tag-created"
    TAGS_ADDED = "tags-added"
    MARKER_INTENDED = "marker-intended"
    MARKER_CREATED = "marker-created"
    MARKER_REMOVED = "marker-removed"
    CHANGES_RECORDED = "changes-recorded"
    GENERATE_ASKED = "generate-asked"
    GENERATE_RECORDED = "generate-recorded"


ARMED = os.environ.get("STASHHOG_CRASH_AT", "")


def crash_point(point: CrashPoint) -> None:
    """Die here by SIGKILL when this point is armed (STASHHOG_CRASH_AT, for tests)."""
    if point == ARMED and _first_time():
        os.kill(os.getpid(), signal.SIGKILL)


def _first_time() -> bool:
    """Once for all processes where STASHHOG_CRASH_ONCE names a file; else always."""
    flag = os.environ.get("STASHHOG_CRASH_ONCE")
    if not flag:
        return True
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
