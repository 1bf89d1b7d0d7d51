"""Never again anywhere: the tags of rejected changes get a rule that says that they are not wanted."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from scenes import configuration
from scenes.clients.stash.names import folded
from scenes.models import Change, TagRule
from scenes.models.plans import ChangeQuerySet
from scenes.models.rules import LONGEST_NAME
from scenes.plans.proposing import TAG_IN, tag_key
from scenes.plans.review.deciding import Decider, reject
from scenes.plans.review.editing import EDITABLE


def reject_everywhere(rows: ChangeQuerySet, who: Decider) -> int:
    """Reject them, and whatever else would write their tags, of any scene; make the rules. Returns how many changes.

    What is in Stash by then stays there: it can be taken back.
    """
    with transaction.atomic():
        names = tag_names(rows.filter(kind__in=EDITABLE))  # a removal that is not wanted says nothing against its tag
        make_rules(names)
        return reject(rows, who) + reject(Change.objects.filter(tag__in=names, kind__in=EDITABLE), who)


def tag_names(rows: ChangeQuerySet) -> dict[str, str]:
    """`Change.tag` → that name, of each tag that these additions are about; of an edited one also what was proposed."""
    firsts = rows.exclude(tag="").order_by().values("tag", "proposed_key").annotate(first=Min("pk")).values("first")
    named = Change.objects.filter(pk__in=firsts).only("tag", "kind", "value", "proposed_value")
    values = [(change.kind, value) for change in named for value in (change.value, change.proposed_value) if value]
    names = (str(value[TAG_IN[Change.Kind(kind)]]) for kind, value in values)
    return {tag_key(name): name for name in names}


def make_rules(names: dict[str, str]) -> None:
    """A rule for each, without our suffix, as rules are called after the tagger's names; of one that is there: no."""
    suffix = configuration.current().tag_suffix
    bare = (name.strip().removesuffix(suffix) if suffix else name.strip() for name in names.values())
    # What no rule can be called is left: a name that long, or with control characters, is rejected scene by scene.
    rules = {folded(name): name for name in bare if name and name.isprintable() and len(name) <= LONGEST_NAME}
    TagRule.objects.bulk_create(
        [TagRule(key=key, tag_name=name, wanted=False, changed_at=timezone.now()) for key, name in rules.items()],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["wanted", "changed_at"],
    )
