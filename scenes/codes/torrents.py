"""Of torrents, as qBittorrent has them."""

from jobs.texts.translatable import Translatable as _
from scenes.codes.code import Code

TABLE = (
    Code("still_moving", "qBittorrent is moving its files", "–: handled by a run after that"),
    Code("checking", "qBittorrent is checking its files", "–: handled by a run after that"),
    Code("downloading", "complete once, and qBittorrent downloads a part of it now", "–: handled by a run after that"),
    Code("selection_changed", "other files of it were selected meanwhile", "–: handled by a run after that"),
    Code(
        "unknown_state",
        "a state of qBittorrent that StashHog does not know",
        _("if it stays so, look at it in qBittorrent, and report the state that the message names"),
    ),
    Code(
        "missing_files",
        "qBittorrent does not find its files any more",
        _("mount their disk where qBittorrent runs and recheck the torrent, or remove it"),
    ),
    Code(
        "client_error",
        "qBittorrent stopped it with an error",
        _("look into qBittorrent's log (room, permissions), fix that, and resume it"),
    ),
    Code("no_files", "qBittorrent names no files of it", _("recheck it in qBittorrent, if it stays so")),
    Code(
        "move_failed",
        "qBittorrent could not move it; its files are still at the old place",
        _("make room and recheck it in qBittorrent, or set its location back"),
    ),
    Code(
        "left_out",
        "the filter of category and tags leaves it out",
        _("change {qbittorrent_category} or {qbittorrent_tags} in the settings, if it should be taken"),
    ),
    Code("gone", "removed from qBittorrent before it was handled", _("add it again, if it should be taken")),
    Code(
        "before_first_run",
        "it was there before the first run, and somebody said that such count as handled",
        _("release it in the list of downloads, if it should be taken"),
    ),
    Code(
        "destination_unusable",
        "the folder that it goes to can't be used now",
        _("the message says why; `manage.py destinations check` looks at all"),
    ),
    Code(
        "no_video",
        "nothing in it is a video that Stash takes",
        _("add its extension in Stash (Settings, Library), if it is one"),
    ),
)
