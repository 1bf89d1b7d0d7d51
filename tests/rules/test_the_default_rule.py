"""There is always a default rule, and no two rules for one tag."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from scenes.models import TagRule
from scenes.rules.default_rule import make_default_rule
from scenes.rules.rule_set import DEFAULTS

pytestmark = pytest.mark.django_db


def test_a_new_database_has_it() -> None:
    rule = TagRule.objects.get()
    assert rule.is_default and {name: getattr(rule, name) for name in DEFAULTS} == DEFAULTS
    rule.full_clean()


def test_an_upgrade_leaves_it_as_people_made_it_and_brings_it_back() -> None:
    TagRule.objects.update(max_gap=3, wanted=None)
    make_default_rule()
    assert (TagRule.objects.get().max_gap, TagRule.objects.get().wanted) == (3, None)
    TagRule.objects.get_queryset()._raw_delete(using="default")
    make_default_rule()
    assert TagRule.objects.get().max_gap == DEFAULTS["max_gap"]


def test_it_can_not_be_deleted_nor_renamed_nor_name_all_tags() -> None:
    TagRule.objects.create(tag_name="Dog")
    with pytest.raises(ProtectedError, match="can't be deleted"):
        TagRule.objects.all().delete()
    default = TagRule.objects.default().get()
    with pytest.raises(ProtectedError):
        default.delete()
    with pytest.raises(ValidationError, match="gives none a name"):
        TagRule(tag_name="__DEFAULT__", pk=default.pk, key="__default__", stash_name="All").full_clean()
    default.tag_name = "Dog 2"
    with pytest.raises(ValidationError, match="keeps its name"):
        default.full_clean()
    assert TagRule.objects.count() == 2
    TagRule.objects.of_tags().delete()
    assert TagRule.objects.count() == 1


@pytest.mark.parametrize("name", ["Dog", " dOG ", "dog"])
def test_case_makes_no_second_rule(name: str) -> None:
    first = TagRule.objects.create(tag_name="Dog")
    with pytest.raises(ValidationError, match="There is a rule for"):
        TagRule(tag_name=name).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        TagRule.objects.create(tag_name=name)
    first.tag_name = name
    first.full_clean()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("tag_name", ""),
        ("tag_name", "  "),
        ("tag_name", "a\x00b"),
        ("tag_name", "*"),
        ("tag_name", "Default"),
        ("tag_name", "a\nb"),
        ("tag_name", "x" * 256),
        ("stash_name", "x" * 256),
        ("min_confidence", -0.1),
        ("min_confidence", 1.1),
        ("min_confidence", float("nan")),
        ("max_gap", float("inf")),
        ("max_gap", -1),
        ("min_marker_duration", 1e9),
        ("required_scene_tag_duration", "often"),
        ("required_scene_tag_duration", "-3s"),
        ("required_scene_tag_duration", "101%"),
        ("required_scene_tag_duration", "3s or 4s"),
        ("required_scene_tag_duration", "nan"),
        ("required_scene_tag_duration", "٣s"),
    ],
)
def test_what_makes_no_sense_is_refused(column: str, value: object) -> None:
    with pytest.raises(ValidationError):
        TagRule(**{"tag_name": "Dog", column: value}).full_clean()


@pytest.mark.parametrize(
    ("text", "kept"),
    [(" 12 S", "12s"), ("12", "12s"), ("4.50 %", "4.5%"), ("15S  OR 25%", "15s or 25%"), ("25% or 15", "15s or 25%")],
)
def test_how_long_a_tag_has_to_be_seen_is_kept_in_one_form(text: str, kept: str) -> None:
    rule = TagRule(tag_name="Dog", required_scene_tag_duration=text)
    rule.full_clean()
    assert rule.required_scene_tag_duration == kept
