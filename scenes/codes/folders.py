"""Of the library folder and the destinations."""

from jobs.texts.translatable import Translatable as _
from scenes.codes.code import Code

TABLE = (
    Code("not_configured", "a service or folder is not set", _("set what the message names")),
    Code("setting_unusable", "a stored setting can't be used, as after another secret key", _("enter it again")),
    Code(
        "library_missing", "the folder is not there", _("mount its disk, or correct the setting that the message names")
    ),
    Code(
        "library_empty",
        "the folder looks as if its disk were away",
        _(
            "mount it; if it is right so, make the file `.stashhog-library` in it ([a lost "
            "disk](durability.md#a-lost-disk))"
        ),
    ),
    Code("library_not_writable", "StashHog may not write there", _("fix owner and permissions")),
    Code(
        "library_not_in_stash",
        "no library folder of Stash has it",
        _("add it in Stash (Settings, Library), or correct the folder, or {path_map} in the settings (`stash:…=…`)"),
    ),
    Code("library_unconfirmed", "Stash was never asked, and is away", _("get Stash to answer")),
    Code(
        "destinations_overlap",
        "two destinations, or one and the downloads, lie in one another",
        _("separate the folders; `manage.py destinations check`"),
    ),
    Code("destination_in_downloads", "it lies where qBittorrent saves torrents", _("choose a folder outside of that")),
    Code(
        "destination_away", "on the home page: a destination can't be used", _("the message says which folder, and why")
    ),
    Code(
        "mapping_away",
        "on the home page: a folder of the path mapping is not there",
        _("mount it, or correct {path_map} in the settings"),
    ),
    Code("disk_low", "on the home page: little room is left on its disk", _("make room")),
    Code(
        "first_run_undecided",
        "nobody said what becomes of what was there before",
        _("[say it](operations.md#the-first-run), then retry the run"),
    ),
)
