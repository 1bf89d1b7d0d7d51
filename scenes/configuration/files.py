"""The settings of which files are placed, where, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_noop as _

from scenes.configuration.access_kinds import FileGroup, Mode
from scenes.configuration.declaring import setting
from scenes.configuration.kinds import Choice, Extensions, Folder, Number, PathMapping, Patterns
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
        _("Folder to place files in, as StashHog sees it. It must be one of Stash's library folders, or lie in one"),
        group=LIBRARY,
        pinned=True,
    )
    path_map: PathMap = setting(
        PathMapping(),
        _("Path mapping"),
        _(
            "Where the same folder has another path elsewhere: service:their prefix=our prefix, separated by "
            "semicolons. Services are qbittorrent, stash, tagger. The longest prefix wins, whole path components only. "
            r"Their side may be a path of Windows: tagger:D:\media=/mnt/library, stash:\\nas\films=/mnt/films"
        ),
        group=LIBRARY,
    )
    first_run: str = setting(
        Choice(FIRST_RUNS),
        _("First run"),
        _(
            "Decides for a start without people what to do with what is there already: take has the finished torrents "
            "handled and the scenes analysed; handled leaves both alone. When empty, a person is asked, if there is "
            "anything; what was decided once is not decided again"
        ),
        group=LIBRARY,
    )
    first_run_scenes: int = setting(
        Number(0, 1_000_000, whole=True),
        _("Scenes of the first run"),
        _("With take: most scenes that were there before which one run analyses, after the new ones; 0: all of them"),
        group=LIBRARY,
        default="0",
    )
    link_mode: str = setting(
        Choice(LINK_MODES),
        _("Link mode"),
        _(
            "hardlink never copies by itself; hardlink_or_copy says and counts each copy; copy; move takes the "
            "torrent out of qBittorrent first; with something of worth in it that is not placed, it stays there and "
            "its videos are linked"
        ),
        group=FILES,
        default="hardlink",
        pinned=True,
    )
    torrent_folder: str = setting(
        Choice(TORRENT_FOLDERS),
        _("Torrent folder"),
        _(
            "Which torrents without a folder of their own get one in the library, with the torrent's name: several, "
            "those of more than one file; several_or_unclear, also a single file whose name says nothing, such as "
            "1080p.mp4, video.mp4 or 00001.m2ts, if the torrent's name says more; always; never. What is placed stays "
            "where it is"
        ),
        group=FILES,
        default="several",
        pinned=True,
    )
    cleanup: str = setting(
        Choice(CLEANUPS),
        _("Clean-up"),
        _(
            "After a torrent is handled: keep it, remove_torrent (its files stay) or remove_torrent_and_files; either "
            "only when everything of worth in it is safe in the library"
        ),
        group=FILES,
        default="keep",
        pinned=True,
    )
    file_mode: int | None = setting(
        Mode(needed=0o400),
        _("File mode"),
        _(
            "Permissions, in octal digits such as 664, of files that StashHog makes: copies. A hard link has those of "
            "the torrent's file, since it is the same file, which is seeded, so they are never changed; neither is a "
            "file that is moved by its name alone. none: as the system makes them"
        ),
        group=FILES, pinned=True,
    )  # fmt: skip
    folder_mode: int | None = setting(
        Mode(needed=0o700, most=0o3777), _("Folder mode"),
        _("Likewise, of folders that StashHog makes, such as 2775"), group=FILES, pinned=True,
    )  # fmt: skip
    file_group: str = setting(
        FileGroup(),
        _("Group"),
        _(
            "Name or number of the group that copies and folders get that StashHog makes; its user must be in that "
            "group. none: as the system makes them"
        ),
        group=FILES, pinned=True,
    )  # fmt: skip
    video_extensions: frozenset[str] = setting(
        Extensions(VIDEO_EXTENSIONS, needed=True),
        _("Video extensions"),
        _(
            "Only files with these extensions, of those that Stash takes for videos (commas; default in it stands for "
            "all that are usual). Without any: all that Stash scans by its own settings, which this does not widen"
        ),
        group=FILES,
        pinned=True,
    )
    sidecar_extensions: frozenset[str] = setting(
        Extensions(SIDECAR_EXTENSIONS),
        _("Sidecars"),
        _(
            "Extensions of files that go with the video whose name they have; add nfo, or jpg and png for covers, or "
            "ass, as in default,nfo; none: videos only"
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
            "Patterns of file names that are worth nothing (commas, * and ?, upper or lower case alike), and with a / "
            "at the end of folders: extras/. The word default in it stands for the whole default list, as in "
            "default,*.iso; none: nothing is. A pattern that fits every file is refused"
        ),
        group=FILES,
        default=RUBBISH,
        pinned=True,
    )
    samples: NamePatterns = setting(
        Patterns(SAMPLES),
        _("Samples"),
        _(
            "Likewise, of samples and extras, also videos: not wanted, and worth nothing, with less than a tenth of "
            "the biggest video, or of all archives; none: they are placed like others"
        ),
        group=FILES,
        default=SAMPLES,
        pinned=True,
    )
    min_duration_seconds: float = setting(
        Number(), _("Shortest video"), _("Seconds; shorter videos are not wanted. 0 asks no file"),
        group=FILES, default="0", variable="MIN_DURATION", pinned=True,
    )  # fmt: skip
    max_item_attempts: int = setting(
        Number(1, 100, whole=True),
        _("Attempts until quarantine"),
        _(
            "Failed attempts of a file, scan, detection, change or preview before it is quarantined; a disk that is "
            "away, full or read-only, ours or Stash's, costs none"
        ),
        group=FILES,
        default="3",
        old_variable="MAX_TRIES",
        pinned=True,
    )
    not_visible_days: float = setting(
        Number(0, 3650), _("Days that a file may stay away"),
        _("Days that a file of qBittorrent's that is not all there yet is waited for; then a person has to look"),
        group=FILES, default="7", pinned=True,
    )  # fmt: skip
