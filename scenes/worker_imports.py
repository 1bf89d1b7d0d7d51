"""What the tasks import where they run (see `scenes.tasks`): a cluster loads this before it forks its workers."""

from scenes import sync
from scenes.analysis import analysing, names, patience, subjects, video
from scenes.clients import qbittorrent, stash, stash_documents, tagger
from scenes.downloads import processing
from scenes.plans import applying, guard
from scenes.stash import generation, scanning

__all__ = [
    "analysing", "applying", "generation", "guard", "names", "patience", "processing", "qbittorrent", "scanning",
    "stash", "stash_documents", "subjects", "sync", "tagger", "video",
]  # fmt: skip

stash_documents.names()  # parses them
