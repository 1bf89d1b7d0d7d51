"""The rows of the library, of downloads, of analysis and its plans, and of what was asked of Stash."""

from scenes.models.attempts import BAD, HANDLED, TO_DO, Attempts, Outcome, attempted
from scenes.models.destinations import Destination
from scenes.models.downloads import Download, PlacedFile, RefusedLogin
from scenes.models.dry_runs import DryRunItem
from scenes.models.first_run import FirstRunDecision
from scenes.models.language_model import LanguageModelQuestion
from scenes.models.last_found import LastFound
from scenes.models.library import Marker, Performer, Scene, SceneFile, Studio, Tag
from scenes.models.places import OutputKind, Place
from scenes.models.plans import Change, Detection, Plan
from scenes.models.rules import TagRule
from scenes.models.settings import Setting
from scenes.models.stash import Generation, Scan, StashJob, SyncState
from scenes.models.stash_tasks import StashTask
from scenes.models.tagger import TaggerCategory, TaggerModel, TaggerModelSet, TaggerResult, TaggerSlot

__all__ = [
    "BAD",
    "HANDLED",
    "TO_DO",
    "Attempts",
    "Change",
    "Destination",
    "Detection",
    "Download",
    "DryRunItem",
    "FirstRunDecision",
    "Generation",
    "LanguageModelQuestion",
    "LastFound",
    "Marker",
    "Outcome",
    "OutputKind",
    "Performer",
    "Place",
    "PlacedFile",
    "Plan",
    "RefusedLogin",
    "Scan",
    "Scene",
    "SceneFile",
    "Setting",
    "StashJob",
    "StashTask",
    "Studio",
    "SyncState",
    "Tag",
    "TagRule",
    "TaggerCategory",
    "TaggerModel",
    "TaggerModelSet",
    "TaggerResult",
    "TaggerSlot",
    "attempted",
]
