"""`manage.py plans`: looking at changes, deciding, editing, writing them and taking them back on the command line."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from scenes.models import Change, Plan, TagRule
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_change, add_tag, make_plan, markers_of, tags_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan(stash: RunningStash) -> Plan:
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI", status="proposed")
    add_tag(plan, 2, "Dog_AI", status="proposed")
    add_change(plan, 1, "add_marker", "proposed", tag="Dog_AI", title="Dog_AI", start=1.0, end=2.0)
    return plan


def plans(*args: Any) -> str:
    output = StringIO()
    call_command("plans", *map(str, args), stdout=output)
    return output.getvalue()


def test_plans_and_changes_are_shown(plan: Plan) -> None:
    assert f"Plan {plan.pk}" in plans("list") and "3 proposed" in plans("list")
    assert plans("list", "--status", "applied") == "None.\n"
    shown = plans("show", plan.pk)
    assert "scene 1, proposed: Added marker “Dog_AI”, 0:01 to 0:02" in shown and len(shown.splitlines()) == 3
    assert [row["scene_id"] for row in json.loads(plans("show", "--tag", "dog_ai", "--scene", 2, "--json"))] == [2]
    assert json.loads(plans("list", "--json"))[0]["proposed"] == 3


def test_titles_cannot_control_the_terminal(plan: Plan) -> None:
    add_tag(plan, 1, "Bad\x1b[2J")
    assert "\x1b" not in plans("show", plan.pk)


def test_deciding(plan: Plan) -> None:
    assert plans("approve", plan.pk, "--scene", 2) == "1 change approved.\n"
    assert plans("reject", plan.pk) == "3 changes rejected.\n"
    assert plans("approve", plan.pk) == "0 changes approved; 3 others are as before.\n"
    assert json.loads(plans("approve", plan.pk, "--also-rejected", "--json")) == {"matched": 3, "changed": 3}
    plans("reject", "--tag", "Dog_AI", "--never-again")
    assert TagRule.objects.get(key="dog").wanted is False


def test_editing(plan: Plan) -> None:
    marker = plan.changes.get(kind="add_marker")
    plans("edit", "--change", marker.pk, "--start", "1.5", "--end", "none", "--name", "Cat_AI", "--title", "Rex")
    marker.refresh_from_db()
    assert marker.value == {"tag": "Cat_AI", "title": "Rex", "start": 1.5, "end": None}
    assert plans("edit", "--tag", "dog_ai", "--name", "Hound_AI") == "2 changes edited.\n"
    for wrong in (
        ["--change", marker.pk],
        ["--change", marker.pk, "--start", "soon"],
        ["--change", 4711, "--name", "x"],
        [plan.pk, "--start", "1"],
        ["--change", marker.pk, "--start", "nan"],
    ):
        with pytest.raises(CommandError):
            plans("edit", *wrong)


def test_writing_and_taking_back(stash: RunningStash, plan: Plan) -> None:
    before = tags_of(stash)
    with pytest.raises(CommandError, match="approve them first"):
        plans("apply", plan.pk)
    assert "completed" in plans("apply", plan.pk, "--approve", "--inline")
    assert "Dog_AI" in tags_of(stash)[2] and len(markers_of(stash, 1)) == 1
    assert json.loads(plans("revert", "--tag", "Dog_AI", "--inline", "--json"))["changes_reverted"] == 3
    assert tags_of(stash) == before and not markers_of(stash, 1)
    assert set(Change.objects.values_list("status", "decided_via")) == {("reverted", "command")}


@pytest.mark.parametrize("args", [["approve"], ["show"], ["approve", 4711], ["reject", "--scene", 4711], ["revert"]])
def test_what_names_no_changes_is_refused(plan: Plan, args: list[Any]) -> None:
    with pytest.raises(CommandError, match=r"Say which|There is no plan|knows no scene"):
        plans(*args)
