"""Rules go out as CSV and come in again as they were, from the tables of others, too; what is wrong is said by line."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from scenes.models import TagRule
from scenes.rules import csv_files
from scenes.rules.csv_files import BadFile, read, write
from scenes.rules.importing import planned, take_over

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

SHARED = """tag_name,category,stash_name,markers_enabled,scene_tag_enabled,image_enabled,RequiredSceneTagDuration,\
min_marker_duration,max_gap,MergeStrategy,MarkerMergeParam1
__default__,,,TRUE,TRUE,TRUE,15,10,8,default,0.5
Kissing,Actions,,,,,,,,,
Face,Body,My face,FALSE,FALSE,,,,,,
CloseUp,Positions,,,,,35%,30,,,
"""
NAMES = [
    "=1+1",
    "'=x",
    "''-2",
    "+49",
    "-",
    "@SUM",
    "'quoted'",
    "a,b",
    'say "x"',
    "ünï ☃ 😀",
    "＝full",
    "#",
    "TRUE",
    "1.50",
]


def rules() -> list[dict[str, object]]:
    return list(TagRule.objects.order_by("key").values(*csv_files.READ))


def wrong(content: str | bytes) -> str:
    with pytest.raises(BadFile) as error:
        planned(read(content.encode() if isinstance(content, str) else content))
    return str(error.value)


def test_a_table_that_people_share_is_taken() -> None:
    result = take_over(read(SHARED.encode()))
    assert result.summary == "Rules: 3 new, 1 changed, 0 as they were."
    assert result.notes == ["Not used by StashHog: image_enabled, MergeStrategy, MarkerMergeParam1."]
    rule = TagRule.objects.get(key="closeup")
    assert (rule.tag_name, rule.required_scene_tag_duration, rule.min_marker_duration) == ("CloseUp", "35%", 30.0)
    assert TagRule.objects.default().get().required_scene_tag_duration == "15s"
    assert TagRule.objects.get(key="face").markers_enabled is False
    assert TagRule.objects.get(key="kissing").markers_enabled is None
    assert take_over(read(SHARED.encode())).summary == "Rules: 4 as they were."


def test_what_goes_out_comes_in_as_it_was() -> None:
    for number, name in enumerate(NAMES):
        TagRule.objects.create(
            tag_name=name,
            stash_name=name,
            category=name,
            wanted=[None, True, False][number % 3],
            min_confidence=0.1 + 0.2 if number % 2 else None,
            required_scene_tag_duration="15s or 2.5%",
            max_gap=1e-5 * number,
        )
    before = rules()
    content = write(TagRule.objects.all()).encode()
    assert planned(read(content)).summary == f"Rules: {len(NAMES) + 1} as they were."
    TagRule.objects.of_tags().delete()
    TagRule.objects.update(max_gap=99)
    take_over(read(content), replace=True)
    assert rules() == before


def test_no_cell_is_a_formula_to_a_spreadsheet() -> None:
    for name in NAMES:
        TagRule.objects.create(tag_name=name)
    lines = write(TagRule.objects.all()).splitlines()[1:]
    assert not any(line.lstrip('"').startswith(("=", "+", "-", "@", "＝")) for line in lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_programs_write_csv_in_many_ways(encoding: str, delimiter: str, end: str) -> None:
    rows = [["TAG name", "max-gap", "Min Marker Duration", "wanted"], ["Größe", "2.5", "", "Yes"], ["", "", "", ""]]
    content = end.join(delimiter.join(row) for row in rows) + end
    take_over(read(content.encode(encoding)))
    rule = TagRule.objects.get(tag_name="Größe")
    assert (rule.max_gap, rule.min_marker_duration, rule.wanted) == (2.5, None, True)


def test_a_spreadsheet_of_another_language_writes_commas_in_numbers() -> None:
    take_over(read(b"sep=;\r\ntag_name;max_gap\r\nDog;2,5\r\n"))
    assert TagRule.objects.get(key="dog").max_gap == 2.5


def test_what_a_table_has_no_column_for_stays() -> None:
    TagRule.objects.create(tag_name="Dog", max_gap=3, stash_name="Hound")
    result = take_over(read(b"tag_name,stash_name\nDOG,\n"))
    assert result.described()["changed"] == {"DOG": ["tag_name: Dog → DOG", "stash_name: Hound → –"]}
    assert TagRule.objects.get(key="dog").max_gap == 3


def test_a_table_may_stand_for_all_rules_but_the_default_one_stays() -> None:
    TagRule.objects.create(tag_name="Dog")
    assert take_over(read(b"tag_name\nCat\n"), replace=True).summary == "Rules: 1 new, 1 deleted, 0 as they were."
    assert list(TagRule.objects.values_list("key", flat=True)) == ["__default__", "cat"]


def test_who_took_it_over_is_in_the_history_of_each_rule() -> None:
    TagRule.objects.create(tag_name="Dog")
    user = User.objects.create(username="sam")
    take_over(read(b"tag_name,max_gap\nCat,1\n*,7\n"), user, replace=True)
    message = dict(LogEntry.objects.values_list("object_repr", "change_message"))
    assert message == {
        "Cat": "Imported.",
        "All other tags": "Imported: max_gap: 8 → 7.",
        "Dog": "Left out of an imported table.",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Line 1: no column tag_name"),
        ("name,max_gap\nDog,1", "Line 1: no column tag_name"),
        ("tag_name,max_gap\n,\n", "There is no rule in it"),
        ("<html><body>504</body></html>", "Line 1: no column tag_name"),
        ("tag_name,max_gapp\nDog,1", "“max_gapp”. Is it max_gap?"),
        ("tag_name,max_gap,MaxGap\nDog,1,1", "the column max_gap is there twice"),
        ("tag_name,max_gap\nDog,often", "Line 2: max_gap: “often” is no number"),
        ("tag_name,max_gap\nDog,-1", "Line 2: max_gap"),
        ("tag_name,max_gap\nDog,nan", "Line 2: max_gap"),
        ("tag_name,max_gap\nDog,1e9", "Line 2: max_gap"),
        ("tag_name,max_gap\nDog,100000000", "Line 2: max_gap: Ensure this value is less"),
        ("tag_name,wanted\nDog,perhaps", "Line 2: wanted: “perhaps” is neither TRUE nor FALSE"),
        ("tag_name,min_confidence\nDog,2", "Line 2: min_confidence"),
        ("tag_name,required_scene_tag_duration\nDog,4 bananas", "Line 2: required_scene_tag_duration: “4 bananas”"),
        ("tag_name,max_gap\n,1", "Line 2: tag_name: name the tag"),
        ("tag_name\nDog\n\ndOG ", "Line 4: “dOG” is in line 2 already"),
        ("tag_name\nDog\n*\n__default__", "Line 4: “__default__” is in line 3 already"),
        ("tag_name\nDog,more", "Line 2: 2 cells, but the first line names 1 columns"),
        ("tag_name,stash_name\n__default__,All", "Line 2: stash_name: The default rule"),
        ('tag_name\n"Dog\nCat', "Is a quotation mark missing?"),
        ("tag_name\n" + "x" * 256, "Line 2: tag_name"),
        ("tag_name\nDo\0g", "characters that no text has"),
        (b"tag_name\nDog\nGr\xf6\xdfe", "Line 3: not in UTF-8"),
        (b"PK\x03\x04\x14\x00\x00\x00", "characters that no text has"),
        (b"\xff\xfetag", "not in UTF-8"),
        ("tag_name\n" + "x\n" * 600_000, "more than 1 MB"),
        ("tag_name\n" + "\n".join(f"Tag {n}" for n in range(5001)), "More than 5,000 rules"),
        ("tag_name\n" + "\n".join(f"T{n}" for n in range(100_000)), "More than 5,000 rules"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(content: str | bytes, message: str) -> None:
    before = rules()
    assert message in wrong(content)
    assert rules() == before


@pytest.mark.parametrize("before", ["\n\n", ",,\n", "sep=,\n", "sep=,\n\n"])
def test_lines_before_the_heading_with_nothing_in_them_are_left_out(before: str) -> None:
    table = read(f"{before}tag_name,max_gap\nDog,3\n".encode())
    assert [row["max_gap"] for row in table.rows] == [3]
    assert wrong(f"{before}tag_name,max_gap\nDog,often\n").startswith(f"Line {before.count(chr(10)) + 2}: max_gap")


def test_columns_of_other_programs_are_named_and_left_out() -> None:
    table = read(b"tag_name,Colour of the row,max_gap,image_enabled\nDog,red,3,TRUE\n")
    assert table.columns == ["tag_name", "max_gap"] and table.rows == [{"tag_name": "Dog", "max_gap": 3}]
    assert table.notes == ["Not used by StashHog: Colour of the row, image_enabled."]


def test_all_that_is_wrong_is_said_at_once() -> None:
    lines = [f"Tag {number},x,perhaps" for number in range(100)]
    message = wrong("tag_name,max_gap,wanted\nGood,1,yes\n" + "\n".join(lines)).splitlines()
    assert message[0].startswith("Line 3: max_gap") and message[1].startswith("Line 3: wanted")
    assert len(message) == 51 and message[-1] == "… and 150 more."
    assert TagRule.objects.count() == 1


def test_five_thousand_rules_are_taken_over_in_few_statements(django_assert_max_num_queries: Any) -> None:
    content = "tag_name,max_gap\n" + "\n".join(f"Tag {number},{number}" for number in range(4999))
    table = read(content.encode())
    with django_assert_max_num_queries(70):  # SQLite takes few parameters in each
        take_over(table)
    assert TagRule.objects.count() == 5000
    assert "more than 5,000 rules" in wrong("tag_name\nOne more")
