"""Names of the library's tags, performers and studios in a scene's title, details and path."""

from scenes.analysis.names.detector import NameDetector, path_texts
from scenes.analysis.names.performers import PerformerNames
from scenes.analysis.names.studios import StudioNames
from scenes.analysis.names.tags import TagNames

__all__ = ["NameDetector", "PerformerNames", "StudioNames", "TagNames", "path_texts"]
