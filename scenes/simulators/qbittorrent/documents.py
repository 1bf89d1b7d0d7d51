"""How qBittorrent says in JSON what it knows of a torrent, and which torrents a status filter lets pass."""

from typing import Any

from scenes.simulators.qbittorrent.torrents import STOPPED, SimulatedTorrent

COMPLETE = {"uploading", "stalledUP", "pausedUP", "stoppedUP", "queuedUP", "forcedUP", "checkingUP"}
DOWNLOADING = {"downloading", "metaDL", "forcedMetaDL", "stalledDL", "checkingDL", "queuedDL", "forcedDL"}
ACTIVE = {"downloading", "forcedDL", "metaDL", "forcedMetaDL", "uploading", "forcedUP", "moving"}
FOREVER = 8_640_000  # seconds; qBittorrent's estimated time where there is none
ZEROS = (
    "dl_limit dlspeed downloaded downloaded_session num_complete num_incomplete num_leechs num_seeds"
    " priority ratio seeding_time seen_complete time_active trackers_count up_limit uploaded"
    " uploaded_session upspeed"
)
# What is the same for every torrent without peers and limits.
CONSTANTS = {
    **dict.fromkeys(ZEROS.split(), 0),
    **dict.fromkeys(("auto_tmm", "f_l_piece_prio", "force_start", "seq_dl", "super_seeding"), False),
    **dict.fromkeys(("availability", "max_ratio", "max_seeding_time"), -1),
    **dict.fromkeys(("ratio_limit", "seeding_time_limit"), -2),
    **dict.fromkeys(("download_path", "infohash_v2", "tracker"), ""),
    "eta": FOREVER,
}


def info_document(torrent: SimulatedTorrent) -> dict[str, Any]:
    """One entry of torrents/info."""
    return {
        **CONSTANTS,
        "added_on": torrent.added_on,
        "amount_left": torrent.size - torrent.completed,
        "category": torrent.category,
        "completed": torrent.completed,
        "completion_on": torrent.completion_on,
        "content_path": torrent.content_path,
        "hash": torrent.hash,
        "infohash_v1": torrent.hash,
        "last_activity": torrent.added_on,
        "magnet_uri": f"magnet:?xt=urn:btih:{torrent.hash}",
        "name": torrent.name,
        "progress": torrent.progress,
        "save_path": str(torrent.save_path),
        "size": torrent.size,
        "state": torrent.state,
        "tags": ", ".join(torrent.tags),
        "total_size": sum(file.size for file in torrent.files),
    }


def files_document(torrent: SimulatedTorrent) -> list[dict[str, Any]]:
    """The answer of torrents/files."""
    files: list[dict[str, Any]] = [
        {
            "availability": -1,
            "index": index,
            "name": file.name,
            "piece_range": [0, 0],
            "priority": file.priority,
            "progress": file.progress,
            "size": file.size,
        }
        for index, file in enumerate(torrent.files)
    ]
    files[0]["is_seed"] = torrent.is_whole
    return files


def properties_document(torrent: SimulatedTorrent) -> dict[str, Any]:
    """The answer of torrents/properties."""
    return {
        "addition_date": torrent.added_on,
        "comment": "",
        "completion_date": torrent.completion_on or -1,
        "eta": FOREVER,
        "hash": torrent.hash,
        "infohash_v1": torrent.hash,
        "is_private": True,
        "name": torrent.name,
        "piece_size": 16384,
        "save_path": str(torrent.save_path),
        "total_size": sum(file.size for file in torrent.files),
    }


def passes(torrent: SimulatedTorrent, name: str) -> bool:
    """Whether the torrent is in the list of that status filter; an unknown filter lets all pass."""
    state = torrent.state
    filters = {
        "completed": state in COMPLETE,
        "seeding": state in COMPLETE - STOPPED,
        "downloading": state in DOWNLOADING or state in ("pausedDL", "stoppedDL"),
        "paused": state in STOPPED,
        "stopped": state in STOPPED,
        "resumed": state not in STOPPED,
        "running": state not in STOPPED,
        "active": state in ACTIVE,
        "inactive": state not in ACTIVE,
        "stalled": state in ("stalledUP", "stalledDL"),
        "stalled_uploading": state == "stalledUP",
        "stalled_downloading": state == "stalledDL",
        "checking": state.startswith("checking"),
        "moving": state == "moving",
        "errored": state in ("error", "missingFiles"),
    }
    return filters.get(name, True)
