"""Which changes somebody means: some by their ids, those of a scene, of a tag everywhere, of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.names import folded
from scenes.models import Change, Plan, Scene, Tag
from scenes.models.plans import ChangeQuerySet
from scenes.plans.proposing import tag_key

MAX_CHANGES = 10_000  # that can be named by their ids at once
SAY_WHICH = _("Say which changes: by plan_id, scene_id, tag or change_ids. Of several of these, all have to fit.")


@dataclass(frozen=True)
class Selection:
    """All that is given has to fit. ``tag``: its name, as it was proposed or as it is called by now."""

    plan_id: int | None = None
    scene_id: int | None = None
    tag: str = ""
    change_ids: tuple[int, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Selection:
        """From a job's parameters, or what else has these names. Raises BadRequest when nothing is given."""
        tag = str(given.get("tag") or "").strip()
        selection = cls(given.get("plan_id"), given.get("scene_id"), tag, tuple(given.get("change_ids") or ()))
        if selection == cls():
            raise BadRequest(SAY_WHICH)
        if len(selection.change_ids) > MAX_CHANGES:
            raise BadRequest(_("At most {most:,} changes can be named at once.", most=MAX_CHANGES))
        return selection

    def known(self) -> Selection:
        """Itself. Raises BadRequest for a plan or a scene that there is not."""
        if self.plan_id and not Plan.objects.filter(pk=self.plan_id).exists():
            raise BadRequest(_("There is no plan {id}.", id=self.plan_id))
        if self.scene_id and not Scene.objects.filter(pk=self.scene_id).exists():
            raise BadRequest(_("StashHog knows no scene {id}.", id=self.scene_id))
        return self

    def params(self) -> dict[str, Any]:
        """The parameters of a job on these changes."""
        given = {**vars(self), "change_ids": list(self.change_ids)}
        return {name: value for name, value in given.items() if value}

    def rows(self) -> ChangeQuerySet:
        """By columns of its own only, so that an UPDATE looks at each row as it is then."""
        rows = Change.objects.order_by("id")
        if self.change_ids:
            rows = rows.filter(pk__in=self.change_ids)
        if self.scene_id:
            rows = rows.filter(scene=self.scene_id)
        if self.plan_id:
            rows = rows.filter(plan=self.plan_id)
        return rows.filter(about_tag(self.tag)) if self.tag else rows


def about_tag(name: str) -> Q:
    """Of changes: about the tag that was called so when it was proposed, or is so in Stash as we last saw it."""
    tags = Tag.objects.filter(name__iexact=name.strip()).values_list("pk", "name")
    return Q(tag=tag_key(name)) | Q(stash_tag__in=[pk for pk, known in tags if folded(known) == folded(name)])
