"""What two runs are compared by: all that is the end of a run, and nothing that no two runs share."""

from __future__ import annotations

import pytest
from django.apps import apps

from scenes.models import Change, Tag
from tests.faults import final_rows
from tests.scenes.analysis_factories import add_change, make_plan, make_scene

pytestmark = pytest.mark.django_db


def final_state(stash_tag: int, name: str = "Dog_AI") -> object:
    Change.objects.all().delete()
    Tag.objects.all().delete()
    Tag.objects.create(pk=stash_tag, name=name)
    add_change(make_plan(), 1, "add_tag", name="Dog_AI")
    Change.objects.update(stash_tag=stash_tag)
    return final_rows.tables()["Change"]


def test_every_table_is_compared_or_known_to_tell_of_the_way() -> None:
    tables = {model for app in ("jobs", "scenes") for model in apps.get_app_config(app).get_models()}
    assert tables == {*final_rows.MODELS, *final_rows.NOT_COMPARED}


def test_a_tag_is_compared_by_its_name_and_not_by_the_id_that_stash_gave_it() -> None:
    make_scene(1)
    assert final_state(4) == final_state(5)
    assert final_state(4) != final_state(4, "Cat_AI")
