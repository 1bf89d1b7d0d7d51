"""Where a test kills a process in the work on downloads and scenes; see `jobs.crash_points`."""

from enum import StrEnum


class CrashPoint(StrEnum):
    """One for each side effect; docs/durability.md explains why each is safe."""

    # process_downloads
    FILES_LISTED = "files-listed"
    TARGET_SAVED = "target-saved"
    FOLDER_BEGUN = "folder-begun"
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
    TAGS_REMOVED = "tags-removed"
    MARKER_CREATED = "marker-created"
    MARKER_REMOVED = "marker-removed"
    PERFORMERS_ADDED = "performers-added"
    PERFORMERS_REMOVED = "performers-removed"
    STUDIO_SET = "studio-set"
    DETAILS_SET = "details-set"
    CHANGES_RECORDED = "changes-recorded"
    # revert_plan
    REVERT_INTENDED = "revert-intended"
    REVERTS_RECORDED = "reverts-recorded"
    # stash_generate
    GENERATE_INTENDED = "generate-intended"
    GENERATE_ASKED = "generate-asked"
    GENERATE_SEEN = "generate-seen"
    GENERATE_STOPPED = "generate-stopped"
    GENERATE_FINISHED = "generate-finished"
    GENERATE_RECORDED = "generate-recorded"
    # stash_identify, stash_auto_tag, stash_plugin
    STASH_TASK_INTENDED = "stash-task-intended"
    STASH_TASK_ASKED = "stash-task-asked"
    STASH_TASK_SEEN = "stash-task-seen"
    STASH_TASK_STOPPED = "stash-task-stopped"
    STASH_TASK_FINISHED = "stash-task-finished"
    STASH_TASK_RECORDED = "stash-task-recorded"
