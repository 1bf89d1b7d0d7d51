"""The rows of the library, of downloads, of analysis and its plans, and of what was asked of Stash."""

from scenes.models.downloads import Download, Outcome, PlacedFile, RefusedLogin
from scenes.models.library import Marker, Performer, Scene, SceneFile, Studio, Tag
from scenes.models.places import OutputKind, Place
from scenes.models.plans import Change, Detection, Plan
from scenes.models.settings import Setting
from scenes.models.stash import StashJob, SyncState

__all__ = [
    "Change",
    "Detection",
    "Download",
    "Marker",
    "Outcome",
    "OutputKind",
    "Performer",
    "Place",
    "PlacedFile",
    "Plan",
    "RefusedLogin",
    "Scene",
    "SceneFile",
    "Setting",
    "StashJob",
    "Studio",
    "SyncState",
    "Tag",
]
