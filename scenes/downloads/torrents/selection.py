"""Which files of a torrent are wanted in the library, and which of the others are worth something.

By what qBittorrent says of them, by their names, and by what Stash scans.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from pathlib import PurePosixPath

from jobs.texts.translatable import Translatable as _
from scenes.clients.qbittorrent.client import TorrentFile
from scenes.configuration import Configuration, named_setting
from scenes.configuration.files import VIDEO_EXTENSIONS
from scenes.downloads.files import pairing, sidecars
from scenes.downloads.files.targets import storable
from scenes.downloads.results import Result
from scenes.models import Outcome, PlacedFile
from scenes.name_patterns import NamePatterns
from scenes.sync.scan_rules import ScanRules

# .rar with its parts .r00, .s00, .part1.rar; .zip with .z01; plain numbered parts: .001
ARCHIVE = re.compile(r"\.(rar|[rs]\d\d|zip|z\d\d|7z|\d{3}|tar|tgz|gz|bz2|xz|zst|ace|arj|lzh)$", re.IGNORECASE)
# A part of a set of archives, whatever its size.
PART = re.compile(r"\.([rs]\d\d|z\d\d|part\d+\.rar|(rar|7z|zip|tar)\.\d{3}|\d{3})$", re.IGNORECASE)
# What systems and torrent programs leave behind; never a video, whatever its extension. `.pad`: BEP 47.
SYSTEM = NamePatterns(
    (
        *("._*", ".DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini", "_____padding_file_*"),
        *("__MACOSX/", ".AppleDouble/", ".Trashes/", ".Trash-*/", "lost+found/", ".pad/"),
        *("$RECYCLE.BIN/", "System Volume Information/", "@eaDir/", "#recycle/", "@Recycle/", ".@__thumb/"),
    )
)
NOT_LITERAL = re.compile(r"[,*?\[\]]")  # in a list of patterns
# Of the bytes of the film (the biggest video, or all archives): what is called a sample and has more may be the film.
SAMPLE_SHARE = 0.1

DESELECTED = Result(Outcome.NOT_WANTED, "deselected", _("It is deselected in qBittorrent."))
INCOMPLETE = Result(Outcome.WAITING, "incomplete", _("qBittorrent has not downloaded all of it yet."))
RUBBISH = Result(
    Outcome.NOT_WANTED,
    "no_video",
    _(
        "It is no video, and known to be worth nothing ({rubbish} and {samples} in the settings).",
        rubbish=named_setting("rubbish"),
        samples=named_setting("samples"),
    ),
)
SAMPLE = Result(
    Outcome.NOT_WANTED,
    "sample",
    _(
        "It is a sample or an extra: its name says so ({samples} in the settings), and it is far smaller than the "
        "film.",
        samples=named_setting("samples"),
    ),
)
NEEDS_UNPACKING = Result(
    Outcome.NOT_WANTED,
    "needs_unpacking",
    _(
        "It is an archive, and StashHog unpacks none. Unpack it into a folder of Stash's library "
        "yourself; its torrent is left as it is. If it has nothing that you want, deselect it in "
        "qBittorrent."
    ),
)
DISC_FOLDER = Result(
    Outcome.NOT_WANTED,
    "disc_folder",
    _(
        "It is a part of a DVD or Blu-ray folder, of which nothing is placed: in parts it is no "
        "film, and Stash knows no such folders. Its torrent stays in qBittorrent. Make one file of "
        "it (with MakeMKV, say) and put that into a folder of Stash's library, or deselect it in "
        "qBittorrent."
    ),
)
DISC_FOLDERS = NamePatterns(("VIDEO_TS/", "BDMV/"))
DISC_IMAGE, DISC_IMAGES = "disc_image", frozenset({"iso", "img", "mdf", "nrg"})
UNKNOWN, NOT_SCANNED = "unknown_file", "not_scanned"
CHANGE_IT = _("Change that in Stash (Settings, Library)")
KNOWN_VIDEOS = frozenset(VIDEO_EXTENSIONS.split(","))  # whatever Stash takes them for
# Codes of files that are not placed and keep their torrent in qBittorrent all the same.
OF_WORTH = frozenset(
    {NEEDS_UNPACKING.code, DISC_FOLDER.code, DISC_IMAGE, UNKNOWN, NOT_SCANNED, sidecars.WITHOUT_VIDEO.code}
)


class Classifier:
    """Says of each file of a torrent why it is not placed, or None for a video or sidecar to place.

    ``stash_path``: where Stash would see a file of this name. ``pairs``: by the name of each sidecar among the files,
    that of the video that it goes with.
    """

    def __init__(
        self,
        files: Sequence[TorrentFile],
        config: Configuration,
        rules: ScanRules,
        stash_path: Callable[[str], str] = str,
    ):
        self.config, self.rules, self.stash_path = config, rules, stash_path
        self.extensions = rules.video_extensions & (config.video_extensions or rules.video_extensions)
        self.files = [file for file in files if not (SYSTEM.match(file.name) or DISC_FOLDERS.match(file.name))]
        self.part_stems = {PART.sub("", file.name).lower() for file in self.files if PART.search(file.name)}
        known = [file for file in self.files if has_extension(file.name, self.extensions | KNOWN_VIDEOS)]
        no_samples = [file for file in known if file.wanted and not config.samples.match(file.name)]
        self.biggest = max((file.size for file in no_samples), default=0)
        # The film may be packed, in parts of which none is much bigger than the sample.
        packed = [file for file in self.files if file.wanted and self.holds_the_film(file)]
        self.film_size = max(self.biggest, sum(file.size for file in packed))
        self.samples = {file.name for file in known if self._is_sample(file)}
        self.placeable = {*self.videos, *self.pairs}
        self.results = {file.name: self._result(file) for file in files}

    @cached_property
    def videos(self) -> list[str]:
        """One that is selected first: the sidecar of two videos with one name must not wait for the other.

        Then the biggest, which is the film rather than a short piece of it that is not wanted.
        """
        scanned = (file for file in self.files if has_extension(file.name, self.extensions))
        videos = [file for file in scanned if not self._unscanned(file.name)]
        videos.sort(key=lambda file: (not file.wanted, -file.size, file.name))
        return [file.name for file in videos]

    @cached_property
    def galleries(self) -> dict[str, Result | None]:
        """Those beside a video, and why one is not placed by what Stash scans."""
        folders = {folder_of(name) for name in self.videos}
        found = [file.name for file in self.files if self.is_gallery(file) and folder_of(file.name) in folders]
        return {name: self._why_not(self.rules.why_no_gallery(self.stash_path(name)), CHANGE_IT) for name in found}

    @cached_property
    def pairs(self) -> dict[str, str]:
        first = {folder_of(name): name for name in reversed(self.videos)}
        beside = {name: first[folder_of(name)] for name, why in self.galleries.items() if why is None}
        others = {file.name for file in self.files if has_extension(file.name, self.config.sidecar_extensions)}
        return pairing.pairs(others.difference(self.videos), self.videos) | beside

    def is_packed(self, file: TorrentFile) -> bool:
        """Whether the archive has the torrent's content, or a part of it: by its name, or by its size."""
        stem = file.name.rpartition(".")[0].lower()
        return bool(PART.search(file.name)) or stem in self.part_stems or file.size >= self.biggest

    def holds_the_film(self, file: TorrentFile) -> bool:
        """Whether a person has to get the film out of it first."""
        return has_extension(file.name, DISC_IMAGES) or bool(ARCHIVE.search(file.name) and self.is_packed(file))

    def is_gallery(self, file: TorrentFile) -> bool:
        """Whether Stash would take it for an archive of pictures."""
        return has_extension(file.name, self.rules.gallery_extensions) and not self.is_packed(file)

    def _result(self, file: TorrentFile) -> Result | None:
        if not file.wanted:
            return DESELECTED
        if SYSTEM.match(file.name):
            return RUBBISH
        if file.name in self.samples or self.pairs.get(file.name) in self.samples:
            return SAMPLE
        if file.name in self.placeable:
            return None if file.complete else INCOMPLETE
        return self.why_left_out(file)

    def why_left_out(self, file: TorrentFile) -> Result:
        """Of a file that is none to place by what it is."""
        if DISC_FOLDERS.match(file.name):
            return DISC_FOLDER
        if self.config.rubbish.match(file.name):
            return RUBBISH
        if unscanned := self.galleries.get(file.name):
            return unscanned
        if ARCHIVE.search(file.name) and self.is_packed(
            file
        ):  # also beside a video: that may be a sample of the film in the archives
            return NEEDS_UNPACKING
        if self._is_sample(file):
            return RUBBISH
        is_sidecar = has_extension(file.name, self.config.sidecar_extensions)
        return sidecars.WITHOUT_VIDEO if is_sidecar else self._unscanned(file.name) or unknown(file.name)

    def _is_sample(self, file: TorrentFile) -> bool:
        return file.size < self.film_size * SAMPLE_SHARE and self.config.samples.match(file.name)

    def _unscanned(self, name: str) -> Result | None:
        """Why Stash would pass over what is a video; None when it would not, or the file is none."""
        extension = extension_of(name)
        how = CHANGE_IT
        if extension in self.rules.video_extensions:
            why = self.rules.why_no_video(self.stash_path(name))
        else:
            is_video = extension in KNOWN_VIDEOS
            why = _("{extension} is none of its video extensions", extension=extension) if is_video else ""
            how = _("Add {extension} to them in Stash (Settings, Library)", extension=extension)
        return self._why_not(why, how)

    def _why_not(self, why: str, how: str) -> Result | None:
        if not why:
            return None
        message = _(
            "Stash would not scan it: {why}. So it is not placed, and its torrent stays in qBittorrent. "
            "{how}, and the next run places it; if it is worth nothing to you, deselect it in "
            "qBittorrent.",
            why=why,
            how=how,
        )
        return Result(Outcome.NOT_WANTED, NOT_SCANNED, message)


def unknown(name: str) -> Result:
    """A file that may be anything, so it counts as worth keeping."""
    own = PurePosixPath(storable(name))
    pattern = NOT_LITERAL.sub("?", own.suffix or own.name)
    pattern = f"*{pattern}" if own.suffix else pattern
    is_image = extension_of(name) in DISC_IMAGES
    what = _("StashHog does not know what it is")
    if is_image:
        what = _("It is an image of a disc, which Stash does not scan")
    message = _(
        "{what}, so it counts as worth keeping: it is not placed, and its torrent stays in "
        "qBittorrent. If such files are worth nothing to you, add {pattern} to {rubbish} in the "
        "settings (as in default,{pattern}), or deselect it in qBittorrent.",
        rubbish=named_setting("rubbish"),
        what=what,
        pattern=pattern,
    )
    return Result(Outcome.NOT_WANTED, DISC_IMAGE if is_image else UNKNOWN, message)


def folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def extension_of(name: str) -> str:
    """In lower case, without its dot."""
    return posixpath.splitext(name.removesuffix(".!qB"))[1].lower().lstrip(".")  # faster than a path, for each file


def has_extension(name: str, extensions: Collection[str]) -> bool:
    return extension_of(name) in extensions


def size_of(rows: Iterable[PlacedFile]) -> int:
    """Bytes of the files selected in qBittorrent, as it gives them, for a torrent that it no longer has."""
    return sum(row.size for row in rows if row.code not in (DESELECTED.code, "not_listed"))
