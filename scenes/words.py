"""Words that pages make of keys, so that their translations can be found: types of jobs, steps, figures of results."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

TYPES = (
    _("Process new scenes"), _("Process downloads"), _("Stash scan"), _("Sync"), _("Analysis"), _("Apply plan"),
    _("Revert plan"), _("Stash generate"), _("Stash identify"), _("Stash auto tag"), _("Stash plugin"), _("Dry run"),
    _("Apply rules"),
)  # fmt: skip
STEPS = (
    _("Stash metadata scan"), _("Incremental sync"), _("Analyse scenes"), _("Generate metadata"), _("Completion"),
)  # fmt: skip
FIGURES = (
    _("Synced items"), _("Changes refused"), _("Changes approved"), _("Changes applied"), _("Errors"),
    _("Changes failed"), _("Changes left alone"), _("Changes proposed"), _("Changes reverted"), _("Changes waiting"),
    _("Copied"), _("Linked"), _("Moved"), _("Deleted scenes"), _("Found files"), _("Missing scenes"), _("New scenes"),
    _("Scanned files"), _("Scenes tried"), _("Synced files"), _("Synced scenes"), _("Updated scenes"), _("Left out"),
)  # fmt: skip
DETECTORS = {
    "detect_video_tags": _("Video tagger"),
    "detect_tags": _("Names of tags"),
    "detect_performers": _("Names of performers"),
    "detect_studios": _("Names of studios"),
    "detect_details": _("Details"),
    "detect_media_tags": _("Media tags"),
    "detect_names_by_llm": _("Language model"),
}
PARAMETERS = {
    "auto_approve": _("Approve by itself"),
    "batch_size": _("Scenes in a batch"),
    "change_ids": _("Changes"),
    "detectors": _("Detectors"),
    "download_ids": _("Downloads"),
    "dry_run": _("Dry run"),
    "force": _("Everything again"),
    "max_attempts": _("Attempts"),
    "max_parallel_batches": _("Batches at once"),
    "max_scenes": _("Most scenes"),
    "outdated": _("Only what older models saw"),
    "outdated_scenes": _("Outdated scenes"),
    "plan_id": _("Plan"),
    "rest": _("Only the rest"),
    "retry_delay": _("Wait before the second attempt"),
    "scene_id": _("Scene"),
    "scene_ids": _("Scenes"),
    "skip": _("Leave out"),
    "step": _("Step"),
    "tag": _("Tag"),
}
RESULTS = {
    "analysis_batches": _("Analyse scenes"),
    "batch_num": _("Batch"),
    "batches": _("Batches"),
    "carried_over": _("Left to the next run"),
    "completion": _("Completion"),
    "duration_seconds": _("Seconds"),
    "final_incremental_sync": _("Completion"),
    "generated": _("Generated"),
    "incremental_sync": _("Incremental sync"),
    "job_id": _("Job"),
    "process_downloads": _("Process downloads"),
    "scenes_analyzed": _("Scenes analysed"),
    "stash_generate": _("Stash generate"),
    "stash_scan": _("Stash scan"),
    "summary": _("In all"),
    "total_changes_applied": _("Changes applied"),
    "total_changes_approved": _("Changes approved"),
    "total_changes_waiting": _("Changes waiting"),
    "total_errors": _("Errors"),
    "total_scenes_analyzed": _("Scenes analysed"),
    "total_synced_items": _("Synced items"),
    "without": _("Without"),
}
STATUSES = {  # which `jobs` has in German
    "cancelled": "Cancelled",
    "completed": "Completed",
    "completed_with_errors": "Completed with errors",
    "failed": "Failed",
    "pending": "Pending",
    "queued": "Queued",
    "running": "Running",
    "skipped": "Skipped",
}
UNITS = (_("seconds"), _("days"))
OUTPUTS = {
    "covers": _("Covers"),
    "imagePreviews": _("Animated images"),
    "markerImagePreviews": _("Animated images of markers"),
    "markerScreenshots": _("Pictures of markers"),
    "markers": _("Videos of markers"),
    "phashes": _("Perceptual hashes, to find duplicates"),
    "previews": _("Preview videos"),
    "sprites": _("Sprites, for scrubbing"),
}
# Keys that would not be words by themselves, on every page (the setting JOBS_WORDS).
KEY_NAMES = {
    **PARAMETERS, **RESULTS, **STATUSES, **OUTPUTS, **DETECTORS,
}  # fmt: skip
# Results that are their keys' own words.
OTHER_RESULTS = (_("Result"), _("Steps"), _("Message"), _("Error"), _("Code"), _("Status"), _("Data"))
# What a thing is called whose row is gone.
THINGS = (_("Download"), _("File"), _("Scene"), _("Stash task"))
# With a number before them (`jobs.texts.words.counted`).
NOUNS = (
    ngettext_lazy("scene", "scenes"), ngettext_lazy("change", "changes"), ngettext_lazy("thing", "things"),
    ngettext_lazy("question", "questions"), ngettext_lazy("item", "items"), ngettext_lazy("file", "files"),
    ngettext_lazy("job", "jobs"), ngettext_lazy("torrent", "torrents"), ngettext_lazy("folder", "folders"),
    ngettext_lazy("finished torrent", "finished torrents"), ngettext_lazy("new scene", "new scenes"),
    ngettext_lazy("failure", "failures"), ngettext_lazy("error", "errors"), ngettext_lazy("download", "downloads"),
    ngettext_lazy("schedule", "schedules"), ngettext_lazy("channel", "channels"), ngettext_lazy("token", "tokens"),
    ngettext_lazy("rule", "rules"), ngettext_lazy("user", "users"),
    ngettext_lazy("destination beside the library folder", "destinations beside the library folder"),
    # In stored texts (`jobs.texts.translatable.quantity`).
    ngettext_lazy("torrent placed", "torrents placed"), ngettext_lazy("scene analysed", "scenes analysed"),
    ngettext_lazy("change applied", "changes applied"), ngettext_lazy("approved change", "approved changes"),
    ngettext_lazy("change waits", "changes wait"), ngettext_lazy("scene is", "scenes are"),
    ngettext_lazy("scene was", "scenes were"), ngettext_lazy("marker was", "markers were"),
    ngettext_lazy("file stays", "files stay"), ngettext_lazy("line", "lines"), ngettext_lazy("tag", "tags"),
    ngettext_lazy("performer", "performers"), ngettext_lazy("studio", "studios"),
    ngettext_lazy("file would be linked", "files would be linked"),
    ngettext_lazy("file would be copied", "files would be copied"),
    ngettext_lazy("file would be moved", "files would be moved"),
    ngettext_lazy("torrent would be tagged", "torrents would be tagged"),
    ngettext_lazy("torrent would be removed", "torrents would be removed"),
    ngettext_lazy("torrent would be removed with its files", "torrents would be removed with their files"),
    ngettext_lazy("file would be looked up after a scan", "files would be looked up after a scan"),
    ngettext_lazy("scene would be analysed", "scenes would be analysed"),
    ngettext_lazy("plan would be applied", "plans would be applied"),
    ngettext_lazy("scene would get its previews", "scenes would get their previews"),
    ngettext_lazy("item would wait", "items would wait"), ngettext_lazy("item would fail", "items would fail"),
    # In sentences of commands, of the doctor and of notifications.
    ngettext_lazy("event", "events"), ngettext_lazy("worker", "workers"),
    ngettext_lazy("migration", "migrations"), ngettext_lazy("message", "messages"),
    ngettext_lazy("earlier message", "earlier messages"), ngettext_lazy("item was", "items were"),
    ngettext_lazy("other is", "others are"),
)  # fmt: skip
# Within stored texts: jobs of Stash, kinds of what it has, and codes and outcomes as words.
STASH_JOBS = (_("scan"), _("generate"), _("identify"), _("auto tag"), _("plugin"))
KINDS_IN_STASH = (_("scenes"), _("tags"), _("performers"), _("studios"), _("markers"), _("scenes without cover"))
IN_A_FILTER = (_("category"), _("categories"), _("tag"))
OUTCOMES = (_("waiting"), _("not wanted"), _("failed"), _("quarantined"), _("not handled yet"))
CODES = (
    _("linked"), _("copied"), _("moved"), _("already there"), _("deleted in stash"), _("not visible"),
    _("incomplete"), _("arriving"), _("not listed"), _("deselected"), _("too short"), _("sample"),
    _("not scanned"), _("needs unpacking"), _("disc folder"), _("disc image"), _("unknown file"),
    _("without video"), _("video not wanted"), _("waits for video"), _("video missing"), _("waits for rest"),
    _("shared"), _("name taken"), _("unsafe path"), _("unreadable"), _("wrong size"), _("other filesystem"),
    _("no hard links"), _("too many links"), _("no permission"), _("mode refused"), _("disk full"),
    _("disk away"), _("disk error"), _("read only"), _("still moving"), _("checking"), _("downloading"),
    _("selection changed"), _("unknown state"), _("missing files"), _("client error"), _("no files"),
    _("move failed"), _("left out"), _("gone"), _("before first run"), _("destination unusable"),
    _("no video"),
)  # fmt: skip
