"""What the tasks import where they run (see `scenes.tasks`): a cluster loads this before it forks its workers."""

from scenes import items, sync
from scenes.analysis import analysing, backoff, details, media, names, scene_inputs
from scenes.analysis.language_model import detector as language_model
from scenes.analysis.video_tags import detector as video_tags
from scenes.clients.llm import client as llm
from scenes.clients.qbittorrent import client as qbittorrent
from scenes.clients.stash import client as stash
from scenes.clients.stash import documents as stash_documents
from scenes.clients.tagger import client as tagger
from scenes.downloads import processing
from scenes.dry_run import items as dry_run_items
from scenes.dry_run import later_steps as dry_run_steps
from scenes.plans import applying, guard
from scenes.plans.reverting import reverting
from scenes.rules import trying
from scenes.stash import generation, scanning
from scenes.stash.stash_tasks import attempt as stash_tasks

__all__ = [
    "analysing", "applying", "backoff", "details", "dry_run_items", "dry_run_steps", "generation", "guard",
    "items", "language_model", "llm", "media", "names", "processing", "qbittorrent", "reverting", "scanning",
    "scene_inputs", "stash", "stash_documents", "stash_tasks", "sync", "tagger", "trying", "video_tags",
]  # fmt: skip

stash_documents.names()  # parses them
