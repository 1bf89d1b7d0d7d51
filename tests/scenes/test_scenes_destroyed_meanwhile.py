"""A scene that is destroyed in Stash while we have it generate costs the others nothing; nor does a swapped Stash."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from jobs import testing
from jobs.models import Status
from scenes.models import Scene
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.jobs.queue import Running
from scenes.simulators.stash.jobs.tasks import Generate, destroy_scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def synced(synced: RunningStash, configure: Callable[..., object]) -> RunningStash:
    """Twelve scenes without covers."""
    configure(generate=frozenset({"covers"}))
    return synced


def destroying(victims: Iterator[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """As each generation begins, the next of these scenes is destroyed: then nothing at all is made."""
    whole = Generate.items

    def items(self: Generate) -> object:
        for victim in victims:
            destroy_scene(self.state, self.state.scenes[victim])
            self.state.commit()
            break
        return whole(self)

    monkeypatch.setattr(Generate, "items", items)


def test_the_rest_is_asked_for_once_more(synced: RunningStash, monkeypatch: pytest.MonkeyPatch) -> None:
    destroying(iter([12]), monkeypatch)
    job = testing.run("stash_generate")
    assert job.status == Status.COMPLETED, job.message
    assert job.result == {"generated": 11, "already_there": 0, "failed": 0, "carried_over": 1}
    assert len(synced.asked("metadataGenerate")) == 2


def test_what_fails_then_is_its_own_fault(synced: RunningStash, monkeypatch: pytest.MonkeyPatch) -> None:
    synced.do(lambda: setattr(synced.state.files[synced.state.scenes[4].file_ids[0]], "imaginary", False))
    destroying(iter([12]), monkeypatch)
    assert testing.run("stash_generate").result == {
        "generated": 10, "already_there": 0, "failed": 1, "carried_over": 1,
    }  # fmt: skip
    assert dict(Scene.objects.filter(generation__attempts__gt=0).values_list("pk", "generation__attempts")) == {4: 1}


def test_it_is_not_asked_for_ever_and_then_the_next_run_does_it(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        destroying(iter(range(12, 0, -1)), patched)
        job = testing.run("stash_generate")
    assert job.status == Status.COMPLETED
    assert len(synced.asked("metadataGenerate")) == 3
    assert not Scene.objects.filter(generation__attempts__gt=0).exists()
    job = testing.run("stash_generate")
    assert job.result == {"generated": 9, "already_there": 0, "failed": 0, "carried_over": 3}


def test_nothing_counts_as_made_in_another_library(synced: RunningStash, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Generate.__call__

    async def swapped(self: Generate, running: Running) -> None:
        await whole(self, running)
        synced.simulator.reset_library()

    monkeypatch.setattr(Generate, "__call__", swapped)
    job = testing.run("stash_generate")
    assert (job.status, job.error_code) == (Status.FAILED, "another_library")
    assert not Scene.objects.exclude(generated_at=None).exists()
    assert not Scene.objects.filter(generation__attempts__gt=0).exists()
