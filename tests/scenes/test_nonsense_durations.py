"""How long a film is, Stash knows from the file: a tagger that tells nonsense of it changes nothing."""

from __future__ import annotations

import pytest

from jobs.testing import run
from scenes.models import Change, SceneFile
from scenes.rules.trying import trial
from tests.scenes.analysis_factories import make_scene
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def answer(duration: float | None, **tags: tuple[float, float]) -> dict[str, object]:
    spans = {tag: [{"start": start, "end": end, "totalConfidence": 0.75}] for tag, (start, end) in tags.items()}
    info = {"video_duration": duration, "video_tags": {"actions": list(tags)}, "tag_timespans": {"actions": spans}}
    return {"result": {"json_result": None, "video_tag_info": info}}


@pytest.mark.parametrize("nonsense", [5.0, 1_000_000.0, None])
def test_stashs_duration_counts_before_the_taggers(tagger: ScriptedTagger, nonsense: float | None) -> None:
    make_scene(1)
    SceneFile.objects.update(duration=100)
    tagger.films["/data/1.mp4"] = answer(nonsense, Dog=(10.0, 24.0), Cat=(0.0, 25.0), Cow=(90.0, 130.0))
    run("analysis", scene_ids=[1])
    found = dict(Change.objects.filter(kind="add_marker").values_list("tag", "value__end"))
    assert found == {"dog_ai": 24.0, "cat_ai": 25.0, "cow_ai": 100.0}
    Change.objects.all().delete()
    assert {one["value"].get("end") for one in trial().described()["examples"]} == {None, 24.0, 25.0, 100.0}


def test_without_one_of_stash_the_taggers_counts(tagger: ScriptedTagger) -> None:
    make_scene(1)
    SceneFile.objects.update(duration=0)
    tagger.films["/data/1.mp4"] = answer(20.0, Dog=(8.0, 14.0))
    run("analysis", scene_ids=[1])
    assert list(Change.objects.filter(kind="add_tag").values_list("tag", flat=True)) == ["dog_ai"]
