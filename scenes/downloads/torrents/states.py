"""What a torrent's state in qBittorrent means for us: handle it now, wait, or say what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jobs.texts.translatable import Translatable as _
from scenes.configuration import Configuration, named_setting
from scenes.downloads.files.targets import storable
from scenes.downloads.results import Result
from scenes.downloads.torrents.filtering import passes
from scenes.models import Outcome
from scenes.paths import lies_in

if TYPE_CHECKING:  # counting imports this module in every process, see scenes.tasks
    from scenes.clients.qbittorrent.client import Torrent

STILL_MOVING = Result(
    Outcome.WAITING,
    "still_moving",
    _("qBittorrent is still moving its files; it is handled by a run after that."),
)
CHECKING = Result(
    Outcome.WAITING, "checking", _("qBittorrent is checking its files; it is handled by a run after that.")
)
DOWNLOADING = Result(
    Outcome.WAITING,
    "downloading",
    _("It was complete, and qBittorrent downloads a part of it now; it is handled by a run after that."),
)
SELECTION_CHANGED = Result(
    Outcome.WAITING,
    "selection_changed",
    _("Other files of it were selected in qBittorrent meanwhile; it is handled by a run after that."),
)
MISSING_FILES = Result(
    Outcome.FAILED,
    "missing_files",
    _(
        "It was complete, and qBittorrent does not find its files any more. Bring them back (is "
        "their disk mounted there?) and let qBittorrent recheck the torrent, or remove it."
    ),
)
CLIENT_ERROR = Result(
    Outcome.FAILED,
    "client_error",
    _(
        "qBittorrent stopped it with an error; its log says which (no room, no permission, …). Fix "
        "that and resume the torrent there."
    ),
)
NO_FILES = Result(
    Outcome.FAILED,
    "no_files",
    _(
        "qBittorrent names no files of it, although it says how large they are. It is asked again by "
        "each run; if that stays so, let qBittorrent recheck the torrent."
    ),
)
MOVE_FAILED = "move_failed"  # see `misplaced`
LEFT_OUT = Result(
    Outcome.NOT_WANTED,
    "left_out",
    _(
        "The filter in the settings leaves it out ({category}, {tags}).",
        category=named_setting("qbittorrent_category"),
        tags=named_setting("qbittorrent_tags"),
    ),
)
GONE = Result(
    Outcome.NOT_WANTED, "gone", _("It was removed from qBittorrent before it was handled; added again, it is.")
)
CLIENT_TROUBLE = (MISSING_FILES.code, CLIENT_ERROR.code, NO_FILES.code, MOVE_FAILED)
REOPENED = (LEFT_OUT.code, GONE.code, *CLIENT_TROUBLE)  # handled as soon as nothing of that is true any more
INCOMPLETE_SUFFIX = ".!qB"  # a setting of qBittorrent adds it to files that are not complete
IDLE = {"stalledDL", "pausedDL", "stoppedDL"}


def classify(torrent: Torrent, config: Configuration) -> Result | None:
    """Why the torrent, which was finished once, is not handled now; None if it is."""
    if not passes(torrent, config):
        return LEFT_OUT
    if torrent.phase == "finished":
        return misplaced(torrent)
    if torrent.phase == "not_finished":
        if torrent.state == "error":
            return CLIENT_ERROR
        # After a restart it says so; after a recheck it has nothing and waits for somebody to send all of it again.
        gone = torrent.state == "missingFiles" or (torrent.state in IDLE and torrent.progress == 0)
        return MISSING_FILES if gone else DOWNLOADING
    if torrent.state.startswith("checking"):
        return CHECKING
    if torrent.state == "moving":
        return STILL_MOVING
    return Result(
        Outcome.WAITING,
        "unknown_state",
        _(
            "qBittorrent says its state is “{state}”, which is not known here; it is looked at again.",
            state=torrent.state[:40],
        ),
    )


def misplaced(torrent: Torrent, names: Iterable[str] = ()) -> Result | None:
    """Why the files are not where the save path says; None when they are, by all that qBittorrent tells.

    After a move without room its state is that of a finished torrent, and at the save path lie damaged files of full
    size; only the content path tells. ``names`` of its selected files, relative to the save path: with them a folder
    for incomplete torrents below the save path is seen too.
    """
    save, content = torrent.save_path, torrent.content_path.removesuffix(INCOMPLETE_SUFFIX)
    paths = [f"{save}/{name.removesuffix(INCOMPLETE_SUFFIX)}" for name in names]
    if content and lies_in(content, save) and all(lies_in(path, content) for path in paths):
        return None
    still = _("still in {folder}", folder=storable(content)) if content else _("somewhere that it does not tell")
    return Result(
        Outcome.FAILED,
        MOVE_FAILED,
        _(
            "qBittorrent could not move it to {folder}: its files are {still}, and what lies at the "
            "new place may be damaged. Make room there (qBittorrent's log says what was wrong) and let "
            "qBittorrent recheck the torrent, which repeats the move; or set its location to the old or "
            "another folder.",
            folder=storable(save),
            still=still,
        ),
    )


def changed(before: Torrent, torrent: Torrent | None, config: Configuration) -> Result | None:
    """Why a torrent that was to be handled can't be any more, by what the list says of it; None while it is as before.

    Whether the same files are selected the list does not say.
    """
    if torrent is None:
        return GONE
    if result := classify(torrent, config):
        return result
    if (torrent.save_path, torrent.content_path) != (before.save_path, before.content_path):
        return STILL_MOVING
    return None
