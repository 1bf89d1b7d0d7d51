"""Editing what is proposed: a tag's name, a marker's times and title. The proposed value is kept beside the new one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.errors import BadRequest, NotPossible
from jobs.texts.translatable import Translatable as _
from jobs.texts.words import within_a_sentence
from scenes.models import Change, Outcome, SceneFile
from scenes.models.attempts import NO_FAILURE
from scenes.models.plans import ChangeQuerySet
from scenes.pieces import pieces
from scenes.plans.proposing import TAG_IN, tag_of
from scenes.plans.review.deciding import OPEN, Decider
from scenes.plans.values import change_key, rounded

LONGEST_NAME, LONGEST_TITLE = 255, 1000  # characters
LONGEST_TIME = 1_000_000.0  # seconds
EDITABLE = {Change.Kind.ADD_TAG: ("name",), Change.Kind.ADD_MARKER: ("tag", "title", "start", "end")}
STATUSES = (_("proposed"), _("approved"), _("rejected"), _("applied"), _("reverted"))  # within a sentence
AT_ONCE = 500  # changes in one UPDATE: each has a value and a digest of its own
IN_COLUMNS = ["value", "key", "tag", "proposed_value", "proposed_key", "edited_at", "edited_by"]
IN_COLUMNS += ["outcome", *NO_FAILURE]  # what Stash refused was the value of before
THERE_ALREADY = _("The same change is in this plan already, for the same scene.")


@dataclass(frozen=True)
class RenamedTag:
    """How many changes name the other tag now; ``left``: those whose plan has that for their scene already."""

    renamed: int
    left: int


def edit(change_id: int, given: Mapping[str, Any], who: Decider) -> Change:
    """``given``: what is to differ in its ``value``. Raises Change.DoesNotExist, BadRequest, NotPossible."""
    change = Change.objects.get(pk=change_id)
    fields = EDITABLE.get(Change.Kind(change.kind), ())
    if not fields:
        kind = within_a_sentence(change.kind.capitalize())
        raise NotPossible(_("{kind} can't be edited: approve or reject it.", kind=kind))
    if unknown := sorted(map(str, set(given) - set(fields))):
        raise BadRequest(_("“{name}” can't be edited; give {fields}.", name=unknown[0][:50], fields=", ".join(fields)))
    value = checked({**change.value, **given}, duration_of(change))
    seen = Change.objects.filter(OPEN, pk=change.pk, edited_at=change.edited_at)
    put(change, value, who)
    try:
        with transaction.atomic():
            updated = seen.update(**{name: getattr(change, name) for name in IN_COLUMNS})
    except IntegrityError:
        raise NotPossible(THERE_ALREADY) from None
    if not updated:
        raise NotPossible(why_not(Change.objects.get(pk=change_id)))
    return Change.objects.get(pk=change_id)


def put(change: Change, value: dict[str, Any], who: Decider) -> None:
    """Into the row, not saved; the first value that was proposed stays known."""
    proposed, key = change.proposed_value or change.value, change.proposed_key or change.key
    change.value, change.key = value, change_key(change.kind, value)
    change.tag = tag_of(change.kind, value)
    is_back = value == proposed
    change.proposed_value, change.proposed_key = (None, "") if is_back else (proposed, key)
    change.edited_at, change.edited_by = timezone.now(), who.user
    change.outcome = Outcome.NEW
    for name, nothing in NO_FAILURE.items():
        setattr(change, name, nothing)


def checked(value: dict[str, Any], duration: float) -> dict[str, Any]:
    """As it is kept. ``duration``: of the film, in seconds; 0: not known. Raises BadRequest."""
    value = dict(value)
    for name, longest in (("name", LONGEST_NAME), ("tag", LONGEST_NAME), ("title", LONGEST_TITLE)):
        if name in value:
            value[name] = checked_text(name, value[name], longest)
    if "start" not in value:
        return value
    start = value["start"] = checked_time("start", value["start"], duration)
    if value["end"] is not None and (end := checked_time("end", value["end"], duration)) >= start:
        value["end"] = end
    elif value["end"] is not None:
        raise BadRequest(_("end must not be before start."))
    return value


def checked_text(name: str, text: Any, longest: int) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > longest or not text.isprintable():
        text = _("{name} must be a text of 1 to {longest} characters in one line.", name=_(name), longest=longest)
        raise BadRequest(text)
    return text.strip()


def checked_time(name: str, seconds: Any, duration: float) -> float:
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and math.isfinite(seconds)
    last = duration or LONGEST_TIME
    if not is_number or not 0 <= seconds <= last:
        of_film = _(", the film's length") if duration else ""
        raise BadRequest(
            _(
                "{name} must be seconds, a number from 0 to {last:g}{of_film}.",
                name=_(name),
                last=last,
                of_film=of_film,
            )
        )
    return rounded(seconds)


def duration_of(change: Change) -> float:
    """Of the scene's film, in seconds; 0: not known."""
    files = SceneFile.objects.filter(scene=change.scene_id).order_by("position")
    return files.values_list("duration", flat=True).first() or 0.0


def rename_tag(rows: ChangeQuerySet, old: str, new: str, who: Decider) -> RenamedTag:
    """Let those that would write the tag ``old`` write ``new``; a marker's title follows where it was the tag's name.

    Raises BadRequest, and NotPossible when somebody edits the same changes at the same time.
    """
    new = checked_text(_("The new name"), new, LONGEST_NAME)
    to_rename = rows.filter(OPEN, tag=tag_of(Change.Kind.ADD_TAG, {"name": old}), kind__in=EDITABLE)
    renamed = left = 0
    try:
        with transaction.atomic():
            ids = list(to_rename.select_for_update(no_key=True).values_list("pk", flat=True))
            for part in pieces(ids, AT_ONCE):
                changes = [with_tag(change, new, who) for change in Change.objects.filter(pk__in=part)]
                free = without_collisions(changes)
                Change.objects.bulk_update(free, IN_COLUMNS)
                renamed, left = renamed + len(free), left + len(changes) - len(free)
    except IntegrityError:
        raise NotPossible(_("Somebody else edits these changes at the same time: look again.")) from None
    return RenamedTag(renamed, left)


def with_tag(change: Change, new: str, who: Decider) -> Change:
    """The row with the other tag, not saved."""
    place = TAG_IN[Change.Kind(change.kind)]
    value = {**change.value, place: new}
    if value.get("title") == change.value[place]:
        value["title"] = new
    put(change, value, who)
    return change


def without_collisions(changes: list[Change]) -> list[Change]:
    """Those whose plan has not what they are to be for their scene already, each once."""
    keys = {change.key for change in changes}
    others = Change.objects.filter(key__in=keys, plan__in={change.plan_id for change in changes})
    owner = {(other.plan_id, other.scene_id, other.key): other.pk for other in others.only("plan", "scene", "key")}
    return [
        change
        for change in changes
        if owner.setdefault((change.plan_id, change.scene_id, change.key), change.pk) == change.pk
    ]


def why_not(change: Change) -> str:
    """Why it can be neither edited nor decided on."""
    if change.status in Change.OPEN and change.intended_at is None:
        return _("Somebody else has edited it at the same time: look again.")
    if change.status in Change.OPEN:
        return _("It is being written to Stash right now: take it back once that is over.")
    return _("It is {status} already.", status=within_a_sentence(change.status))
