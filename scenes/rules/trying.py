"""What would change in scenes by other rules, from what the tagger saw in them: nothing is asked, nothing written."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from jobs.errors import BadRequest
from jobs.texts.translatable import Translatable
from jobs.texts.words import counted
from scenes import configuration
from scenes.analysis import scene_inputs
from scenes.analysis.detectors import Proposal
from scenes.analysis.scene_inputs import LibraryTags, SceneInput
from scenes.analysis.video_tags.evaluation import evaluate
from scenes.analysis.video_tags.kept import kept_of
from scenes.analysis.video_tags.proposals import difference, proposals
from scenes.models import Change, Plan, Scene, TaggerResult, TagRule
from scenes.models.library import SceneQuerySet
from scenes.pieces import pieces
from scenes.rules import current
from scenes.rules.csv_files import RulesFile
from scenes.rules.importing import planned
from scenes.rules.rule_set import COLUMNS, RuleSet

AT_ONCE = 500  # scenes that are read at once
MOST = 1_000_000  # scenes
EXAMPLES = 20
TAGS = 50  # that are counted one by one
KINDS = {
    Change.Kind.ADD_TAG: _("tags added"),
    Change.Kind.REMOVE_TAG: _("tags of ours removed"),
    Change.Kind.ADD_MARKER: _("markers added"),
    Change.Kind.REMOVE_MARKER: _("markers of ours removed"),
}


@dataclass
class Trial:
    """``scenes``: that were tried; ``changing``: of them, those in which anything would change.

    ``counts``: by kind of change; ``tags``: likewise, by kind and tag; ``examples``: the first changes.
    """

    scenes: int = 0
    changing: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    tags: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, scene_input: SceneInput, found: Sequence[Proposal]) -> None:
        self.scenes += 1
        self.changing += bool(found)
        for proposal in found:
            self.counts[str(proposal.kind)] += 1
            self.tags[str(proposal.kind), tag_of(proposal)] += 1
        for proposal in found[: EXAMPLES - len(self.examples)]:
            scene, value = scene_input.scene, proposal.value
            self.examples.append({"scene": scene.pk, "title": str(scene), "kind": str(proposal.kind), "value": value})

    def described(self) -> dict[str, Any]:
        """For programs."""
        tags = [{"kind": kind, "tag": tag, "count": count} for (kind, tag), count in self.tags.most_common(TAGS)]
        counts = {str(kind): self.counts[str(kind)] for kind in KINDS}
        return {
            "scenes": self.scenes,
            "scenes_changing": self.changing,
            "counts": counts,
            "tags": tags,
            "examples": self.examples,
        }

    @property
    def summary(self) -> str:
        """For people, in a line."""
        parts = [
            f"{grouped(self.counts[str(kind)])} {words}" for kind, words in KINDS.items() if self.counts[str(kind)]
        ]
        scenes = counted(self.scenes, "scene")
        if not parts:
            return gettext("{scenes} tried: nothing changes.").format(scenes=scenes)
        text = gettext("{scenes} tried, {n} of them would change: {changes}.")
        return text.format(scenes=scenes, n=grouped(self.changing), changes=", ".join(parts))

    def lines(self) -> list[str]:
        """For people, with the tags and with examples."""
        tags = [
            f"  {grouped(count)} × {KINDS[Change.Kind(kind)]}: {tag}"
            for (kind, tag), count in self.tags.most_common(TAGS)
        ]
        return [self.summary, *tags, *(f"  {example_text(example)}" for example in self.examples)]


def grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def example_text(example: dict[str, Any]) -> str:
    """An example for people: "Scene 7, Sunset: Add marker Beach_AI 10 s"."""
    value, kind = example["value"], Change.Kind(example["kind"])
    times = ""
    if "start" in value:
        times = f" {value['start']:g} s" if value["end"] is None else f" {value['start']:g}–{value['end']:g} s"
    scene = gettext("Scene {id}").format(id=example["scene"])
    return f"{scene}, {example['title']}: {kind.label} {value.get('tag') or value.get('name')}{times}"


def tag_of(proposal: Proposal) -> str:
    return str(proposal.value.get("tag") or proposal.value.get("name") or "")


def triable() -> SceneQuerySet:
    """Scenes of which it was kept what the tagger saw, newest first; without those it is to leave alone."""
    results = TaggerResult.objects.filter(scene=OuterRef("pk"))
    found = Scene.objects.present().filter(Exists(results)).order_by("-created_at", "-id")
    return found if configuration.current().organized_scenes == "tag" else found.filter(organized=False)


def chosen(scene_ids: Sequence[int] = (), most: int | None = None) -> SceneQuerySet:
    """Those of the given scenes, or of all without any, that can be tried; at most ``most``. Raises BadRequest."""
    if most is not None and not 1 <= most <= MOST:
        raise BadRequest(Translatable(gettext_noop("max_scenes must be a whole number from 1 to {most:,}."), most=MOST))
    found = triable()
    if scene_ids:
        if len(scene_ids) > AT_ONCE * 20:
            text = gettext_noop("Name at most {most:,} scenes, or none, for all of them.")
            raise BadRequest(Translatable(text, most=AT_ONCE * 20))
        found = found.filter(pk__in=list(scene_ids))
    return found[:most]


def trial(rules: RuleSet | None = None, scene_ids: Sequence[int] = (), most: int | None = None) -> Trial:
    """What these rules would change, or without any those that are stored. Raises BadRequest."""
    result = Trial()
    ids = list(chosen(scene_ids, most).values_list("pk", flat=True))
    for scene_input, found in changes_by(rules or current.stored(), ids, with_evidence=False):
        result.add(scene_input, found)
    return result


def changes_by(
    rules: RuleSet, scene_ids: Iterable[int], plan: Plan | None = None, *, with_evidence: bool = True
) -> Iterator[tuple[SceneInput, list[Proposal]]]:
    """For each of the scenes: what has to change. What a person rejected or reverted is not proposed again.

    ``plan``: what it has already is left out. A constant number of queries for AT_ONCE scenes.
    """
    tags = LibraryTags()
    for part in pieces(scene_ids, AT_ONCE):
        with without_collecting_garbage():
            found = _found(part, rules, tags, plan, with_evidence)
        for scene_input, changes in found:
            # Few scenes have any, and a key takes its time.
            if scene_input.excluded_keys or scene_input.refused_markers:
                changes = [each for each in changes if not scene_input.is_refused(each.kind, each.key, each.value)]
            yield scene_input, changes


def _found(
    part: Sequence[int], rules: RuleSet, tags: LibraryTags, plan: Plan | None, with_evidence: bool
) -> list[tuple[SceneInput, list[Proposal]]]:
    kept, limit = kept_of(part), configuration.current().max_markers or None
    inputs = scene_inputs.load_library([pk for pk in part if pk in kept], with_texts=False)
    differing = {}
    for pk, scene_input in inputs.items():
        duration = (scene_input.file and scene_input.file.duration) or kept[pk].duration or None
        evaluation = evaluate(kept[pk].sightings, duration, rules, limit)
        differing[pk] = difference(scene_input, evaluation, tags)
    # What was refused, and whether what the rules do not give is ours: nothing of what is as they want it.
    tag_ids = {pk for differs in differing.values() for pk in differs.other_tags}
    of_markers = {marker.primary_tag_id for differs in differing.values() for marker, _ in differs.other_markers}
    with_others = [pk for pk, differs in differing.items() if differs.other_markers]
    of_these = Q(scene__in=list(inputs))
    scene_inputs.load_changes(inputs, of_these, plan)
    scene_inputs.load_our_tags(inputs, of_these & Q(stash_tag__in=sorted(tag_ids)))
    # Of another tag than it has now it was not made by us, or somebody changed it since.
    scene_inputs.load_our_markers(inputs, Q(scene__in=with_others, stash_tag__in=sorted(of_markers)))
    models = {pk: kept[pk].models if with_evidence else None for pk in inputs}
    return [
        (scene_input, proposals(scene_input, differing[pk], tags, models[pk])) for pk, scene_input in inputs.items()
    ]


@contextmanager
def without_collecting_garbage() -> Iterator[None]:
    """For a second of making many small things and no cycles: the collector would look at all of them repeatedly."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def rules_with(table: RulesFile, *, replace: bool = False) -> RuleSet:
    """The stored rules as they would be, were the table taken over. Raises BadFile."""
    result = planned(table, replace=replace)
    rules = {rule.key: rule for rule in TagRule.objects.all()}
    rules |= {rule.key: rule for rule in [*result.created, *(rule for rule, _ in result.changed)]}
    for rule in result.deleted:
        del rules[rule.key]
    return rule_set(rules.values())


def rule_set(rules: Iterable[TagRule]) -> RuleSet:
    """Of rows that may not be stored."""
    rows = [tuple(getattr(rule, name) for name in COLUMNS) for rule in rules]
    return RuleSet(rows, configuration.current().tag_suffix)
