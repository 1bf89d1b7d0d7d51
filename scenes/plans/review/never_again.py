"""Never again anywhere: the tags of rejected changes get a rule that says that they are not wanted."""

from __future__ import annotations

from datetime import datetime

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
        make_rules(names, who.at or timezone.now())
        return reject(rows, who) + reject(Change.objects.filter(tag__in=names, kind__in=EDITABLE), who)


def tag_names(rows: ChangeQuerySet) -> dict[str, str]:
    """`Change.tag` → that name, of each tag that these additions are about; of an edited one also what was proposed."""
    firsts = rows.exclude(tag="").order_by().values("tag", "proposed_key").annotate(first=Min("pk")).values("first")
    named = Change.objects.filter(pk__in=firsts).only("tag", "kind", "value", "proposed_value")
    values = [(change.kind, value) for change in named for value in (change.value, change.proposed_value) if value]
    names = (str(value[TAG_IN[Change.Kind(kind)]]) for kind, value in values)
    return {tag_key(name): name for name in names}


def rule_names(names: dict[str, str]) -> dict[str, str]:
    """The key of each one's rule → what that is called: without our suffix, as the tagger calls them."""
    suffix = configuration.current().tag_suffix
    bare = (name.strip().removesuffix(suffix) if suffix else name.strip() for name in names.values())
    # What no rule can be called is left: a name that long, or with control characters, is rejected scene by scene.
    return {folded(name): name for name in bare if name and name.isprintable() and len(name) <= LONGEST_NAME}


def make_rules(names: dict[str, str], at: datetime) -> None:
    """A rule for each, or of one that is there: not wanted, since ``at``."""
    rules = rule_names(names)
    TagRule.objects.bulk_create(
        [TagRule(key=key, tag_name=name, wanted=False) for key, name in rules.items()],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["wanted"],
    )
    TagRule.objects.filter(key__in=rules).update(changed_at=at)


def rules_of(rows: ChangeQuerySet) -> dict[str, bool | None]:
    """Whether the tags of these are wanted, by the keys of the rules that there are."""
    keys = list(rule_names(tag_names(rows.filter(kind__in=EDITABLE))))
    return dict(TagRule.objects.filter(key__in=keys).values_list("key", "wanted"))


def restore_rules(at: datetime, before: dict[str, bool | None]) -> None:
    """Take back the rules of the decision of this time, but for what somebody has changed since.

    ``before``: what `rules_of` said then.
    """
    made = TagRule.objects.filter(changed_at=at, wanted=False)
    for wanted in (True, None):
        made.filter(key__in=[key for key, value in before.items() if value is wanted]).update(wanted=wanted)
    made.exclude(key__in=list(before)).delete()
