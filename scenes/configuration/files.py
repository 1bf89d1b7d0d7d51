"""The settings of which files are placed, where, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_noop as _

from scenes.configuration.access_kinds import FileGroup, Mode
from scenes.configuration.declaring import setting
from scenes.configuration.kinds import DAYS, SECONDS, Choice, Extensions, Folder, Number, PathMapping, Patterns
from scenes.name_patterns import NamePatterns
from scenes.paths import PathMap

LINK_MODES = ("hardlink", "hardlink_or_copy", "copy", "move")
TORRENT_FOLDERS = ("never", "several", "several_or_unclear", "always")
FIRST_RUNS = ("take", "handled")
CLEANUPS = ("keep", "remove_torrent", "remove_torrent_and_files")
LIBRARY, FILES = "library", "files"
# What is a video, whatever Stash takes it for: what the word default stands for.
VIDEO_EXTENSIONS = "mp4,mkv,avi,mov,wmv,m4v,webm,flv,mpg,mpeg,ts,m2ts,mts,3gp,ogv,vob,divx,asf,rm,rmvb,f4v"
SIDECAR_EXTENSIONS = "funscript,srt,vtt"  # that Stash reads beside a video
# What comes with downloads and is worth nothing: whatever is not listed is worth keeping.
RUBBISH = (
    "*.nfo,*.diz,*.txt,*.url,*.website,*.webloc,*.lnk,*.htm,*.html,*.exe,*.bat,*.cmd,*.msi,*.scr,*.sfv,*.md5,*.srr,"
    "cover.jpg,cover.jpeg,cover.png,cover.webp,folder.jpg,folder.jpeg,folder.png,folder.webp,"
    "poster.jpg,poster.jpeg,poster.png,poster.webp"
)
SAMPLES = (
    "sample/,samples/,sample.*,sample-*,*-sample.*,*.sample.*,*_sample.*,"
    "extra/,extras/,featurettes/,behind the scenes/,deleted scenes/,"
    "trailer/,trailers/,trailer.*,*-trailer.*,*.trailer.*,*_trailer.*"
)


@dataclass(frozen=True)
class FileSettings:
    library_path: Path | None = setting(
        Folder(),
        _("Library folder"),
        _("Where files are placed, as StashHog sees it: one of Stash's library folders, or a folder in one"),
        group=LIBRARY,
        pinned=True,
    )
    path_map: PathMap = setting(
        PathMapping(),
        _("Path mapping"),
        _(
            "Where a folder has another path for a service than for StashHog: the service (qbittorrent, stash or "
            "tagger), a colon, its path, =, and ours; several with semicolons. The longest path that fits counts. "
            r"Theirs may be one of Windows: tagger:D:\media=/mnt/library; stash:\\nas\films=/mnt/films"
        ),
        group=LIBRARY,
    )
    first_run: str = setting(
        Choice(FIRST_RUNS, (_("Handle the torrents, analyse the scenes"), _("Leave both alone"))),
        _("First run"),
        _(
            "What the first run does with finished torrents and scenes that are there already. Not set: a person is "
            "asked, if there are any. What was decided once is not decided again"
        ),
        group=LIBRARY,
    )
    first_run_scenes: int = setting(
        Number(0, 1_000_000, whole=True),
        _("Scenes of the first run"),
        _(
            "If the first run takes the scenes that are there: how many of them one run analyses, after the new ones. "
            "0: all"
        ),
        group=LIBRARY,
        default="0",
    )
    link_mode: str = setting(
        Choice(
            LINK_MODES,
            (
                _("Hard link, never a copy"),
                _("Hard link, or a copy where none can be made"),
                _("Copy"),
                _("Move, out of qBittorrent"),
            ),
        ),
        _("Link mode"),
        _(
            "How a file gets into the library. A hard link takes no room, and the torrent goes on seeding. A copy that "
            "takes the place of a link is counted in the run. A move takes the torrent out of qBittorrent first; with "
            "something of worth in it that is not placed, it stays there and its videos are linked"
        ),
        group=FILES,
        default="hardlink",
        pinned=True,
    )
    torrent_folder: str = setting(
        Choice(
            TORRENT_FOLDERS,
            (
                _("Never"),
                _("With several files"),
                _("With several files, or one whose name says nothing"),
                _("Always"),
            ),
        ),
        _("Torrent folder"),
        _(
            "Which torrents without a folder of their own get one in the library, with the torrent's name. A name that "
            "says nothing is one such as 1080p.mp4, video.mp4 or 00001.m2ts, if the torrent's says more. What is "
            "placed stays where it is"
        ),
        group=FILES,
        default="several",
        pinned=True,
    )
    cleanup: str = setting(
        Choice(
            CLEANUPS,
            (_("Keep it"), _("Remove it, keep its files"), _("Remove it with its files")),
        ),
        _("Clean-up"),
        _(
            "What becomes of a torrent in qBittorrent when StashHog is done with it. It is removed only when "
            "everything of worth in it is safe in the library"
        ),
        group=FILES,
        default="keep",
        pinned=True,
    )
    file_mode: int | None = setting(
        Mode(needed=0o400),
        _("File mode"),
        _(
            "Permissions of the copies that StashHog makes, as chmod takes them, such as 664; none: as the system "
            "makes them. Those of a hard link are never changed, since it is the torrent's own file, nor are those of "
            "a file that is moved on one disk"
        ),
        group=FILES, pinned=True,
    )  # fmt: skip
    folder_mode: int | None = setting(
        Mode(needed=0o700, most=0o3777), _("Folder mode"),
        _("Permissions of the folders that StashHog makes, such as 2775; none: as the system makes them"),
        group=FILES, pinned=True,
    )  # fmt: skip
    file_group: str = setting(
        FileGroup(),
        _("Group"),
        _(
            "Name or number of the group of the copies and folders that StashHog makes; the user that it runs as must "
            "be in it. none: as the system makes them"
        ),
        group=FILES, pinned=True,
    )  # fmt: skip
    video_extensions: frozenset[str] = setting(
        Extensions(VIDEO_EXTENSIONS, needed=True),
        _("Video extensions"),
        _(
            "Only files that end so are taken, of those that Stash takes for videos: such as mp4,mkv. The word default "
            "stands for all usual ones. Empty: all that Stash scans by its own settings"
        ),
        group=FILES,
        pinned=True,
    )
    sidecar_extensions: frozenset[str] = setting(
        Extensions(SIDECAR_EXTENSIONS),
        _("Sidecars"),
        _(
            "How files end that go with the video whose name they have, such as subtitles. The word default stands for "
            "the usual ones, as in default,nfo; none: videos only"
        ),
        group=FILES,
        default=SIDECAR_EXTENSIONS,
        variable="SIDECARS",
        pinned=True,
    )
    rubbish: NamePatterns = setting(
        Patterns(RUBBISH),
        _("Rubbish"),
        _(
            "Names of files that are worth nothing, with commas between them: * stands for any letters, ? for one, and "
            "what ends with / is a folder, such as extras/. The word default stands for the whole default list, as in "
            "default,*.iso; none: everything is of worth. What would fit every file is refused"
        ),
        group=FILES,
        default=RUBBISH,
        pinned=True,
    )
    samples: NamePatterns = setting(
        Patterns(SAMPLES),
        _("Samples"),
        _(
            "Names of samples and extras, written likewise. Such a file is not wanted if it has less than a tenth of "
            "the biggest video, or of all archives; none: they are placed like others"
        ),
        group=FILES,
        default=SAMPLES,
        pinned=True,
    )
    min_duration_seconds: float = setting(
        Number(unit=SECONDS), _("Shortest video"), _("Shorter ones are not wanted. 0: any length"),
        group=FILES, default="0", variable="MIN_DURATION", pinned=True,
    )  # fmt: skip
    max_item_attempts: int = setting(
        Number(1, 100, whole=True),
        _("Attempts until quarantine"),
        _(
            "After so many failures a file, scan, analysis, change or preview is left alone until a person releases "
            "it. A disk that is away, full or read-only, ours or Stash's, costs none"
        ),
        group=FILES,
        default="3",
        old_variable="MAX_TRIES",
        pinned=True,
    )
    not_visible_days: float = setting(
        Number(0, 3650, unit=DAYS), _("Wait for missing files"),
        _(
            "How long a file that qBittorrent has, and that is not all there yet, is waited for; then a person has to "
            "look"
        ),
        group=FILES, default="7", pinned=True,
    )  # fmt: skip
