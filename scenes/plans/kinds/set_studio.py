"""set_studio {"id", "name"}: a scene without a studio gets one.

before {"studio_id"}: null, or the same studio, so that nothing was written · after {"studio_id"}
"""

from __future__ import annotations

from scenes.models import Change
from scenes.plans.kinds.kind import Inverse
from scenes.plans.kinds.scene_studio import ChangesStudio


class SetStudio(ChangesStudio):
    """Sets the studio, unless the scene has another one."""

    def wanted(self, change: Change) -> int:
        studio_id: int = change.value["id"]
        return studio_id

    def inverse(self, change: Change) -> Inverse:
        return Inverse(Change.Kind.REMOVE_STUDIO, change.value)
