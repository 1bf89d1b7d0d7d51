"""Folders: path mappings, where files are placed, the way there from the downloads, and free space."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from scenes.attribution import disk
from scenes.checks import unusable_mappings
from scenes.configuration import Configuration
from scenes.destinations.overlaps import why_overlapping
from scenes.models import Download
from scenes.paths import is_folder
from scenes.probes import paths
from scenes.probes.results import ProbeFinding
from scenes.probes.space import is_low, room
from stashhog.ops.doctor.findings import Finding, Level, found

MOST_FOLDERS = 20  # of downloads that a link is tried from


def of_disks(config: Configuration) -> list[Finding]:
    destinations = config.destinations.all
    if not destinations:
        fix = "Set the library folder (STASHHOG_LIBRARY_PATH)."
        return [*of_mappings(config), found("destination", "Destination", "none is set", fix)]
    known = paths.stash_folders(config)
    why = why_overlapping(destinations, config.path_map)
    return [
        *of_mappings(config),
        *(of_probe("destination", part) for one in destinations for part in paths.of_destination(config, one, known)),
        *(away for one in destinations for away in of_lost_disk(one.folder)),
        *([found("destination", "Destinations", why, "Correct one of them: each run ends at once.")] if why else []),
        *of_links(config),
        *(of_space(folder) for folder in folders(config)),
    ]


def of_mappings(config: Configuration) -> Iterator[Finding]:
    wrong = {str(warning.msg): str(warning.hint) for warning in unusable_mappings(config)}
    for text, fix in wrong.items():
        yield found("path_map", "Path mapping", text, fix)
    if config.path_map.mappings and not wrong:
        yield found("path_map", "Path mapping", f"{len(config.path_map.mappings)} mapped, all folders are there")


def of_lost_disk(folder: Path) -> Iterator[Finding]:
    """Nothing when it is there, as far as can be told."""
    if is_folder(folder) and (why := disk.why_away(folder)):
        fix = f"Mount its disk. If it is right as it is, make a file {disk.MARKER} in it."
        yield found("destination", "Destination", f"its disk seems to be away: {why}", fix)


def of_probe(key: str, one: ProbeFinding) -> Finding:
    return found(key, one.name, one.value, "" if one.good else one.fix)


def of_links(config: Configuration) -> Iterator[Finding]:
    """From each folder that downloads lie in to each that files are placed in."""
    for source in download_folders(config):
        for one in config.destinations.all:
            yield of_probe("link", paths.of_link(source, one.folder, one.link_mode))


def download_folders(config: Configuration) -> list[Path]:
    """Where the newest downloads lie, as we see it; the same folder once."""
    theirs = Download.objects.order_by("-pk").values_list("save_path", flat=True)[: 50 * MOST_FOLDERS]
    ours = dict.fromkeys(Path(config.path_map.to_ours("qbittorrent", path)) for path in theirs)
    return list(ours)[:MOST_FOLDERS]


def of_space(folder: Path) -> Finding:
    """How much room its disk has."""
    name = f"Free space of {folder}"
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return found("space", name, error.strerror or "not known", "Mount it, or correct the path in the settings.")
    fix = "Make room: remove what is not needed, or move it to another disk." if is_low(usage.free, usage.total) else ""
    bad = Level.FAIL if not os.access(folder, os.W_OK) else Level.WARN
    return found("space", name, room(usage.free, usage.total), fix, bad=bad)


def folders(config: Configuration) -> list[Path]:
    """Those whose free space counts: of the data, and of the destinations."""
    return list(dict.fromkeys([settings.DATA_DIR, *(one.folder for one in config.destinations.all)]))
