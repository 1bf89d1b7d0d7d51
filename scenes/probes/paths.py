"""Where a path leads: from qBittorrent's view over ours to Stash's and the tagger's, and whether a link can be made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path, PurePosixPath

from jobs.errors import JobError
from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from jobs.waiting import Waiter
from scenes import services
from scenes.configuration import Configuration, named_setting
from scenes.configuration.destinations import DEFAULT_NAME, EffectiveDestination
from scenes.paths import PathMap, is_below, lies_below_as_spelled, path_of
from scenes.probes import folders
from scenes.probes.limits import LIMITS
from scenes.probes.results import OK, ProbeFinding, ProbeResult
from scenes.probes.trial_links import a_file_in, try_link

SERVICE = "path"
LONGEST_PATH = 4096  # characters, as the system has it
LINK = _("Trial hard link")
LINK_SECONDS = 5.0  # a large folder of a share takes some to be listed
MAPPING = _("Correct {path_map} in the settings: their prefix = ours.", path_map=named_setting("path_map"))


def probe(config: Configuration, path: str) -> ProbeResult:
    """``path``: a file or folder as qBittorrent names it, or as we do. Raises JobError."""
    ours = config.path_map.to_ours("qbittorrent", path)
    if "\0" in path or len(path) > LONGEST_PATH or not PurePosixPath(ours).is_absolute():
        message = _("Give an absolute path, as qBittorrent shows it, such as /downloads/film.mkv.")
        return ProbeResult(SERVICE, "bad_path", message)
    findings = [of_download(config.path_map, path, ours)]
    if config.library_path is None:
        fix = _("Set {setting} in the settings.", setting=named_setting("library_path"))
        findings.append(ProbeFinding(_("Destination"), _("none is set"), good=False, fix=fix))
    destinations = config.destinations.all
    known = stash_folders(config) if destinations else []
    for destination in destinations:
        findings += of_destination(config, destination, known)
        if findings[0].good:
            findings.append(of_link(Path(ours), destination.folder, destination.link_mode))
    is_right = all(finding.good for finding in findings)
    message = _("The path leads where it should.") if is_right else _("Something is in the way.")
    return ProbeResult(SERVICE, OK, message, findings)


def of_download(mapping: PathMap, path: str, ours: str) -> ProbeFinding:
    is_mapped = any(
        is_below(path_of(path), entry.theirs) for entry in mapping.mappings if entry.service == "qbittorrent"
    )
    value: str = _("{path} (no mapping of qBittorrent fits, so it is the same here)", path=ours)
    if is_mapped:
        value = f"{path} → {ours}"
    fix = folders.looked(f"reading {ours}", None, partial(why_not_readable, ours))
    fix = folders.HANGS if fix is None else fix
    return ProbeFinding("qBittorrent → StashHog", value, good=not fix, fix=fix)


def why_not_readable(path: str) -> str:
    """And what to do; "" where it is."""
    try:
        Path(path).stat()
    except OSError as error:
        why = _(
            "It is not there for StashHog ({reason}). Mount it, or correct the mapping.", reason=text_of_error(error)
        )
        return joined(" ", [why, MAPPING])
    if os.access(path, os.R_OK):
        return ""
    return _("StashHog may not read it. Fix its permissions, or run StashHog as the user of qBittorrent.")


def stash_folders(config: Configuration) -> list[str] | JobError:
    """Stash's library folders for videos, or why it could not be asked."""
    try:
        with closing(services.stash(Waiter(), config, read=LIMITS)) as client:
            return [folder.path for folder in client.scan_settings().folders if not folder.exclude_video]
    except JobError as error:
        return error


def of_destination(
    config: Configuration, destination: EffectiveDestination, known: Sequence[str] | JobError
) -> list[ProbeFinding]:
    """Of one folder that files are placed in: as we, Stash and the tagger see it."""
    folder = destination.folder
    wrong = _("It is not a folder that StashHog may write to. Mount it, or fix its permissions.")
    fix = {True: "", False: wrong, None: folders.HANGS}[folders.usable([folder])[folder]]
    called = str(folder) if destination.name == DEFAULT_NAME else f"{destination.name}: {folder}"
    found = [ProbeFinding(_("Destination"), called, not fix, fix)]
    theirs = config.path_map.to_theirs("stash", str(folder))
    if isinstance(known, JobError):
        found.append(ProbeFinding("StashHog → Stash", theirs, good=False, fix=known.message))
    elif lies_below_as_spelled(theirs, known):
        found.append(ProbeFinding("StashHog → Stash", theirs))
    else:
        others = ", ".join(known) or _("none")
        fix = joined(" ", [_("Stash does not look after it; its folders are: {folders}.", folders=others), MAPPING])
        found.append(ProbeFinding("StashHog → Stash", theirs, good=False, fix=fix))
    if config.tagger_url:
        found.append(ProbeFinding(_("StashHog → tagger"), config.path_map.to_theirs("tagger", str(folder))))
    return found


def of_link(source: Path, folder: Path, mode: str) -> ProbeFinding:
    """A trial hard link from the download to a destination; where files are copied none is needed."""
    try_it = partial(tried, source, folder, mode)
    found = folders.looked(f"link {source} {folder}", mode, try_it, within=LINK_SECONDS)
    return found or ProbeFinding(LINK, _("not tried"), good=False, fix=folders.HANGS)


def tried(source: Path, folder: Path, mode: str) -> ProbeFinding:
    try:
        file = source if source.is_file() else a_file_in(source)
    except OSError as error:
        fix = _("{path} can't be read: {reason}.", path=source, reason=text_of_error(error))
        return ProbeFinding(LINK, _("not tried"), good=False, fix=fix)
    if file is None:
        return ProbeFinding(LINK, _("not tried: {path} has no file to try with", path=source))
    if reason := try_link(file, folder):
        return ProbeFinding(LINK, f"{file} → {folder}", good=mode == "copy", fix=reason)
    made = _("{source} → {folder}: it can be made, and was removed again", source=file, folder=folder)
    return ProbeFinding(LINK, made)
