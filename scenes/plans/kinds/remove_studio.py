"""remove_studio {"id", "name"}: the scene has this studio no longer, and none.

before {"studio_id"}: null where it had none · after {"studio_id": null}
"""

from __future__ import annotations

from scenes.models import Change
from scenes.plans.kinds.kind import Inverse
from scenes.plans.kinds.scene_studio import ChangesStudio


class RemoveStudio(ChangesStudio):
    """Removes the studio, unless the scene has another one."""

    def wanted(self, change: Change) -> None:
        return None

    def inverse(self, change: Change) -> Inverse:
        return Inverse(Change.Kind.SET_STUDIO, change.value)
