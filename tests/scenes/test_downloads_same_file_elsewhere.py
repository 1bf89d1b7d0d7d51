"""A file that the library has under whatever name is there already: cross-seeded copies do not double the library."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import context as job_context
from jobs import testing
from jobs.errors import Cancelled
from jobs.models import Job, Status
from scenes.downloads.context import ProcessingContext
from scenes.downloads.library import identity
from scenes.downloads.processing import process
from scenes.models import Outcome, PlacedFile, Scan, SceneFile
from scenes.simulators.qbittorrent import NewFile, SimulatedTorrent
from scenes.simulators.videos import make_video
from tests.processes import until
from tests.scenes.placing import Place, file_of, log_of, result_of
from tests.scenes.stash_user import User
from tests.scenes.test_downloads_of_many_files import plan_of

pytestmark = pytest.mark.django_db(transaction=True)

BIG = 200_000  # bytes: more than an oshash looks at


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("films") / "film.mp4", seconds=2)


def cross_seed(place: Place, name: str, original: Path, *, linked: bool = False, **options: Any) -> SimulatedTorrent:
    """A torrent with a copy or another link of the file."""
    target = place.downloads / name
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(original, target) if linked else shutil.copy(original, target)
    return place.qbittorrent.add_torrent(name.partition("/")[0], [NewFile(name)], **options)


def person_scans(place: Place, folder: Path) -> None:
    """Somebody has Stash scan the folder, which has a new video, and waits for that."""
    known = len(files_in_stash(place))
    User(place.stash).ask("mutation($p: [String!]) { metadataScan(input: {paths: $p}) }", p=[str(folder)])
    until(lambda: len(files_in_stash(place)) > known, "the scan has found it")


def files_in_stash(place: Place) -> list[str]:
    return [path for scene in place.stash.dump()["scenes"] for path in scene["files"]]


def check_there(job: Job, name: str, at: Path) -> None:
    row = file_of(name)
    assert (row.outcome, row.code) == (Outcome.DONE, "already_there"), row.message
    assert row.place == str(at) and str(at) in row.message
    assert result_of(job)["already_there"] == 1
    assert result_of(job)["synced_items"] == result_of(job)["synced_files"] == 0


@pytest.mark.parametrize("mode", ["hardlink", "hardlink_or_copy", "copy", "move"])
@pytest.mark.parametrize("linked", [True, False])
def test_a_cross_seed_with_another_name_is_there(place: Place, mode: str, linked: bool) -> None:
    place.configure(link_mode=mode)
    place.add("Film", ["Film/a.mp4"])
    place.run()
    cross_seed(place, "Other/b.mp4", place.library / "Film/a.mp4", linked=linked)
    check_there(place.run(), "Other/b.mp4", place.library / "Film/a.mp4")
    assert place.in_library() == ["Film", "Film/a.mp4"] and (place.downloads / "Other/b.mp4").is_file()
    assert Scan.objects.count() == 1, "in Stash it is looked up for the torrent that placed it"


def test_of_two_torrents_in_one_run_one_is_placed(place: Place) -> None:
    place.add("Film", ["Film/a.mp4"])
    cross_seed(place, "Other/b.mp4", place.downloads / "Film/a.mp4")
    job = place.run()
    assert result_of(job)["synced_files"] == result_of(job)["already_there"] == 1
    assert len(place.in_library()) == 2


def test_of_two_files_in_one_torrent_one_is_placed(place: Place) -> None:
    (place.downloads / "Film").mkdir(parents=True)
    for name in "ab":
        (place.downloads / f"Film/{name}.mp4").write_bytes(b"x" * BIG)
    place.qbittorrent.add_torrent("Film", [NewFile("Film/a.mp4"), NewFile("Film/b.mp4")])
    assert result_of(place.run())["already_there"] == 1
    assert place.in_library() == ["Film", "Film/a.mp4"]


@pytest.mark.parametrize("where", ["beginning", "middle", "end"])
def test_another_film_of_the_same_size_is_placed(place: Place, where: str) -> None:
    place.add("Film", {"Film/a.mp4": BIG})
    place.run()
    other = bytearray((place.library / "Film/a.mp4").read_bytes())
    other[{"beginning": 0, "middle": BIG // 2, "end": -1}[where]] ^= 1
    (place.downloads / "Other.mp4").write_bytes(other)
    place.qbittorrent.add_torrent("Other", [NewFile("Other.mp4")])
    assert result_of(place.run())["synced_files"] == 1
    assert place.in_library() == ["Film", "Film/a.mp4", "Other.mp4"]


def test_empty_files_are_not_one_file(place: Place) -> None:
    place.add("Film", {"Film/a.mp4": 0})
    place.run()
    place.add("Other", {"Other/b.mp4": 0})
    assert result_of(place.run())["synced_files"] == 1


def gone(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def broken_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize("become", [gone, a_folder, broken_link])
def test_what_is_not_there_any_more_is_no_file_of_the_library(place: Place, become: Callable[[Path], None]) -> None:
    place.add("Film", ["Film/a.mp4"])
    place.run()
    original = place.library / "Film/a.mp4"
    cross_seed(place, "Other/b.mp4", original)
    become(original)
    assert result_of(place.run())["synced_files"] == 1
    assert (place.library / "Other/b.mp4").is_file()


# --- what Stash knows ---


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("linked", [True, False])
def test_a_file_that_stash_has_is_there_and_no_scan_is_asked(
    place: Place, film: Path, synced: bool, linked: bool
) -> None:
    renamed = place.library / "By studio" / "Something else.mp4"
    renamed.parent.mkdir()
    shutil.copy(film, renamed)
    person_scans(place, place.library)
    if synced:
        assert testing.run("sync", force=True).status == Status.COMPLETED and SceneFile.objects.count() == 1
    cross_seed(place, "Film/film.mp4", renamed, linked=linked)
    check_there(place.run(), "Film/film.mp4", renamed)
    assert not Scan.objects.exists()


@pytest.mark.parametrize("synced", [True, False])
def test_a_file_that_a_person_renamed_is_there(place: Place, film: Path, synced: bool) -> None:
    place.qbittorrent.add_torrent("Film", [NewFile("Film/film.mp4", film)])
    place.run()
    place.scan()
    testing.run("sync", force=True)
    renamed = place.library / "Better name.mp4"
    (place.library / "Film/film.mp4").rename(renamed)
    User(place.stash).ask("mutation($p: [String!]) { metadataScan(input: {paths: $p}) }", p=[str(place.library)])
    until(lambda: str(renamed) in files_in_stash(place), "the scan has found it")
    if synced:
        testing.run("sync", force=True)
    cross_seed(place, "Other/b.mp4", renamed)
    check_there(place.run(), "Other/b.mp4", renamed)


def test_it_may_be_in_another_library_folder_of_stash(place: Place, film: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    place.stash.do(lambda: place.stash.simulator.settings.libraries.append(str(second)))
    shutil.copy(film, second / "old.mp4")
    person_scans(place, second)
    testing.run("sync", force=True)
    cross_seed(place, "Film/film.mp4", film)
    check_there(place.run(), "Film/film.mp4", second / "old.mp4")


def test_a_file_in_no_library_folder_is_not_in_the_library(place: Place, tmp_path: Path) -> None:
    place.add("Film", ["Film/a.mp4"])
    place.run()
    moved = tmp_path / "not of Stash" / "a.mp4"
    moved.parent.mkdir()
    (place.library / "Film/a.mp4").rename(moved)
    PlacedFile.objects.update(target=str(moved))
    cross_seed(place, "Other/b.mp4", moved)
    assert result_of(place.run())["synced_files"] == 1


def test_with_stash_away_the_last_sync_is_what_counts(place: Place, film: Path) -> None:
    shutil.copy(film, place.library / "old.mp4")
    person_scans(place, place.library)
    testing.run("sync", force=True)
    cross_seed(place, "Film/film.mp4", film)
    place.stash.fault("http_500", operation="EachSceneByOshash", times=50)
    job = place.run()
    check_there(job, "Film/film.mp4", place.library / "old.mp4")
    assert "last sync" in log_of(job)


def test_downloads_that_stash_scans_too_are_not_the_library(place: Place, film: Path) -> None:
    place.stash.do(lambda: place.stash.simulator.settings.libraries.append(str(place.downloads)))
    cross_seed(place, "Film/film.mp4", film)
    cross_seed(place, "Other/b.mp4", film)
    person_scans(place, place.downloads)
    testing.run("sync", force=True)
    assert result_of(place.run())["synced_files"] == 1
    assert len([name for name in place.in_library() if name.endswith(".mp4")]) == 1


# --- how it is looked up and compared ---


def comparing(place: Place, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> list[Job]:
    """A run that has to compare a file in four parts; ``meanwhile`` after each."""
    place.add("Film", {"Film/a.mp4": 4 * 65536 * 2})
    place.run()
    cross_seed(place, "Other/b.mp4", place.library / "Film/a.mp4")
    monkeypatch.setattr(identity, "CHUNK", 65536 * 2)
    monkeypatch.setattr(job_context, "PROGRESS_EVERY", 0)
    seen: list[Job] = []
    report = job_context.JobContext.progress

    def progress(self: job_context.JobContext, *args: object, **options: object) -> None:
        report(self, *args, **options)  # type: ignore[arg-type]
        if "comparing" in str(args):
            seen.append(Job.objects.get(pk=self.id))
            meanwhile()

    monkeypatch.setattr(job_context.JobContext, "progress", progress)
    return seen


def test_how_far_a_comparison_is_shows(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = comparing(place, monkeypatch, lambda: None)
    check_there(place.run(), "Other/b.mp4", place.library / "Film/a.mp4")
    assert seen[0].message == "Torrent 1 of 1: Other: comparing b.mp4, 0.00 of 0.00 GB"
    assert [job.percent for job in seen] == [25, 50, 75, 100]


def test_a_file_that_changes_while_it_is_compared_is_another_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def write() -> None:
        with (place.library / "Film/a.mp4").open("r+b") as stream:
            stream.write(b"changed")

    comparing(place, monkeypatch, write)
    assert result_of(place.run())["synced_files"] == 1


def test_a_comparison_that_was_interrupted_starts_over(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def cancel() -> None:
        if len(seen) == 2:
            raise Cancelled

    seen = comparing(place, monkeypatch, cancel)
    context = testing.context("process_downloads")
    with pytest.raises(Cancelled):
        process(context)
    assert file_of("Other/b.mp4").outcome == Outcome.NEW and len(place.in_library()) == 2
    process(context)
    assert file_of("Other/b.mp4").code == "already_there" and len(seen) == 2 + 4


def test_many_files_cost_no_query_each_to_look_for_them(place: Place) -> None:
    names = [f"Film/{number}.mp4" for number in range(30)]
    place.add("Film", {name: BIG + number for number, name in enumerate(names)})
    place.run()
    for name in names:
        cross_seed_into(place, name)
    place.qbittorrent.add_torrent("Other", [NewFile(name.replace("Film", "Other")) for name in names])
    with CaptureQueriesContext(connection) as queries:
        assert result_of(place.run())["already_there"] == 30
    looks = [query["sql"] for query in queries if '"size" IN (SELECT' in query["sql"]]
    assert len(looks) == 2
    if connection.vendor == "sqlite":  # PostgreSQL decides by how much is in a table, and these are all but empty
        assert "file_by_size" in plan_of(looks[0]) and "placed_by_size" in plan_of(looks[1])


def cross_seed_into(place: Place, name: str) -> None:
    target = place.downloads / name.replace("Film", "Other")
    target.parent.mkdir(exist_ok=True)
    shutil.copy(place.downloads / name, target)


def test_what_no_link_can_reach_is_there_once_a_person_has_copied_it(
    place: Place, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*paths: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    cross_seed(place, "Film/film.mp4", film)
    monkeypatch.setattr(os, "link", link)
    place.run()
    row = file_of("Film/film.mp4")
    assert (row.code, row.target) == ("other_filesystem", str(place.library / "Film/film.mp4"))
    shutil.copy(film, place.library / "By hand.mp4")
    person_scans(place, place.library)
    check_there(place.run(), "Film/film.mp4", place.library / "By hand.mp4")


# --- sidecars ---


@pytest.mark.parametrize("mode", ["hardlink", "copy", "move"])
def test_sidecars_go_beside_the_file_that_is_there(place: Place, mode: str) -> None:
    place.configure(link_mode=mode)
    place.add("Film", ["Film/a.mp4"])
    place.run()
    Scan.objects.update(outcome=Outcome.DONE)
    cross_seed_files = place.downloads / "Other"
    cross_seed_files.mkdir()
    shutil.copy(place.library / "Film/a.mp4", cross_seed_files / "b.mp4")
    place.qbittorrent.add_torrent("Other", [NewFile("Other/b.mp4"), NewFile("Other/b.en.srt", 50)])
    assert result_of(place.run())["synced_files"] == 1
    assert place.in_library() == ["Film", "Film/a.en.srt", "Film/a.mp4"]
    assert Scan.objects.get().outcome == Outcome.WAITING, "Stash has to read it"


def test_a_sidecar_beside_a_file_that_only_stash_knew_is_scanned(place: Place, film: Path) -> None:
    shutil.copy(film, place.library / "old.mp4")
    person_scans(place, place.library)
    place.qbittorrent.add_torrent("Film", [NewFile("Film/film.mp4", film), NewFile("Film/film.srt", 50)])
    place.run()
    assert place.in_library() == ["old.mp4", "old.srt"]
    assert Scan.objects.due().get().file.target == str(place.library / "old.mp4")


# --- clean-up ---


@pytest.fixture
def found(place: Place) -> Path:
    """A torrent's copy was found in the library; it is not cleaned up yet."""
    place.add("Film", {"Film/a.mp4": BIG})
    place.configure(link_mode="copy")
    place.run()
    cross_seed(place, "Other/b.mp4", place.library / "Film/a.mp4")
    place.run()
    place.configure(cleanup="remove_torrent_and_files", link_mode="hardlink")
    return place.library / "Film/a.mp4"


def test_a_copy_is_deleted_once_it_was_compared_again(place: Place, found: Path) -> None:
    place.run()
    assert not (place.downloads / "Other/b.mp4").exists() and found.stat().st_size == BIG


@pytest.mark.parametrize("where", [0, BIG // 2])
def test_a_copy_that_is_another_file_by_now_keeps_the_torrent(place: Place, found: Path, where: int) -> None:
    with found.open("r+b") as stream:
        stream.seek(where)
        stream.write(b"damaged")
    for _ in range(2):
        place.run()
    assert (place.downloads / "Other/b.mp4").is_file()


def test_a_copy_that_is_gone_keeps_the_torrent(place: Place, found: Path) -> None:
    found.unlink()
    place.run()
    assert (place.downloads / "Other/b.mp4").is_file()


@pytest.mark.parametrize("to", ["Other/b.mp4", "Film/a.mp4"])
def test_a_link_in_the_library_is_no_copy(place: Place, found: Path, to: str) -> None:
    found.unlink()
    found.symlink_to(place.downloads / to)
    place.run()
    assert (place.downloads / "Other/b.mp4").is_file()


def test_a_file_that_changes_while_the_rest_is_compared_keeps_the_torrent(
    place: Place, found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ProcessingContext.user_of

    def change(self: ProcessingContext, *args: object, **options: object) -> object:
        found.write_bytes(b"z" * BIG)
        return ask(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ProcessingContext, "user_of", change)
    place.run()
    assert (place.downloads / "Other/b.mp4").is_file()
