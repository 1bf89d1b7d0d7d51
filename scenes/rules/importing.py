"""A table of rules taken over: what it would change, and then all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext

from scenes.clients.stash.names import folded
from scenes.models import TagRule
from scenes.rules.columns import READ, written
from scenes.rules.csv_files import MAX_ROWS, BadFile, RulesFile, Values

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AT_ONCE = 500  # rows in one statement


@dataclass
class Import:
    """What becomes of the rules. ``changed``: with what of each, for people, such as "max_gap: 8 → 4"."""

    created: list[TagRule] = field(default_factory=list)
    changed: list[tuple[TagRule, list[str]]] = field(default_factory=list)
    deleted: list[TagRule] = field(default_factory=list)
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """For programs."""
        return {
            "created": [rule.tag_name for rule in self.created],
            "changed": {rule.tag_name: differences for rule, differences in self.changed},
            "deleted": [rule.tag_name for rule in self.deleted],
            "unchanged": self.unchanged,
            "notes": self.notes,
        }

    @property
    def summary(self) -> str:
        """For people."""
        counts = {
            gettext("{n} new"): len(self.created),
            gettext("{n} changed"): len(self.changed),
            gettext("{n} deleted"): len(self.deleted),
        }
        parts = [words.format(n=count) for words, count in counts.items() if count]
        parts.append(gettext("{n} as they were").format(n=self.unchanged))
        return gettext("Rules: {counts}.").format(counts=", ".join(parts))


def planned(rows: RulesFile, *, replace: bool = False) -> Import:
    """What taking the rows over would do. ``replace``: rules that the table does not have are deleted, but the default.

    What a table has no column for stays as it is. Raises BadFile for more rules than there may be. One query.
    """
    stored = {rule.key: rule for rule in TagRule.objects.all()}
    result, named = Import(notes=rows.notes), set()
    for values in rows.rows:
        key = folded(values["tag_name"])
        named.add(key)
        if key not in stored:
            result.created.append(TagRule(key=key, **values))
        elif differences := _update(stored[key], values):
            result.changed.append((stored[key], differences))
        else:
            result.unchanged += 1
    if replace:
        result.deleted = [rule for key, rule in stored.items() if key not in named and not rule.is_default]
    if len(stored) + len(result.created) - len(result.deleted) > MAX_ROWS:
        raise BadFile(
            gettext("With this table there would be more than {most} rules.").format(
                most=number_format(MAX_ROWS, force_grouping=True)
            )
        )
    return result


def _update(rule: TagRule, values: Values) -> list[str]:
    """Set these; returns what that changed."""
    differences = []
    for name, value in values.items():
        before = getattr(rule, name)
        if before != value and not (name == "tag_name" and rule.is_default):
            setattr(rule, name, value)
            differences.append(f"{name}: {written(before) or '–'} → {written(value) or '–'}")
    return differences


def take_over(rows: RulesFile, user: User | None = None, *, replace: bool = False) -> Import:
    """`planned`, done. Raises BadFile, and then nothing is changed."""
    with transaction.atomic():
        TagRule.objects.select_for_update().default().first()  # one after the other
        result = planned(rows, replace=replace)
        write([*result.created, *(rule for rule, _ in result.changed)])
        _log(user, result)
        TagRule.objects.filter(pk__in=[rule.pk for rule in result.deleted]).delete()
    return result


def write(rules: Sequence[TagRule]) -> None:
    """New ones and changed ones alike. Whoever made the same rule at the same moment is not in its way."""
    rows = [TagRule(key=rule.key, **{name: getattr(rule, name) for name in READ}) for rule in rules]
    columns = [*READ, "changed_at"]
    TagRule.objects.bulk_create(rows, AT_ONCE, update_conflicts=True, unique_fields=["key"], update_fields=columns)


def _log(user: User | None, result: Import) -> None:
    """Into the history of each rule, who took the table over."""
    if user is None:
        return
    created = TagRule.objects.filter(key__in=[rule.key for rule in result.created])
    entries = [(rule, ADDITION, "Imported.") for rule in created]
    entries += [(rule, CHANGE, f"Imported: {', '.join(differences)}.") for rule, differences in result.changed]
    entries += [(rule, DELETION, "Left out of an imported table.") for rule in result.deleted]
    kind = ContentType.objects.get_for_model(TagRule)
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=user.pk, content_type=kind, object_id=str(rule.pk), object_repr=str(rule)[:200], action_flag=flag,
            change_message=differences,
        )
        for rule, flag, differences in entries
    )  # fmt: skip
