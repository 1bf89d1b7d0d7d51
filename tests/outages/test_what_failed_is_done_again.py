"""Retry of a run, a step, a batch and an item, from page, admin, command and API: only what failed is done again.

All rows are those of a real run, in which something failed: one film that the tagger could not handle, one file that
could not be placed, one that Stash did not find, or a step of which the whole failed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.models import Job, Status
from scenes.models import Detection, Download, PlacedFile, Scene
from tests.outages.person import WHERE, Person
from tests.outages.world import World, log_of, statuses_of

NIGHT = "Alps/Night.mp4"
DONE, BAD, FAILED = "completed", "completed_with_errors", "failed"


@pytest.fixture
def person(transactional_db: None, settings: Any) -> Person:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody guesses here
    return Person.with_all_rights()


@dataclass(frozen=True)
class Asked:
    """What the services were asked to do: films tagged, folders scanned, scenes generated for, torrents listed."""

    tagged: frozenset[str] = frozenset()
    scanned: bool = False
    generated: bool = False
    listed: bool = False


def forget(world: World) -> None:
    for control in (world.tagger.server.control, world.qbittorrent.server.control):
        control.forget()
    world.stash.forget_requests()


def asked(world: World) -> Asked:
    films = [
        json.loads(record.body)["path"] for record in world.tagger.server.control.asked("process_video", method="POST")
    ]
    return Asked(
        frozenset(str(Path(film).relative_to(world.library)) for film in films),
        bool(world.stash.asked("Scan")),
        bool(world.stash.asked("Generate")),
        bool(world.qbittorrent.server.control.asked("torrents/info")),
    )


# Runs, steps and batches


@pytest.fixture
def failed(world: World) -> Job:
    """A run of three batches, of which one failed for its film, and of which nothing could be generated."""
    world.tagger.refuse("Night", "a bug in a model")
    world.stash.fault("http_403", "Generate", times=None)
    run = world.run(batch_size=1)
    assert statuses_of(run) == [DONE, DONE, DONE, BAD, FAILED, DONE], log_of(run)
    world.tagger.refusals.clear()
    world.stash.clear_faults()
    forget(world)
    return run


def batch_of_night(run: Job) -> Job:
    return run.sub_jobs.get(type="analysis", status=Status.COMPLETED_WITH_ERRORS)


# What is retried: the job, the step, what the services are asked then, and how the steps end.
NIGHT_TAGGED, ALL = Asked(tagged=frozenset({NIGHT})), [DONE] * 6
RETRIED: dict[str, tuple[Callable[[Job], Job], str, Asked, list[str]]] = {
    "run": (lambda run: run, "", Asked(tagged=frozenset({NIGHT}), generated=True), ALL),
    "step": (lambda run: run, "stash_generate", Asked(generated=True), [DONE, DONE, DONE, BAD, DONE, DONE]),
    "step of batches": (lambda run: run, "analysis_batches", NIGHT_TAGGED, [DONE, DONE, DONE, DONE, FAILED, DONE]),
    "batch": (batch_of_night, "", NIGHT_TAGGED, [DONE, DONE, DONE, DONE, FAILED, DONE]),
}


# Each kind of request by each way in once, and each example by two: what is done again is the same for all ways.
@pytest.mark.parametrize(
    ("what", "where"),
    [
        *[("run", "page"), ("run", "command"), ("batch", "admin"), ("batch", "api")],
        *[("step", "page"), ("step", "api"), ("step of batches", "admin"), ("step of batches", "command")],
    ],
)
def test_only_what_failed_of_a_run_is_done_again(
    world: World, failed: Job, person: Person, what: str, where: str
) -> None:
    choose, step, services, steps = RETRIED[what]
    untouched = set(failed.sub_jobs.filter(status=Status.COMPLETED).values_list("pk", "attempt", "finished_at"))
    person.retry(where, choose(failed), step)
    run = world.finish(failed)
    assert asked(world) == services
    assert statuses_of(run) == steps, log_of(run)
    assert run.status == (Status.COMPLETED if steps == ALL else Status.COMPLETED_WITH_ERRORS)
    assert untouched <= set(run.sub_jobs.values_list("pk", "attempt", "finished_at"))
    if what == "run":
        world.nothing_is_lost()


# Items


def refuse_night(world: World) -> None:
    world.tagger.refuse("Night", "a bug in a model")


def lengthen_source(world: World) -> None:
    with (world.downloads / NIGHT).open("ab") as film:
        film.write(b"more")


def shorten_source(world: World) -> None:
    os.truncate(world.downloads / NIGHT, (world.downloads / NIGHT).stat().st_size - len(b"more"))


def lose_target(world: World) -> None:
    world.at("stash_scan", (world.library / NIGHT).unlink)


def bring_target_back(world: World) -> None:
    (world.library / NIGHT).hardlink_to(world.downloads / NIGHT)


def break_generation(world: World) -> None:
    def act() -> None:
        (world.library / NIGHT).rename(world.folder / "hidden")

    world.at("stash_generate", act)


def fix_generation(world: World) -> None:
    (world.folder / "hidden").rename(world.library / NIGHT)


def the_file() -> tuple[str, int]:
    return "file", PlacedFile.objects.get(name=NIGHT).pk


def its_download() -> tuple[str, int]:
    return "download", Download.objects.get(name="Alps").pk


def its_scene() -> tuple[str, int]:
    return "scene", Scene.objects.get(files__path__endswith=NIGHT).pk


Act = Callable[[World], Any]
ANALYSED = Asked(tagged=frozenset({NIGHT}), listed=True)
PLACED = Asked(tagged=frozenset({NIGHT}), scanned=True, generated=True, listed=True)
# What failed: how it comes to that, how it is fixed, what is released, and what the next run asks the services.
RELEASED: dict[str, tuple[Act, Act, Callable[[], tuple[str, int]], Asked]] = {
    "film": (refuse_night, lambda world: world.tagger.refusals.clear(), its_scene, ANALYSED),
    "preview": (break_generation, fix_generation, its_scene, Asked(generated=True, listed=True)),
    "file that was not placed": (lengthen_source, shorten_source, the_file, PLACED),
    "download": (lengthen_source, shorten_source, its_download, PLACED),
    "file that was not found": (lose_target, bring_target_back, the_file, PLACED),
}


# Each kind of row by each way in once. The page names the torrent of a file that was not placed, and not the file.
@pytest.mark.parametrize(
    ("what", "where"),
    [
        *[("film", "page"), ("film", "command"), ("preview", "admin"), ("preview", "api")],
        *[("file that was not placed", "admin"), ("file that was not placed", "command")],
        *[("file that was not found", "admin"), ("file that was not found", "api")],
        *[("download", where) for where in WHERE],
    ],
)
def test_only_a_released_item_is_tried_again(world: World, person: Person, what: str, where: str) -> None:
    spoil, fix, choose, services = RELEASED[what]
    world.configure(max_item_attempts=1)
    spoil(world)
    run = world.run()
    assert run.status == Status.COMPLETED_WITH_ERRORS, log_of(run)
    fix(world)
    forget(world)
    others = others_than_night()
    person.release(where, *choose())
    run = world.run()
    assert run.status == Status.COMPLETED, log_of(run)
    assert asked(world) == services
    assert others_than_night() == others
    world.nothing_is_lost()


@pytest.mark.parametrize("what", ["film", "preview", "file that was not placed", "file that was not found"])
def test_what_was_given_up_is_left_alone_until_somebody_releases_it(world: World, what: str) -> None:
    spoil, fix, *_ = RELEASED[what]
    world.configure(max_item_attempts=2)
    spoil(world)
    assert [world.run().status for _ in range(2)] == [Status.COMPLETED_WITH_ERRORS] * 2
    fix(world)
    forget(world)
    assert world.run().status == Status.COMPLETED
    assert asked(world) == Asked(listed=True)


def others_than_night() -> Any:
    """When and by whom the others were handled."""
    files = PlacedFile.objects.exclude(name=NIGHT).values_list("name", "job", "placed_by", "scan__job", "placed_at")
    scenes = Scene.objects.exclude(files__path__endswith=NIGHT)
    found = Detection.objects.filter(scene__in=scenes).values_list("scene", "detector", "handled_at", "job")
    return sorted(files), sorted(found), sorted(scenes.values_list("pk", "generation__job", "generated_at"))


@pytest.mark.parametrize(
    ("test", "examples"),
    [(test_only_what_failed_of_a_run_is_done_again, RETRIED), (test_only_a_released_item_is_tried_again, RELEASED)],
)
def test_every_example_is_tried_and_every_way_in(test: Any, examples: dict[str, Any]) -> None:
    (marked,) = [mark for mark in test.pytestmark if mark.name == "parametrize"]
    whats, wheres = zip(*marked.args[1], strict=True)
    assert set(whats) == set(examples)
    assert set(wheres) == set(WHERE)
