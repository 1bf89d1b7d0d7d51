"""A kind of output that fails for all scenes is said, counted apart, and not asked for in each run; no scene pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from jobs import testing
from jobs.models import Job, Status
from scenes.models import Generation, OutputKind, Scene
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.media import generator
from tests.scenes.placing import log_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

Configure = Callable[..., object]
ENCODER = "ffmpeg: Unknown encoder 'libx264'"


def generate() -> Job:
    return testing.run("stash_generate")


@pytest.fixture
def synced(synced: RunningStash, configure: Configure) -> RunningStash:
    """Twelve scenes with nothing generated."""
    configure(generate=frozenset({"covers", "previews"}))
    return synced


def asked(stash: RunningStash, kind: str) -> list[list[str]]:
    """The scenes for which that kind was asked for, by request."""
    inputs = [entry.variables["input"] for entry in stash.asked("metadataGenerate")]
    return [given["sceneIDs"] for given in inputs if given[kind]]


@pytest.fixture
def no_encoder() -> Iterator[pytest.MonkeyPatch]:
    """Stash's ffmpeg can't make previews, until that is undone. Its log names each film."""

    def fail(shown: object, target: object) -> None:
        raise OSError(ENCODER)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(generator, "save_clip", fail)
        yield patched


def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log says no word of any film."""
    monkeypatch.setattr("scenes.simulators.stash.jobs.log.Log.error", lambda self, text: None)


def test_previews_that_fail_for_all_scenes_are_at_fault_and_the_scenes_count_for_their_covers(
    synced: RunningStash, no_encoder: pytest.MonkeyPatch
) -> None:
    job = generate()
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
    assert job.result == {
        "generated": 12,
        "already_there": 0,
        "failed": 0,
        "carried_over": 0,
        "without": {"previews": 12},
    }
    assert "no previews for any of 12 scenes" in log_of(job) and ENCODER in log_of(job)
    assert not Generation.objects.filter(attempts__gt=0).exists()


def test_they_are_not_asked_for_in_the_next_runs_and_new_scenes_get_the_rest(
    synced: RunningStash, no_encoder: pytest.MonkeyPatch
) -> None:
    generate()
    synced.forget_requests()
    Scene.objects.filter(pk__in=[1, 2]).update(generated_at=None)
    for number in (1, 2):
        synced.do(partial(setattr, synced.state.scenes[number], "has_cover", False))
    for _ in range(3):
        job = generate()
        assert job.status == Status.COMPLETED
        assert "Stash is not asked for previews" in log_of(job)
    assert asked(synced, "previews") == []
    assert [sorted(ids) for ids in asked(synced, "covers")] == [["1", "2"]]
    assert OutputKind.objects.get(name="previews").lacking.count() == 12


def test_after_a_day_one_scene_tries_it_and_only_one(synced: RunningStash, no_encoder: pytest.MonkeyPatch) -> None:
    generate()
    synced.forget_requests()
    a_day_later()
    job = generate()
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
    assert [len(ids) for ids in asked(synced, "previews")] == [1]
    assert generate().status == Status.COMPLETED
    assert len(asked(synced, "previews")) == 1


def a_day_later() -> None:
    OutputKind.objects.update(asked_at=timezone.now() - timedelta(hours=25))


def a_later_version(stash: RunningStash) -> None:
    OutputKind.objects.update(stash_version="v0.1.0")


def a_person_asks(stash: RunningStash) -> None:
    OutputKind.objects.ask_again()


@pytest.mark.parametrize("why", [lambda stash: a_day_later(), a_later_version, a_person_asks])
def test_once_it_works_again_all_scenes_that_lack_it_get_it_in_the_same_run(
    synced: RunningStash, no_encoder: pytest.MonkeyPatch, why: Callable[[RunningStash], None]
) -> None:
    generate()
    no_encoder.undo()
    assert generate().result == {"generated": 0, "already_there": 0, "failed": 0, "carried_over": 0}
    why(synced)
    job = generate()
    assert job.status == Status.COMPLETED
    assert job.result == {"generated": 12, "already_there": 0, "failed": 0, "carried_over": 0}
    assert all(synced.simulator.outputs.preview(scene).exists() for scene in synced.state.scenes.values())


def test_one_scene_alone_tells_that_a_kind_which_never_worked_is_broken(
    synced: RunningStash, no_encoder: pytest.MonkeyPatch
) -> None:
    Scene.objects.filter(pk__gt=1).delete()
    assert generate().result == {
        "generated": 1, "already_there": 0, "failed": 0, "carried_over": 0, "without": {"previews": 1}
    }  # fmt: skip


def test_without_a_word_in_the_log_it_is_the_same(synced: RunningStash, no_encoder: pytest.MonkeyPatch) -> None:
    silent(no_encoder)
    result = generate().result
    assert result is not None and result["without"] == {"previews": 12}


def test_a_kind_that_breaks_after_it_worked_is_said_too(
    synced: RunningStash, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    Scene.objects.filter(pk__gt=6).update(generated_at=timezone.now())
    assert generate().status == Status.COMPLETED
    Scene.objects.filter(pk__gt=6).update(generated_at=None)

    def fail(shown: object, target: object) -> None:
        raise OSError(ENCODER)

    monkeypatch.setattr(generator, "save_clip", fail)
    assert generate().result == {
        "generated": 6, "already_there": 0, "failed": 0, "carried_over": 0, "without": {"previews": 6}
    }  # fmt: skip


def test_one_scene_of_which_a_working_kind_cannot_be_made_pays_itself_and_is_given_up(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = generator.save_clip
    bad = synced.simulator.outputs.preview(synced.state.scenes[4])

    def some(shown: Any, target: Any) -> None:
        if target == bad:
            raise OSError(ENCODER)
        save(shown, target)

    monkeypatch.setattr(generator, "save_clip", some)
    assert [generate().errors for _ in range(4)] == [1, 1, 1, 0]
    assert Generation.objects.get(pk=4).attempts == 3
    assert not OutputKind.objects.exclude(broken_at=None).exists()


def test_films_that_cannot_be_read_at_all_do_not_make_a_kind_broken(synced: RunningStash) -> None:
    for number in range(1, 13):
        file = synced.state.files[synced.state.scenes[number].file_ids[0]]
        synced.do(partial(setattr, file, "imaginary", False))
    generate()
    assert not OutputKind.objects.exclude(broken_at=None).exists()


def test_with_nothing_else_wanted_no_scene_is_complete_without(
    synced: RunningStash, configure: Configure, no_encoder: pytest.MonkeyPatch
) -> None:
    generate()
    Scene.objects.update(generated_at=None)
    configure(generate=frozenset({"previews"}))
    job = generate()
    assert "not asked for previews" in log_of(job)
    assert not Scene.objects.exclude(generated_at=None).exists()
