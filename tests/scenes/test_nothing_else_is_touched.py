"""After a run with all detectors a scene in Stash is as it was, but for the changes that its plan says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobs.models import Job, Status
from jobs.testing import run
from scenes.analysis.detectors import DEFAULTS, available
from scenes.models import Change, Scene, SyncState
from scenes.plans.kinds import KINDS
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_change, due_scenes, make_plan, make_scene, make_tag
from tests.scenes.stash_user import User
from tests.scenes.tagger_server import OTHERS, ScriptedTagger

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
SKIPPED = ["process_downloads", "stash_scan", "incremental_sync", "stash_generate", "completion"]


@pytest.fixture
def user(library: RunningStash, tagger: ScriptedTagger, configure: Callable[..., object]) -> User:
    """Of a Stash with twelve scenes; what the first ones are called names much of it, 9 is organized."""
    configure(detectors=frozenset(DEFAULTS))
    library.do(lambda: library.simulator.settings.ui.update(vrTag="VR"))
    user = User(library)
    vr = user.create_tag("VR")
    ann, parent = user.create_performer("Ann Oak"), user.create_studio("North")
    user.create_performer("Eve", disambiguation="Paris")
    user.create_performer("Eve", disambiguation="London")
    user.create_studio("North Beach", parent_id=parent)
    text = "Ann Oak and Eve in VR, at North Beach, by North: Tag 0004"
    for scene in range(1, 13):
        values = {"rating100": 7 * scene, "code": f"C-{scene}", "urls": ["http://a/"], "date": "2020-02-03"}
        user.set_scene(scene, title=f"<b>{text}</b> {scene}", details=f"<p>{text}</p>  {scene}", **values)
    user.set_scene(1, studio_id=None, tag_ids=[vr], performer_ids=[])
    user.set_scene(2, studio_id=None, performer_ids=[ann], tag_ids=[])
    user.set_scene(3, tag_ids=[], performer_ids=[])
    user.set_scene(9, organized=True)
    library.state.files[1].path = "/seeded/Film VR 180_LR.mp4"
    library.state.files[1].width, library.state.files[1].height = 5760, 2880
    tagger.films[OTHERS] = [("Dog", 1.0, 5.5)]
    assert run("sync").status == Status.COMPLETED
    return user


def whole_run() -> Job:
    return run("process_new_scenes", skip=SKIPPED)


def scenes(user: User) -> dict[int, dict[str, Any]]:
    return {scene["id"]: scene for scene in user.stash.dump()["scenes"]}


def with_changes(scene: dict[str, Any]) -> dict[str, Any]:
    """What the applied changes make of a scene, without ids and times."""
    scene = {k: v for k, v in scene.items() if k not in ("updated_at", "tag_ids", "performer_ids", "studio_id")}
    scene["markers"] = [(m["title"], m["seconds"], m["end_seconds"], m["primary_tag"]) for m in scene["markers"]]
    for change in Change.objects.filter(scene=scene["id"], status=Change.Status.APPLIED):
        match change.kind, change.value:
            case "add_tag", {"name": name}:
                scene["tags"] = sorted([*scene["tags"], name])
            case "add_performer", {"name": name}:
                scene["performers"] = sorted([*scene["performers"], name])
            case "set_studio", {"name": name}:
                scene["studio"] = name
            case "set_details", {"details": details}:
                scene["details"] = details
            case "add_marker", {"tag": tag, "title": title, "start": start, "end": end}:
                scene["markers"] = [*scene["markers"], (title, start, end, tag)]
    return scene


def test_a_scene_is_as_before_but_for_its_changes(user: User) -> None:
    before = scenes(user)
    named = {kind: user.stash.dump()[kind] for kind in ("performers", "studios", "files", "folders")}
    job = whole_run()
    assert job.status == Status.COMPLETED, job.result
    after = scenes(user)
    Change.objects.filter(before__present=True).delete()
    for pk, scene in before.items():
        kept = {k: v for k, v in after[pk].items() if k not in ("updated_at", "tag_ids", "performer_ids", "studio_id")}
        kept["markers"] = [(m["title"], m["seconds"], m["end_seconds"], m["primary_tag"]) for m in kept["markers"]]
        wanted = with_changes(scene)
        assert sorted(kept.pop("markers"), key=str) == sorted(wanted.pop("markers"), key=str)
        assert kept == wanted
    assert {kind: user.stash.dump()[kind] for kind in named} == named
    assert after[9] == before[9], "it is organized"


def test_each_detector_found_what_there_was_to_find_and_no_more(user: User) -> None:
    whole_run()
    after = scenes(user)
    assert after[1]["performers"] == ["Ann Oak"] and after[1]["studio"] == "North Beach"
    assert after[2]["performers"] == ["Ann Oak"] and after[2]["studio"] == "North Beach"
    assert after[3]["studio"] == "Studio 0001", "it had one"
    assert after[1]["details"] == "Ann Oak and Eve in VR, at North Beach, by North: Tag 0004\n\n1"
    assert after[1]["title"] == "<b>Ann Oak and Eve in VR, at North Beach, by North: Tag 0004</b> 1"
    assert after[1]["tags"] == ["5K", "Dog_AI", "Tag 0004", "VR"]
    assert after[2]["tags"] == ["1080p", "Dog_AI", "Tag 0004"]
    assert {change.detector for change in Change.objects.all()} == set(available(DEFAULTS))
    assert not due_scenes(DEFAULTS).exists()


def test_stashs_own_vr_tag_is_neither_given_nor_taken(user: User) -> None:
    whole_run()
    assert [pk for pk, scene in scenes(user).items() if "VR" in scene["tags"]] == [1]
    user.set_scene(1, tag_ids=[])
    run("sync")
    job = run("analysis", scene_ids=[1], **dict.fromkeys(DEFAULTS, True))
    run("apply_plan", plan_id=(job.result or {})["plan_id"])
    assert scenes(user)[1]["tags"] == ["5K", "Dog_AI", "Tag 0004"]


@pytest.mark.usefixtures("configure")
def test_a_vr_tag_that_stash_names_and_does_not_have_is_not_made_either() -> None:
    make_scene(1, path="/data/Film VR.mp4")
    SyncState.objects.update(vr_tag="vr")
    make_tag(1, "Dog")
    Scene.objects.get(pk=1).files.update(width=5760, height=2880)
    run("analysis", detect_media_tags=True, detect_video_tags=False)
    assert [change.value["name"] for change in Change.objects.all()] == ["5K"]


def test_all_of_it_can_be_taken_back(user: User) -> None:
    before = scenes(user)
    whole_run()
    back = make_plan()
    for change in Change.objects.filter(status=Change.Status.APPLIED):
        if (change.before or {}).get("present") or change.before == change.after:
            continue
        inverse = KINDS[change.kind].inverse(change)
        assert inverse is not None
        add_change(back, change.scene_id, inverse.kind, **inverse.value)
    assert run("apply_plan", plan_id=back.pk).status == Status.COMPLETED
    after = scenes(user)
    for pk in before:
        assert before[pk] | {"updated_at": ""} == after[pk] | {"updated_at": ""}
