"""Stash, the media library that StashHog keeps up to date.

``StashClient`` is put together of one idea a module: ``transport`` (a request), ``reading`` and ``listing`` (the
sync), ``writing`` (changes), ``jobs`` (scan and generate), ``tasks`` (identify and plugins), and here the server
itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NotRequired
from urllib.parse import parse_qsl, urlencode, urlsplit

from typing_extensions import TypedDict

from jobs.texts.translatable import Translatable as _
from scenes.clients.base import ServiceError
from scenes.clients.stash.jobs import GenerateOptions, LogLine, StashJobState
from scenes.clients.stash.listing import StashListing
from scenes.clients.stash.reading import PAGE, CountAnswer, safe_since
from scenes.clients.stash.tasks import IdentifySettings, SceneIds, StashTasks
from scenes.clients.stash.transport import PER_REQUEST, ItemResult
from scenes.clients.stash.writing import NewMarker, PerformerChange, SceneChange, StashWriting, TagChange

__all__ = [
    "PAGE",
    "PER_REQUEST",
    "About",
    "GenerateOptions",
    "IdentifySettings",
    "ItemResult",
    "LibraryFolder",
    "LogLine",
    "NewMarker",
    "PerformerChange",
    "ScanSettings",
    "SceneChange",
    "SceneIds",
    "ServiceError",
    "StashClient",
    "StashJobState",
    "TagChange",
    "safe_since",
]


@dataclass(frozen=True)
class LibraryFolder:
    """A folder of Stash's library, as Stash sees it."""

    path: str
    exclude_video: bool
    exclude_image: bool = False


@dataclass(frozen=True)
class ScanSettings:
    """What Stash scans, and how. Extensions without dots; excludes are Go's regular expressions, matched with paths."""

    folders: list[LibraryFolder]
    video_extensions: list[str]
    gallery_extensions: list[str]
    excludes: list[str]
    image_excludes: list[str]
    vr_tag: str = ""  # of scenes that its player shows as films for VR glasses: a name


MAX_TAG = 1000  # characters of its name


@dataclass(frozen=True)
class About:
    """What a Stash is and has. ``version``: "" for a build of one's own."""

    version: str
    folders: list[LibraryFolder]
    video_extensions: list[str]
    scenes: int


class VersionNumber(TypedDict):
    version: str | None


class VersionAnswer(TypedDict):
    version: VersionNumber


class ConfigurationAnswer(TypedDict):
    general: ScanSettings
    ui: NotRequired[Any]  # a free map of the settings of its pages


class LibrariesAnswer(TypedDict):
    configuration: ConfigurationAnswer


class GeneralAbout(TypedDict):
    stashes: list[LibraryFolder]
    video_extensions: list[str]


class ConfigurationAbout(TypedDict):
    general: GeneralAbout


class AboutAnswer(VersionAnswer):
    configuration: ConfigurationAbout
    scenes: CountAnswer


class StashClient(StashListing, StashWriting, StashTasks):
    """One Stash. Every method raises ServiceError; codes are in ``base`` and ``transport``."""

    def version(self) -> str:
        """For people, such as "v0.30.1"; "" for a build of one's own."""
        return self.ask("Version", VersionAnswer)["version"]["version"] or ""

    def about(self) -> About:
        """For a connection test, in one request."""
        answer = self.ask("About", AboutAnswer)
        general = answer["configuration"]["general"]
        version = answer["version"]["version"] or ""
        return About(version, general["stashes"], general["video_extensions"], answer["scenes"]["count"])

    def scan_settings(self) -> ScanSettings:
        """What it scans, and where."""
        configuration = self.ask("Libraries", LibrariesAnswer)["configuration"]
        ui = configuration.get("ui")
        vr_tag = ui.get("vrTag") if isinstance(ui, dict) else None
        return replace(configuration["general"], vr_tag=vr_tag[:MAX_TAG] if isinstance(vr_tag, str) else "")

    def output_exists(self, url: str) -> bool:
        """Whether the preview or sprite at ``url`` (of a scene's ``paths``) has been generated.

        Stash builds these addresses from the Host header of whoever asked, so only the part that names the
        output is used, on the address of the settings: the key goes nowhere else.
        """
        parts = urlsplit(url)
        start = parts.path.find("/scene/")
        if start < 0:
            raise self.error("bad_answer", _("gave an address of an output that is none of a scene."))
        query = [(name, value) for name, value in parse_qsl(parts.query) if name.lower() != "apikey"]
        path = parts.path[start:] + (f"?{urlencode(query)}" if query else "")
        answer = self.request("GET", path, headers={"Range": "bytes=0-0"}, with_body=False)
        if answer.status in (404, 416):  # 416: an empty file
            return False
        if answer.status == 302 and urlsplit(answer.location).path.endswith("/login"):
            raise self.error("unauthorized", _("wants a login."), self.unauthorized_hint, permanent=True)
        self.check_status(answer)
        return True
