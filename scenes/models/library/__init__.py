"""The library: our copy of Stash. Primary keys are Stash's own ids, which it never uses twice."""

from scenes.models.library.names import NamedModel, Performer, Studio, Tag
from scenes.models.library.parts import Marker, SceneFile, ScenePerformer, SceneTag
from scenes.models.library.scenes import Scene, SceneQuerySet

__all__ = [
    "Marker",
    "NamedModel",
    "Performer",
    "Scene",
    "SceneFile",
    "ScenePerformer",
    "SceneQuerySet",
    "SceneTag",
    "Studio",
    "Tag",
]
