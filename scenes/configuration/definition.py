"""The settings of StashHog: what each is called, may hold and is for. This is the one place that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from django.utils.translation import gettext_noop as _

from scenes.configuration.access_kinds import Group, Mode
from scenes.configuration.declaring import declared_in, setting
from scenes.configuration.defaults import RUBBISH, SAMPLES, SIDECAR_EXTENSIONS, VIDEO_EXTENSIONS
from scenes.configuration.destinations import DestinationRow, Destinations, destinations_of
from scenes.configuration.kinds import (
    Choice,
    Extensions,
    Folder,
    Kind,
    Number,
    PathMapping,
    Patterns,
    Secret,
    Tag,
    Url,
    Urls,
    Words,
    WordSet,
)
from scenes.configuration.media_tags import ANALYSIS, MediaTagNames
from scenes.configuration.operation import OPERATION, OperationSettings
from scenes.configuration.run_defaults import RUNS, RunDefaults
from scenes.configuration.stash_tasks import STASH_TASKS, StashTaskSettings
from scenes.env import Env
from scenes.name_patterns import NamePatterns
from scenes.paths import PathMap

ORGANIZED = ("leave", "tag")
LINK_MODES = ("hardlink", "hardlink_or_copy", "copy", "move")
TORRENT_FOLDERS = ("never", "several", "several_or_unclear", "always")
FIRST_RUNS = ("take", "handled")
CLEANUPS = ("keep", "remove_torrent", "remove_torrent_and_files")
GENERATES = (
    "covers", "sprites", "previews", "imagePreviews", "phashes", "markers", "markerImagePreviews", "markerScreenshots",
)  # fmt: skip

LLM_NAMES = ("performers", "studios", "tags")

STASH, QBITTORRENT, TAGGER, LANGUAGE_MODEL = "stash", "qbittorrent", "tagger", "language_model"
SERVICES = (STASH, QBITTORRENT, TAGGER, LANGUAGE_MODEL)
LIBRARY, FILES, PREVIEWS = "library", "files", "previews"
GROUPS = {
    STASH: "Stash",
    QBITTORRENT: "qBittorrent",
    TAGGER: _("Video tagger"),
    LANGUAGE_MODEL: _("Language model"),
    ANALYSIS: _("Analysis"),
    LIBRARY: _("Library and paths"),
    FILES: _("How files are placed"),
    PREVIEWS: _("Previews"),
    RUNS: _("Runs"),
    STASH_TASKS: _("Tasks of Stash"),
    OPERATION: _("Notifications and metrics"),
}


@dataclass(frozen=True)
class Configuration(RunDefaults, MediaTagNames, StashTaskSettings, OperationSettings):
    """All that the sub-jobs need to know, typed. Secrets are left out of the repr.

    ``unusable``: what is stored and can't be used, so that it counts as unset, by key: a sentence each.
    """

    stash_url: str = setting(Url(), _("Stash address"), _("Address of Stash, such as http://nas:9999"), group=STASH)
    stash_api_key: str = setting(
        Secret(ascii=True),
        _("Stash API key"),
        _("Its API key (Settings, Security), if it asks for a login"),
        group=STASH,
    )
    stash_public_url: str = setting(
        Url(),
        _("Stash address for people"),
        _("Address of Stash as browsers reach it, for “Open in Stash”; the Stash address when empty"),
        group=STASH,
    )
    stash_poll: float = setting(
        Number(0.05, 60), _("Poll interval"), _("Seconds between two looks at a job of Stash"),
        group=STASH, default="1",
    )  # fmt: skip
    qbittorrent_url: str = setting(
        Url(),
        _("qBittorrent address"),
        _("Address of qBittorrent's Web UI, such as http://nas:8080"),
        group=QBITTORRENT,
    )
    qbittorrent_username: str = setting(Kind(), _("qBittorrent user name"), _("Of its login"), group=QBITTORRENT)
    qbittorrent_password: str = setting(
        Secret(),
        _("qBittorrent password"),
        _(
            "Of its login. A refused login is tried once and then not again until address, user name or password "
            "change: five failures would ban the address for an hour"
        ),
        group=QBITTORRENT,
    )
    qbittorrent_category: str = setting(
        Kind(),
        _("qBittorrent category"),
        _(
            "Only torrents of this category and of those below it (xxx takes xxx/vr, not xxxvr); several with commas. "
            "One that qBittorrent does not have is said by each run"
        ),
        group=QBITTORRENT,
        pinned=True,
    )
    qbittorrent_tags: tuple[str, ...] = setting(
        Words(),
        _("qBittorrent tags"),
        _("Only torrents with all of these tags (commas); one that qBittorrent does not have is said by each run"),
        group=QBITTORRENT,
        pinned=True,
    )
    qbittorrent_handled_tag: str = setting(
        Tag(), _("Handled tag"), _("Tag that handled torrents get; none when empty"), group=QBITTORRENT, pinned=True
    )
    tagger_url: str = setting(
        Urls(),
        _("Tagger address"),
        _(
            "Address of the video tagger server; without one, only names are looked for. Several with commas: each "
            "film goes to the one that has least to do"
        ),
        group=TAGGER,
    )
    tagger_parallel: int = setting(
        Number(1, 100, whole=True),
        _("Films at once"),
        _("How many films the taggers are asked for at once in all, by all batches, workers and hosts together"),
        group=TAGGER,
        default="2",
    )
    tagger_timeout: float = setting(
        Number(1), _("Tagger time limit"), _("Seconds for one video"), group=TAGGER, default="3700"
    )
    tagger_frame_interval: float = setting(
        Number(0.05, 3600), _("Tagger frame interval"), _("Seconds between two frames that it looks at"),
        group=TAGGER, default="2", pinned=True,
    )  # fmt: skip
    tagger_threshold: float = setting(
        Number(0, 1), _("Tagger threshold"), _("Least confidence, 0 to 1"), group=TAGGER, default="0.3", pinned=True
    )
    vr_tags: tuple[str, ...] = setting(
        Words(),
        _("VR tags"),
        _(
            "Scenes with one of these tags (commas) are films for VR glasses to the tagger, beside those with the VR "
            "tag that is set in Stash's own interface"
        ),
        group=TAGGER,
        pinned=True,
    )
    tag_suffix: str = setting(
        Kind(), _("Tag suffix"), _("Ending of the names of tags that the tagger gave"),
        group=TAGGER, default="_AI", pinned=True,
    )  # fmt: skip
    organized_scenes: str = setting(
        Choice(ORGANIZED),
        _("Organized scenes"),
        _("What the tagger does with scenes that are marked organized in Stash: leave them to their owner, or tag them "
        "like others. Names are never looked for in them"),
        group=TAGGER, default="leave", pinned=True,
    )  # fmt: skip
    max_markers: int = setting(
        Number(0, 10_000, whole=True), _("Most markers"),
        _("Of a film, for each half hour of it: those stay whose tag was seen for longest; 0: all of them"),
        group=TAGGER, default="40", pinned=True,
    )  # fmt: skip
    llm_url: str = setting(
        Url(),
        _("Language model address"),
        _(
            "Address of an OpenAI-compatible server, local or not, with its /v1, such as http://nas:11434/v1. Of each "
            "scene that is asked for, its title, its path below the library folder and its details leave this machine "
            "for there, and nothing else"
        ),
        group=LANGUAGE_MODEL,
    )
    llm_api_key: str = setting(
        Secret(ascii=True), _("Language model API key"), _("If it wants one"), group=LANGUAGE_MODEL
    )
    llm_model: str = setting(
        Kind(), _("Language model"), _("The name of the model, as the server has it"), group=LANGUAGE_MODEL
    )
    llm_names: frozenset[str] = setting(
        WordSet(LLM_NAMES),
        _("Names to ask for"),
        _(
            "Which names it is asked for, once a scene (commas), of {options}, when detect_names_by_llm is among the "
            "detectors. What it answers counts only where the library has that name and the texts resemble it"
        ),
        group=LANGUAGE_MODEL,
        default=",".join(LLM_NAMES),
        pinned=True,
    )
    llm_prompt_price: float = setting(
        Number(0, 1_000_000), _("Price of tokens told"), _("Of a million; 0 for a server of your own"),
        group=LANGUAGE_MODEL, default="0",
    )  # fmt: skip
    llm_completion_price: float = setting(
        Number(0, 1_000_000), _("Price of tokens answered"), _("Of a million; 0 for a server of your own"),
        group=LANGUAGE_MODEL, default="0",
    )  # fmt: skip
    llm_monthly_limit: float = setting(
        Number(0, 1_000_000), _("Limit of a month"),
        _("What the questions of a calendar month may cost, by these prices"),
        group=LANGUAGE_MODEL, default="5",
    )  # fmt: skip
    llm_timeout: float = setting(
        Number(1, 600), _("Language model time limit"), _("Seconds for one answer"), group=LANGUAGE_MODEL, default="60"
    )
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
        Group(),
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
    generate: frozenset[str] = setting(
        WordSet(GENERATES), _("Generated output"), _("What Stash generates (commas), of {options}"),
        group=PREVIEWS, default="covers,previews,sprites,phashes", pinned=True,
    )  # fmt: skip
    generate_seconds: float = setting(
        Number(1), _("Time box of generating"),
        _("Seconds, from the start of the job on; the rest comes in the next run"),
        group=PREVIEWS, default="21600", pinned=True,
    )  # fmt: skip
    destination_rows: tuple[DestinationRow, ...] = ()
    unusable: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def tagger_urls(self) -> tuple[str, ...]:
        """The addresses of all taggers, each once."""
        return tuple(dict.fromkeys(filter(None, (url.strip() for url in self.tagger_url.split(",")))))

    @cached_property
    def destinations(self) -> Destinations:
        """Where files go: the rows, and the one by default that these settings make."""
        return destinations_of(self, DECLARED)


DECLARED = declared_in(Configuration)


def read(env: Env) -> Configuration:
    """The configuration that the variables in ``env`` give. Raises ImproperlyConfigured with what to fix."""
    return Configuration(**{one.key: one.read(one.in_environment(env.values)) for one in DECLARED.values()})
