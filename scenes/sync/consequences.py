"""What comes of accepting that scenes are gone, or that Stash has another library, for whoever is asked."""

from __future__ import annotations

from django.utils.translation import gettext

from jobs.texts.words import counted
from scenes.models import Change, Scene, SyncState


def of_missing() -> str:
    count = len(SyncState.peek().missing_ids)
    text = gettext(
        "The next sync marks {scenes} as deleted, if Stash still does not have them. Their history stays; Stash itself "
        "and all files stay as they are."
    )
    return text.format(scenes=counted(count, "scene"))


def of_forgetting() -> str:
    scenes, changes = Scene.objects.count(), Change.objects.count()
    text = gettext(
        "Our copy of the old library goes: {scenes}, with what was analysed of them and {changes}, so that none of "
        "these can be taken back any more; and all tags, performers, studios and markers. Stash itself and all files "
        "stay as they are: the next sync copies what Stash has now."
    )
    return text.format(scenes=counted(scenes, "scene"), changes=counted(changes, "change"))


def missing_message(count: int) -> str:
    return gettext("{count} accepted as gone; the next sync deletes them, if they still are.").format(count=count)


def forgotten_message(count: int) -> str:
    text = gettext("{scenes} forgotten; the next sync copies what Stash has now.")
    return text.format(scenes=counted(count, "scene"))
