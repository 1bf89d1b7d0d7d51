"""What an answer of Stash lacks although we know it: destroyed there, or left out by an odd, short answer."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes.plans.decisions import WriteDecision

NAMED = 3  # scenes, in the message


def missing_in_stash(decisions: Sequence[WriteDecision]) -> JobError:
    """The transient error for changes that were left approved for that."""
    scenes = sorted({decision.change.scene_id for decision in decisions})
    named = ", ".join(map(str, scenes[:NAMED])) + (" …" if len(scenes) > NAMED else "")
    what = _("{scenes} ({ids})", scenes=quantity(len(scenes), "scene"), ids=named)
    if len(scenes) == 1:
        what = _("the scene {id}", id=named)
    message = _(
        "Stash did not show {what}, or the tag of a marker there, of which we know. Either that was "
        "destroyed in Stash, or Stash does not show its whole library. These changes are kept, all "
        "others were written: the next sync decides which it is, and the next run goes on.",
        what=what,
    )
    return JobError("missing_in_stash", message)
