"""Of scans, previews and tasks of Stash."""

from jobs.texts.translatable import Translatable as _
from scenes.codes.code import Code

TABLE = (
    Code("asked", "Stash is asked for it, and at it", "–"),
    Code("changed", "Stash's task changed the scene", "–"),
    Code("scan_failed", "Stash's scan failed", _("look into Stash's log")),
    Code("generate_failed", "Stash's generate job failed", _("look into Stash's log, mostly at its ffmpeg")),
    Code(
        "nothing_done",
        "Stash did nothing in a whole folder",
        _("mount its disk where Stash runs, or correct {path_map} in the settings (`stash:…=…`)"),
    ),
    Code("stash_disk_full", "a disk of Stash is full or read-only", _("make room there")),
    Code("stash_job_lost", "Stash forgot the job, as by a restart, each time", _("look into Stash's log")),
    Code("stash_job_cancelled", "somebody stopped the job in Stash", _("retry it, if that was not meant")),
    Code("stalled", "no progress for too long", _("look whether the service hangs; it is tried again")),
    Code(
        "identify_not_set_up",
        "Stash has no default sources",
        _("Settings, Tasks, Identify in Stash: choose them and “Set as default”"),
    ),
    Code(
        "identify_source_failed",
        "a stash-box or scraper did not answer Stash",
        _("look at it in Stash (Settings, Metadata Providers)"),
    ),
    Code("identify_failed", "Stash's identify failed", _("look into Stash's log")),
    Code("plugin_task_not_set", "no task is named", _("name one in {plugin_tasks} in the settings")),
    Code(
        "plugin_task_unknown",
        "Stash has no such task",
        _("correct {plugin_tasks} in the settings; “Test” of Stash there lists them"),
    ),
)
