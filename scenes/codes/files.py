"""Of files, as they are placed."""

from jobs.texts.translatable import Translatable as _
from scenes.codes.code import Code

NO_LINK = _("set {link_mode} to {link_mode:hardlink_or_copy} or {link_mode:copy}")
TABLE = (
    Code("linked", "a hard link was made", "–"),
    Code("copied", "it was copied", "–"),
    Code("moved", "it was moved", "–"),
    Code("already_there", "the library has the same file, perhaps under another name", "–"),
    Code(
        "deleted_in_stash",
        "placed before, and its scene was deleted in Stash",
        _("“Place again” beside the file under “Downloads”, if you want it back"),
    ),
    Code(
        "not_visible",
        "StashHog does not see qBittorrent's path",
        _("map it ({path_map} in the settings, `qbittorrent:…=…`), or mount its disk"),
    ),
    Code("incomplete", "qBittorrent has not downloaded all of it yet", "–: it waits"),
    Code("arriving", "it is there in part: it still comes, as from a seedbox", "–: it waits, and costs no attempt"),
    Code("not_listed", "qBittorrent does not name it any more", "–"),
    Code("deselected", "deselected in qBittorrent", _("select it there, if you want it")),
    Code(
        "too_short",
        "shorter than `min_duration_seconds`",
        _("lower {min_duration_seconds} in the settings, if it should be taken"),
    ),
    Code("sample", "a sample, by `samples`", _("change {samples} in the settings, if it is none")),
    Code("not_scanned", "Stash's own settings leave it out", _("change its exclusions in Stash (Settings, Library)")),
    Code(
        "needs_unpacking",
        "an archive",
        _("unpack it into a folder of Stash's library yourself, or deselect it in qBittorrent"),
    ),
    Code("disc_folder", "part of a DVD or Blu-ray folder", _("make one file of it (MakeMKV), or deselect it")),
    Code("disc_image", "an image of a disc", _("make a video of it, or deselect it")),
    Code(
        "unknown_file",
        "StashHog does not know what it is worth, so the torrent stays",
        _("add a pattern to {rubbish} in the settings, or deselect it"),
    ),
    Code(
        "without_video",
        "a subtitle or script without a video of its name",
        _("rename it, or add a pattern to {rubbish} in the settings"),
    ),
    Code("video_not_wanted", "it goes with a video that is not placed", "–"),
    Code("waits_for_video", "it goes with a video that is not placed yet", "–: handled after that"),
    Code(
        "video_missing",
        "the video that it goes with is gone from the library",
        _("look where the video is; put it back, or deselect both in qBittorrent"),
    ),
    Code("waits_for_rest", "moved together, once the others are ready", "–: look at the other files of its torrent"),
    Code(
        "shared",
        "another torrent has the same file, so it is not moved",
        _("remove one of the two in qBittorrent, or choose another link mode"),
    ),
    Code("name_taken", "something else has this name in the library", _("rename or remove that")),
    Code(
        "unsafe_path", "the name leads out of its folder, or the disk takes no such name", _("rename it in qBittorrent")
    ),
    Code(
        "unreadable",
        "it is no file, or no video that can be read",
        _("recheck it in qBittorrent; if it plays, report it"),
    ),
    Code(
        "wrong_size",
        "what was read or copied has another size than it should",
        _("recheck it in qBittorrent, and look at the disk (SMART, its log)"),
    ),
    Code(
        "other_filesystem",
        "downloads and library are on different mounts",
        _(
            "mount their common parent once ([deployment](deployment.md#one-mount-for-downloads-and-library)), "
            "or set {link_mode} to {link_mode:hardlink_or_copy}"
        ),
    ),
    Code("no_hard_links", "the file system has no hard links", NO_LINK),
    Code("too_many_links", "the file has as many links as its disk allows", NO_LINK),
    Code(
        "no_permission",
        "StashHog may not read there, write there, or link this file",
        _(
            "fix owner and permissions, or run StashHog as qBittorrent's user; on exFAT or FAT, which have no hard "
            "links, set {link_mode} to {link_mode:hardlink_or_copy} or {link_mode:copy}"
        ),
    ),
    Code(
        "mode_refused",
        "the permissions or group of the settings can't be given there",
        _("have StashHog's user in that group, or choose `none`"),
    ),
    Code("disk_full", "no room", _("make room, or use hard links, which need none")),
    Code("disk_away", "the disk does not answer", _("mount it, and look into the system's log")),
    Code("disk_error", "the disk failed", _("look into the system's log; replace the disk, if it is dying")),
    Code(
        "read_only",
        "the file system is read-only",
        _("mount it for writing; if it became so by itself, check the disk"),
    ),
)
