"""The library in the API: listed with filters and by cursor, one scene with all it has, and jobs for chosen scenes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from scenes.models import Marker, Performer, Scene, SceneFile, Studio, Tag

pytestmark = pytest.mark.django_db


def make(pk: int, **columns: Any) -> Scene:
    given = {"title": f"Film {pk}", "created_at": timezone.now(), "remote_updated_at": "x"}
    return Scene.objects.create(pk=pk, **{**given, **columns})


@pytest.fixture
def library() -> None:
    studio, dog = Studio.objects.create(pk=3, name="Studio"), Tag.objects.create(pk=4, name="Dog", aliases=["Hound"])
    ada = Performer.objects.create(pk=5, name="Ada", disambiguation="the first")
    first = make(1, studio=studio, video_analyzed=True, generated_at=timezone.now())
    first.tags.add(dog)
    first.performers.add(ada)
    SceneFile.objects.create(pk=9, scene=first, path="/media/a.mp4", size=7, duration=1.5)
    Marker.objects.create(pk=6, scene=first, seconds=2.5, title="Barks", primary_tag=dog)
    Marker.objects.create(pk=7, scene=first, seconds=1, primary_tag_id=999)
    make(2, title="", file_name="b.mp4", organized=True, studio_id=998)
    SceneFile.objects.create(pk=10, scene_id=2, path="/media/b.mp4")  # whose name is the scene's
    make(3, deleted_at=timezone.now())


def get(client: Client, address: str, status: int = 200) -> Any:
    answer = client.get(f"/api/{address}")
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        *[("", [2, 1]), ("deleted=true", [3]), ("video_analyzed=true", [1]), ("organized=true", [2])],
        *[("generated=false", [2]), ("tag_id=4", [1]), ("performer_id=5", [1]), ("studio_id=3", [1])],
        *[("title=film", [1]), ("title=B.MP", [2]), ("tag_id=4&organized=true", []), ("studio_id=77", [])],
    ],
)
def test_scenes_are_listed_newest_first_by_all_filters_that_are_given(program: Client, query: str, found: Any) -> None:
    assert [item["id"] for item in get(program, f"scenes?{query}")["items"]] == found


@pytest.mark.usefixtures("library")
def test_pages_follow_each_other_by_cursor(program: Client) -> None:
    first = get(program, "scenes?limit=1")
    second = get(program, f"scenes?limit=1&cursor={first['next']}")
    assert [first["items"][0]["id"], second["items"][0]["id"], second["next"]] == [2, 1, None]


@pytest.mark.usefixtures("library")
def test_one_scene_has_its_files_tags_performers_and_studio(program: Client) -> None:
    scene = get(program, "scenes/1")
    assert scene["studio"] == {"id": 3, "name": "Studio"}
    assert (scene["tags"], scene["performers"]) == ([{"id": 4, "name": "Dog"}], [{"id": 5, "name": "Ada"}])
    assert [(file["path"], file["size"], file["duration"]) for file in scene["files"]] == [("/media/a.mp4", 7, 1.5)]
    assert get(program, "scenes/2")["studio"] is None  # named by the scene, and not synced yet
    assert get(program, "scenes/77", 404)["error"]["code"] == "not_found"
    get(program, f"scenes/{2**63}", 404)


@pytest.mark.usefixtures("library")
def test_its_markers_are_in_the_order_of_the_film(program: Client) -> None:
    markers = get(program, "scenes/1/markers")["items"]
    assert [(one["seconds"], one["title"], one["tag"]["name"]) for one in markers] == [
        (1, "", ""),
        (2.5, "Barks", "Dog"),
    ]
    assert get(program, "scenes/2/markers")["items"] == []


@pytest.mark.usefixtures("library")
def test_names_are_listed_and_found_by_a_part(program: Client) -> None:
    assert get(program, "tags?name=do")["items"][0]["aliases"] == ["Hound"]
    assert get(program, "tags?name=cat")["items"] == []
    assert get(program, "performers")["items"][0]["disambiguation"] == "the first"
    assert get(program, "studios")["items"][0]["parent_id"] is None


@pytest.mark.parametrize("many", [2, 30])
def test_a_page_costs_as_many_queries_whatever_is_on_it(
    program: Client, django_assert_num_queries: Any, many: int
) -> None:
    for pk in range(1, many + 1):
        make(pk, studio=Studio.objects.create(pk=pk, name=str(pk)))
    with django_assert_num_queries(4):
        get(program, "scenes")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("act", "type", "params"),
    [
        *[("analyse", "analysis", {"scene_ids": [1, 2]}), ("identify", "stash_identify", {"scene_ids": [1, 2]})],
        *[("analyse-outdated", "analysis", {"scene_ids": [1, 2], "outdated": True}), ("sync", "sync", {})],
        *[("generate", "stash_generate", {}), ("auto-tag", "stash_auto_tag", {"scene_ids": [1, 2]})],
    ],
)
def test_a_job_is_started_for_the_chosen_scenes(program: Client, act: str, type: str, params: Any) -> None:
    answer = program.post(f"/api/scenes/{act}", {"scene_ids": [1, 2]}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    job = Job.objects.get(pk=answer.json()["id"])
    assert (job.type, job.source) == (type, "api")
    assert {name: job.params[name] for name in params} == params


@pytest.mark.parametrize("ids", [[], ["1"], [0], [2**63], None, [True]])
def test_what_are_no_scenes_starts_nothing(program: Client, ids: Any) -> None:
    answer = program.post("/api/scenes/analyse", {"scene_ids": ids}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
    assert not Job.objects.exists()
