"""What StashHog was told about the services and the library: environment variables, checked and typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from scenes.env import Env, refused
from scenes.name_patterns import NamePatterns
from scenes.paths import PathMap

VIDEO_EXTENSIONS = "mp4,mkv,avi,mov,wmv,m4v,webm,flv,mpg,mpeg,ts,m2ts,mts,3gp,ogv,vob,divx,asf,rmvb,f4v"

SIDECAR_EXTENSIONS = "funscript,srt,vtt"  # that Stash reads beside a video
# What comes with downloads and is worth nothing: whatever is not listed is worth keeping.
RUBBISH = (
    "*.nfo,*.diz,*.txt,*.url,*.website,*.webloc,*.lnk,*.htm,*.html,*.exe,*.bat,*.cmd,*.msi,*.scr,*.sfv,*.md5,*.srr,"
    "cover.jpg,cover.jpeg,cover.png,cover.webp,folder.jpg,folder.jpeg,folder.png,folder.webp,"
    "poster.jpg,poster.jpeg,poster.png,poster.webp"
)
SAMPLES = "sample/,samples/,sample.*,sample-*,*-sample.*,*.sample.*,*_sample.*"

EXTENSION = re.compile(r"[^\s./\\*?\[\]]+")  # without its dot


@dataclass(frozen=True)
class Configuration:
    """All that the sub-jobs need to know. Secrets are left out of the repr."""

    stash_url: str = ""
    stash_api_key: str = field(default="", repr=False)
    qbittorrent_url: str = ""
    qbittorrent_username: str = ""
    qbittorrent_password: str = field(default="", repr=False)
    qbittorrent_category: str = ""
    qbittorrent_tags: tuple[str, ...] = ()
    qbittorrent_handled_tag: str = ""
    tagger_url: str = ""
    library_path: Path | None = None
    link_mode: str = "hardlink"
    cleanup: str = "keep"
    min_duration_seconds: float = 0
    video_extensions: frozenset[str] = frozenset(VIDEO_EXTENSIONS.split(","))
    sidecar_extensions: frozenset[str] = frozenset(SIDECAR_EXTENSIONS.split(","))
    rubbish: NamePatterns = field(default_factory=lambda: NamePatterns(tuple(RUBBISH.split(","))))
    samples: NamePatterns = field(default_factory=lambda: NamePatterns(tuple(SAMPLES.split(","))))
    path_map: PathMap = field(default_factory=PathMap)
    max_tries: int = 3
    tag_suffix: str = "_AI"
    tag_allow: frozenset[str] = frozenset()
    tag_deny: frozenset[str] = frozenset()
    tag_rename: tuple[tuple[str, str], ...] = ()
    tagger_frame_interval: float = 2.0  # seconds
    tagger_threshold: float = 0.3  # 0…1
    tagger_timeout: float = 3700  # seconds
    marker_min_seconds: float = 0
    generate: frozenset[str] = frozenset({"covers", "previews", "sprites", "phashes"})
    generate_seconds: float = 6 * 3600  # a time box
    stash_poll: float = 1.0  # seconds between two looks at a job of Stash


LINK_MODES = {"hardlink", "hardlink_or_copy", "copy", "move"}
CLEANUPS = {"keep", "remove_torrent", "remove_torrent_and_files"}
GENERATES = {
    "covers", "sprites", "previews", "imagePreviews", "phashes", "markers", "markerImagePreviews", "markerScreenshots",
}  # fmt: skip


def read(env: Env) -> Configuration:
    """The configuration that ``env`` gives. Raises ImproperlyConfigured with what to fix."""
    return Configuration(
        stash_url=env.url("STASHHOG_STASH_URL"),
        stash_api_key=env.text("STASHHOG_STASH_API_KEY"),
        qbittorrent_url=env.url("STASHHOG_QBITTORRENT_URL"),
        qbittorrent_username=env.text("STASHHOG_QBITTORRENT_USERNAME"),
        qbittorrent_password=env.text("STASHHOG_QBITTORRENT_PASSWORD"),
        qbittorrent_category=env.text("STASHHOG_QBITTORRENT_CATEGORY"),
        qbittorrent_tags=tuple(env.names("STASHHOG_QBITTORRENT_TAGS")),
        qbittorrent_handled_tag=env.text("STASHHOG_QBITTORRENT_HANDLED_TAG"),
        tagger_url=env.url("STASHHOG_TAGGER_URL"),
        library_path=env.folder("STASHHOG_LIBRARY_PATH"),
        link_mode=env.choice("STASHHOG_LINK_MODE", LINK_MODES, "hardlink"),
        cleanup=env.choice("STASHHOG_CLEANUP", CLEANUPS, "keep"),
        min_duration_seconds=env.number("STASHHOG_MIN_DURATION", 0),
        video_extensions=_extensions(env, "STASHHOG_VIDEO_EXTENSIONS", VIDEO_EXTENSIONS),
        sidecar_extensions=_extensions(env, "STASHHOG_SIDECARS", SIDECAR_EXTENSIONS) - {"none"},
        rubbish=_patterns(env, "STASHHOG_RUBBISH", RUBBISH),
        samples=_patterns(env, "STASHHOG_SAMPLES", SAMPLES),
        path_map=PathMap.parse(env.text("STASHHOG_PATH_MAP")),
        max_tries=env.integer("STASHHOG_MAX_TRIES", 3, low=1, high=100),
        tag_suffix=env.text("STASHHOG_TAG_SUFFIX", "_AI"),
        tag_allow=frozenset(env.names("STASHHOG_TAG_ALLOW")),
        tag_deny=frozenset(env.names("STASHHOG_TAG_DENY")),
        tag_rename=env.pairs("STASHHOG_TAG_RENAME"),
        tagger_frame_interval=env.number("STASHHOG_TAGGER_FRAME_INTERVAL", 2.0, low=0.05, high=3600),
        tagger_threshold=env.number("STASHHOG_TAGGER_THRESHOLD", 0.3, high=1),
        tagger_timeout=env.number("STASHHOG_TAGGER_TIMEOUT", 3700, low=1),
        marker_min_seconds=env.number("STASHHOG_MARKER_MIN_SECONDS", 0),
        generate=frozenset(env.some_of("STASHHOG_GENERATE", GENERATES, "covers,previews,sprites,phashes")),
        generate_seconds=env.number("STASHHOG_GENERATE_SECONDS", 6 * 3600, low=1),
        stash_poll=env.number("STASHHOG_STASH_POLL", 1.0, low=0.05, high=60),
    )


def _extensions(env: Env, name: str, default: str) -> frozenset[str]:
    """Written as ``srt``, ``.srt`` or ``*.srt``. Raises ImproperlyConfigured."""
    words = _words(env, name, default)
    extensions = [word.lower().removeprefix("*").removeprefix(".") for word in words]
    for word, extension in zip(words, extensions, strict=True):
        if not EXTENSION.fullmatch(extension):
            raise refused(name, word, "give extensions of file names, such as mp4")
    return frozenset(extensions)


def _patterns(env: Env, name: str, default: str) -> NamePatterns:
    return NamePatterns.parse(name, _words(env, name, default))


def _words(env: Env, name: str, default: str) -> list[str]:
    """Separated by commas; the word ``default`` among them stands for all those of the default list."""
    given = [default if word.lower() == "default" else word for word in env.names(name, default)]
    return ",".join(given).split(",") if given else []


@lru_cache(maxsize=1)
def current() -> Configuration:
    """The process's own configuration; tests replace it with `override` of tests/factories."""
    return read(Env())
