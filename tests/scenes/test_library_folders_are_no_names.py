"""The names of Stash's library folders say nothing of a scene, from the very first run on, whatever came before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from jobs import testing
from jobs.models import Job, Status
from jobs.waiting import Waiter
from scenes import services
from scenes.configuration.destinations import DestinationRow
from scenes.models import Change, Detection, SceneFile, SyncState
from scenes.paths import PathMap
from scenes.simulators.qbittorrent import running_qbittorrent
from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.videos import make_video
from tests.processes import until
from tests.scenes.analysis_factories import due_scenes, make_scene, make_tag, set_folders, tags_of
from tests.scenes.placing import Place, log_of
from tests.scenes.stash_user import User
from tests.scenes.tagger_server import OTHERS, ScriptedTagger

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

Configure = Callable[..., Any]


@dataclass
class Old:
    """A library that Stash has had for years: films are on disk and scanned, and StashHog has never run."""

    root: Path
    stash: RunningStash
    configure: Configure

    @property
    def user(self) -> User:
        return User(self.stash)

    def set_folders(self, *names: str) -> None:
        self.stash.do(lambda: self.stash.simulator.settings.libraries.__setitem__(slice(None), self.paths(*names)))

    def paths(self, *names: str) -> list[str]:
        return [str(self.root / name) for name in names]

    def film(self, name: str) -> None:
        seed = sum(map(ord, name)) % 1000
        make_video(self.root / name, seconds=1, size=(64, 36), seed=seed)

    def scan(self) -> None:
        client = services.stash(Waiter())
        number = client.scan(self.stash.simulator.settings.libraries)

        def ended() -> bool:
            job = client.find_job(number)
            return job is not None and job.status == "FINISHED"

        until(ended, "the end of Stash's own scan", 20)

    def run(self, **params: Any) -> Job:
        return testing.run("process_new_scenes", **params)

    def tags(self) -> dict[str, list[str]]:
        """The name of each scene's file → its tags in Stash."""
        tags = tags_of(self.stash)
        return {Path(row["files"][0]).name: tags[row["id"]] for row in self.stash.dump()["scenes"]}


@pytest.fixture
def old(tmp_path: Path, configure: Configure, settings: Any) -> Iterator[Old]:
    settings.JOBS_RETRY_DELAY = 0
    with ExitStack() as stack:
        qbittorrent = stack.enter_context(running_qbittorrent(tmp_path / "downloads"))
        stash = stack.enter_context(running_stash(seconds_per_item=0.0))
        configure(
            stash_url=stash.url,
            qbittorrent_url=qbittorrent.url,
            qbittorrent_username=qbittorrent.username,
            qbittorrent_password=qbittorrent.password,
            library_path=tmp_path,
            stash_poll=0.05,
            generate=frozenset({"covers"}),
        )
        yield Old(tmp_path / "videos", stash, configure)


def proposed() -> list[tuple[int, str]]:
    return sorted(Change.objects.values_list("scene_id", "value__name"))


# A whole run


def test_the_first_run_over_an_old_library_tags_no_scene_with_its_library_folders_name(old: Old) -> None:
    for name in ("Beach/1.mp4", "Beach/Dog/2.mp4", "films/Beach/3.mp4"):
        old.film(name)
    old.set_folders("Beach", "films")
    for tag in ("Beach", "videos", "films", "Dog"):
        old.user.create_tag(tag)
    old.scan()
    run = old.run()
    assert run.status == Status.COMPLETED, run.result
    assert old.tags() == {"1.mp4": [], "2.mp4": ["Dog"], "3.mp4": ["Beach"]}
    assert len(proposed()) == 2


def test_nor_is_the_name_of_a_library_folder_in_another_one(old: Old) -> None:
    for name in ("data/1.mp4", "data/Beach/2.mp4", "data/Sea/Night/3.mp4", "data/Sea/4.mp4"):
        old.film(name)
    old.set_folders("data", "data/Beach", "data/Sea/Night")
    for tag in ("data", "Beach", "Night", "Sea", "videos"):
        old.user.create_tag(tag)
    old.scan()
    assert old.run().status == Status.COMPLETED
    assert proposed() == []


def test_nor_is_the_name_of_a_destination_below_one(old: Old) -> None:
    for name in ("data/Beach/1.mp4", "data/Beach/Night/2.mp4", "data/Sea/3.mp4", "data/New/4.mp4"):
        old.film(name)
    old.set_folders("data")
    for tag in ("data", "Beach", "Night", "Sea", "New"):
        old.user.create_tag(tag)
    rows = [DestinationRow(name, f"/ours/{name}", categories=name) for name in ("Beach", "New")]
    mapping = f"stash:{old.root}/data=/ours"
    old.configure(library_path=Path("/elsewhere"), destination_rows=tuple(rows), path_map=PathMap.parse(mapping))
    old.scan()
    old.run(skip=["process_downloads"])
    tags = {Path(file.path).name: file.scene_id for file in SceneFile.objects.all()}
    assert proposed() == sorted([(tags["2.mp4"], "Night"), (tags["3.mp4"], "Sea")])


def test_each_analysis_asks_for_the_folders_once(old: Old) -> None:
    for number in range(4):
        old.film(f"Beach/{number}.mp4")
    old.set_folders("Beach")
    old.scan()
    old.stash.forget_requests()
    run = old.run(batch_size=2, skip=["stash_generate", "completion"])
    analyses = Job.objects.filter(parent=run, type="analysis").count()
    assert (analyses, len(old.stash.asked("Libraries"))) == (2, 3), "and the sync once"


# What the sync and the analysis learn


@pytest.fixture
def known(old: Old) -> Old:
    """One film, synced; its library folder is called like a tag."""
    old.film("Beach/1.mp4")
    old.set_folders("Beach")
    old.user.create_tag("Beach")
    old.scan()
    assert testing.run("sync").status == Status.COMPLETED
    return old


def test_a_sync_learns_the_folders_so_that_an_analysis_can_do_without_stash(known: Old) -> None:
    assert SyncState.load().library_folders == known.paths("Beach")
    with known.stash.away():
        job = testing.run("analysis")
    assert (job.status, proposed()) == (Status.COMPLETED, [])
    assert "as Stash last listed" in log_of(job)


def test_an_analysis_alone_asks_stash_when_nobody_has_yet(known: Old) -> None:
    SyncState.objects.update(library_folders=[])
    assert testing.run("analysis").status == Status.COMPLETED
    assert proposed() == []
    assert SyncState.load().library_folders == known.paths("Beach")


def test_without_a_sync_state_it_asks_too(known: Old) -> None:
    SyncState.objects.all().delete()
    assert testing.run("analysis").status == Status.COMPLETED
    assert proposed() == [] and SyncState.load().library_folders == known.paths("Beach")


def test_with_stash_away_and_folders_never_told_nothing_is_decided_and_the_next_run_does_it(known: Old) -> None:
    SyncState.objects.update(library_folders=[])
    with known.stash.away():
        job = testing.run("analysis", scene_ids=[1])
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "folders_unknown", 3)
    assert "Stash's library folders are not known" in job.error_message and "no connection" in job.error_message
    assert not Change.objects.exists() and not Detection.objects.exists()
    assert [scene.pk for scene in due_scenes()] == [1]
    assert testing.run("analysis").status == Status.COMPLETED
    assert proposed() == [] and not due_scenes().exists()


def test_a_stash_that_refuses_the_key_is_no_reason_to_guess_or_to_try_again(known: Old) -> None:
    SyncState.objects.update(library_folders=[])
    known.stash.do(lambda: setattr(known.stash.simulator.settings, "api_key", "secret"))
    job = testing.run("analysis")
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "folders_unknown", 1)
    assert not Detection.objects.exists()


def test_the_command_alone_decides_no_better_than_a_run(known: Old) -> None:
    SyncState.objects.update(library_folders=[])
    with pytest.raises(SystemExit) as left:
        call_command("analysis", "--inline")
    assert left.value.code == 0
    assert proposed() == [] and Detection.objects.exists()


def test_nothing_due_asks_nothing(old: Old) -> None:
    old.stash.forget_requests()
    assert testing.run("analysis").message == "No scene is due"
    assert old.stash.requests == []


# Folders change


def test_a_folder_that_was_added_in_stash_is_noticed_by_the_next_analysis(known: Old) -> None:
    known.set_folders("")
    known.film("Sea/2.mp4")
    known.user.create_tag("Sea")
    known.scan()
    testing.run("sync")
    assert SyncState.load().library_folders == known.paths("")
    known.set_folders("", "Sea", "Beach")
    assert testing.run("analysis").status == Status.COMPLETED
    assert proposed() == [] and not due_scenes().exists()


def test_a_folder_that_became_an_ordinary_one_is_a_name_like_others(known: Old) -> None:
    known.set_folders("")
    assert testing.run("analysis").status == Status.COMPLETED
    assert proposed() == [(1, "Beach")]


def test_of_a_film_in_no_library_folder_only_its_own_name_is_read(known: Old) -> None:
    known.user.create_tag("Dog")
    known.user.rename_file(1, str(known.root / "Beach" / "Sea" / "dog.mp4"))
    known.set_folders("elsewhere")
    testing.run("sync")
    assert testing.run("analysis").status == Status.COMPLETED
    assert proposed() == [(1, "Dog")]


def test_folders_in_which_stash_takes_no_videos_are_library_folders_too(known: Old) -> None:
    known.set_folders("", "Beach")
    known.stash.do(lambda: known.stash.simulator.settings.without_video.extend(known.paths("Beach")))
    assert testing.run("analysis").status == Status.COMPLETED
    assert proposed() == []
    state = SyncState.load()
    assert (state.library_folders, state.folders_without_video) == (known.paths("", "Beach"), known.paths("Beach"))


# Another Stash


def test_the_folders_of_another_library_are_not_those_of_our_scenes(known: Old) -> None:
    known.set_folders("")
    known.stash.reset_library()
    job = testing.run("analysis")
    assert (job.status, job.error_code) == (Status.FAILED, "another_library")
    assert not Change.objects.exists() and not Detection.objects.exists()
    assert SyncState.load().library_folders == known.paths("Beach")


def test_nor_are_those_of_a_stash_that_has_none_of_our_scenes(known: Old) -> None:
    known.set_folders("")
    known.stash.do(known.stash.state.scenes.clear)
    job = testing.run("analysis")
    assert (job.status, job.error_code) == (Status.FAILED, "folders_unknown")
    assert not Detection.objects.exists()
    assert SyncState.load().library_folders == known.paths("Beach")


def test_what_another_stash_says_while_files_are_placed_is_not_kept(place: Place) -> None:
    make_scene(1)
    place.stash.seed(scenes=1)
    place.add("Film", ["a.mp4"])
    assert place.run().status == Status.COMPLETED
    assert SyncState.load().library_folders == ["/data"]


# Whose fault a failure is, is told by the folders, too


def test_a_good_film_of_one_folder_convicts_none_of_another_one_that_nobody_has_told_of_yet(
    known: Old, tagger: ScriptedTagger
) -> None:
    known.film("Sea/2.mp4")
    known.set_folders("Beach", "Sea")
    known.scan()
    testing.run("sync")
    SyncState.objects.update(library_folders=[])
    tagger.films[known.paths("Beach/1.mp4")[0]] = []
    tagger.films[OTHERS] = "400: [Errno 2] No such file or directory"
    job = testing.run("analysis")
    assert (job.status, job.error_code) == (Status.FAILED, "refused_all")
    assert not Detection.objects.filter(attempts__gt=0).exists()


@pytest.mark.usefixtures("configure")
def test_drives_of_a_stash_on_windows_are_places_of_their_own(tagger: ScriptedTagger) -> None:
    set_folders("D:\\films", "e:\\FILMS\\")
    make_scene(1, path="D:\\films\\1.mp4")
    make_scene(2, path="E:\\films\\2.mp4")
    tagger.films["D:\\films\\1.mp4"] = []
    tagger.films[OTHERS] = "400: [Errno 2] No such file or directory"
    assert testing.run("analysis").error_code == "refused_all"
    assert not Detection.objects.filter(attempts__gt=0).exists()


# Rows alone: how a path is read


READ = {
    "a trailing slash": (["/data/Beach/"], "/data/Beach/1.mp4", []),
    "below it": (["/films"], "/films/Beach/1.mp4", ["Beach"]),
    "the root": (["/"], "/data/Beach/1.mp4", ["data", "Beach"]),
    "the root and one in it": (["/", "/data/Beach"], "/data/Beach/1.mp4", []),
    "an ancestor in another one": (["/data", "/data/Beach/night"], "/data/Beach/1.mp4", []),
    "only a common beginning": (["/data", "/data/Bea"], "/data/Beach/1.mp4", ["Beach"]),
    "a folder called alike below it": (["/data/Beach"], "/data/Beach/Beach/1.mp4", ["Beach"]),
    "not written the shortest way": (["/data/films/../Beach/./"], "/data/Beach/1.mp4", []),
    "a double slash": (["//data//Beach"], "/data/Beach/1.mp4", []),
    "Windows, another case": (["d:\\DATA\\beach"], "D:\\Data\\Beach\\1.mp4", []),
    "Windows, slashes": (["D:/data/Beach/"], "D:\\data\\Beach\\1.mp4", []),
    "Windows, below": (["D:\\data"], "D:\\data\\Beach\\1.mp4", ["Beach"]),
    "Windows, a drive": (["D:\\"], "D:\\Beach\\1.mp4", ["Beach"]),
    "Windows, a bare drive": (["D:"], "D:\\Beach\\1.mp4", ["Beach"]),
    "Windows, a drive and one in it": (["D:\\", "d:\\beach"], "D:\\Beach\\1.mp4", []),
    "Windows, a share": (["\\\\nas\\Beach"], "\\\\nas\\beach\\data\\1.mp4", ["data"]),
    "Linux, another case": (["/data/beach"], "/data/Beach/1.mp4", []),
    "no library folder at all, its name": (["/films"], "/data/night/Beach.mp4", ["Beach"]),
    "no library folder at all": (["/films"], "/data/Beach/1.mp4", []),
    "the file in the library folder itself": (["/data"], "/data/Beach.mp4", ["Beach"]),
}


@pytest.mark.usefixtures("configure")
@pytest.mark.parametrize(("folders", "path", "names"), READ.values(), ids=READ)
def test_only_what_is_below_the_library_folder_is_read(folders: list[str], path: str, names: list[str]) -> None:
    for pk, name in enumerate(["data", "Beach", "films", "nas", "mp4"], start=1):
        make_tag(pk, name)
    set_folders(*folders)
    make_scene(1, path=path)
    assert testing.run("analysis").status == Status.COMPLETED
    assert list(Change.objects.order_by("id").values_list("value__name", flat=True)) == names


@pytest.mark.usefixtures("configure")
def test_a_scene_of_several_files_is_read_by_its_first_one_and_that_ones_folder() -> None:
    for pk, name in enumerate(["data", "Beach", "Dog", "Sea"], start=1):
        make_tag(pk, name)
    set_folders("/data/Beach", "/data/Sea")
    scene = make_scene(1, path="/data/Sea/dog/1.mp4")
    SceneFile.objects.create(id=100, scene=scene, path="/data/Beach/sea/1.mp4", position=1)
    assert testing.run("analysis").status == Status.COMPLETED
    assert proposed() == [(1, "Dog")]
