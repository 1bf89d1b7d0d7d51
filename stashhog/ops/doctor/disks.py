"""Folders: path mappings, where files are placed, the way there from the downloads, and free space."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from pathlib import Path

from django.conf import settings

from jobs.errors import JobError
from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable as _
from scenes.attribution import disk
from scenes.checks import unusable_mappings
from scenes.configuration import Configuration, named_setting
from scenes.destinations.overlaps import why_overlapping
from scenes.models import Download
from scenes.paths import is_folder
from scenes.probes import paths
from scenes.probes.results import ProbeFinding
from scenes.probes.space import is_low, room
from stashhog.ops.doctor.findings import Finding, Level, found
from stashhog.ops.doctor.folders import asker, of_hanging, that_hang
from stashhog.ops.doctor.services import WITHIN

LONGER = 1.5  # seconds that Stash may take for its folders once it was tested
MOST_FOLDERS = 20  # of downloads that a link is tried from


def of_disks(config: Configuration) -> list[Finding]:
    """Those that hang are said, and left alone."""
    hanging = that_hang([*folders(config), *mapped(config), *download_folders(config), settings.BACKUPS_DIR])
    return [*map(of_hanging, sorted(hanging)), *of_those_that_answer(config, hanging)]


def of_those_that_answer(config: Configuration, hanging: set[Path]) -> Iterator[Finding]:
    if not hanging.intersection(mapped(config)):
        yield from of_mappings(config)
    destinations = config.destinations.all
    if not destinations:
        fix = _("Set {setting} in the settings.", setting=named_setting("library_path"))
        yield found("destination", _("Destination"), _("none is set"), fix)
        return
    there = [destination for destination in destinations if destination.folder not in hanging]
    known = known_to_stash(config) if there else []
    for destination in there:
        yield from (of_probe("destination", part) for part in paths.of_destination(config, destination, known))
    for destination in there:
        yield from of_missing_disk(destination.folder)
    if len(there) == len(destinations) and (why := why_overlapping(destinations, config.path_map)):
        yield found("destination", _("Destinations"), why, _("Correct one of them: each run ends at once."))
    for source in download_folders(config):
        if source not in hanging:
            yield from (
                of_probe("link", paths.of_link(source, destination.folder, destination.link_mode))
                for destination in there
            )
    yield from (of_space(folder) for folder in folders(config) if folder not in hanging)


def ask_stash(config: Configuration) -> Future[Sequence[str] | JobError]:
    """For its library folders. Begun beside the connection tests it costs no time of its own."""
    return asker.ask("folders of Stash", config, lambda: paths.stash_folders(config), fresh=WITHIN + LONGER)


def known_to_stash(config: Configuration) -> Sequence[str] | JobError:
    """Its library folders; as long as it is asked for them, that it says nothing."""
    asked = ask_stash(config)
    wait([asked], timeout=LONGER)
    if asked.done():
        return asked.result()
    text = _("{service} gave no answer within {seconds:g} s.", service="Stash", seconds=WITHIN)
    return JobError("timeout", text)


def mapped(config: Configuration) -> list[Path]:
    return [Path(mapping.ours) for mapping in config.path_map.mappings]


def of_mappings(config: Configuration) -> Iterator[Finding]:
    wrong = {warning.msg: warning.hint or "" for warning in unusable_mappings(config)}
    for text, fix in wrong.items():
        yield found("path_map", _("Path mapping"), text, fix)
    if config.path_map.mappings and not wrong:
        yield found(
            "path_map",
            _("Path mapping"),
            _("{n} mapped, all folders are there", n=len(config.path_map.mappings)),
        )


def of_missing_disk(folder: Path) -> Iterator[Finding]:
    """Nothing when it is there, as far as can be told."""
    if is_folder(folder) and (why := disk.why_away(folder)):
        fix = _("Mount its disk. If it is right as it is, make a file {name} in it.", name=disk.MARKER)
        yield found(
            "destination",
            _("Destination"),
            _("its disk seems to be away: {reason}", reason=why),
            fix,
        )


def of_probe(key: str, finding: ProbeFinding) -> Finding:
    return found(key, finding.name, finding.value, "" if finding.good else finding.fix)


def download_folders(config: Configuration) -> list[Path]:
    """Where the newest downloads lie, as we see it; the same folder once."""
    theirs = Download.objects.order_by("-pk").values_list("save_path", flat=True)[: 50 * MOST_FOLDERS]
    ours = dict.fromkeys(Path(config.path_map.to_ours("qbittorrent", path)) for path in theirs)
    return [path for path in ours if path.is_absolute()][:MOST_FOLDERS]


def of_space(folder: Path) -> Finding:
    """How much room its disk has."""
    name = _("Free space of {folder}", folder=folder)
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return found("space", name, text_of_error(error), _("Mount it, or correct the path in the settings."))
    fix = (
        _("Make room: remove what is not needed, or move it to another disk.")
        if is_low(usage.free, usage.total)
        else ""
    )
    bad = Level.FAIL if not os.access(folder, os.W_OK) else Level.WARN
    return found("space", name, room(usage.free, usage.total), fix, bad=bad)


def folders(config: Configuration) -> list[Path]:
    """Those whose free space counts: of the data, and of the destinations."""
    return list(dict.fromkeys([settings.DATA_DIR, *(destination.folder for destination in config.destinations.all)]))
