"""What a person deleted in Stash is not placed again by itself, whatever becomes of its torrent."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import engine, testing
from jobs.errors import NotPossible
from jobs.models import Job, Status
from scenes.downloads.library.placing_again import place_again
from scenes.models import Download, Outcome, PlacedFile
from scenes.releasing import release
from scenes.simulators.qbittorrent import NewFile, SimulatedTorrent
from scenes.simulators.videos import make_video
from tests.scenes.placing import Place, download_of, file_of, result_of
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("films") / "film.mp4", seconds=2)


def add(place: Place, name: str, film: Path, *others: str) -> SimulatedTorrent:
    files = [NewFile(f"{name}/film.mp4", film), *(NewFile(f"{name}/{other}", 50) for other in others)]
    return place.qbittorrent.add_torrent(name, files)


@pytest.fixture
def torrent(place: Place, film: Path) -> SimulatedTorrent:
    """Its film was placed, and a person deleted its scene in Stash with the file; the torrent is still there."""
    torrent = add(place, "Film", film, "more.mp4")
    place.qbittorrent.change_torrent(torrent.hash, files={"Film/more.mp4": {"priority": 0}})
    place.run()
    place.scan()
    assert testing.run("sync").status == Status.COMPLETED
    scene_id = file_of("Film/film.mp4").scan.scene_id
    assert scene_id
    User(place.stash).destroy_scenes(scene_id)
    (place.library / "Film/film.mp4").unlink()
    return torrent


def not_in_library(place: Place) -> bool:
    return not [name for name in place.in_library() if name.endswith("film.mp4")]


@pytest.mark.parametrize("synced", [False, True])
def test_further_runs_leave_it(place: Place, torrent: SimulatedTorrent, synced: bool) -> None:
    for _ in range(2):
        assert result_of(place.run())["synced_files"] == 0
        if synced:
            testing.run("sync", force=True)
    assert not_in_library(place)


def test_a_retry_and_a_release_leave_it(place: Place, torrent: SimulatedTorrent) -> None:
    job = place.run()
    Job.objects.filter(pk=job.pk).update(status=Status.FAILED)
    engine.retry(job.pk)
    testing.work()
    release(Download.objects.all())
    release(PlacedFile.objects.all())
    place.run()
    assert not_in_library(place)


def test_another_selection_places_only_what_is_new(place: Place, torrent: SimulatedTorrent) -> None:
    place.qbittorrent.change_torrent(torrent.hash, files={"Film/more.mp4": {"priority": 1}})
    assert result_of(place.run())["synced_files"] == 1
    assert not_in_library(place)


@pytest.mark.parametrize("synced", [False, True])
def test_a_renamed_file_is_not_placed_under_its_new_name(place: Place, torrent: SimulatedTorrent, synced: bool) -> None:
    if synced:
        testing.run("sync", force=True)
    (place.downloads / "Film/film.mp4").rename(place.downloads / "Film/new film.mp4")
    place.qbittorrent.server.call(lambda: setattr(torrent.files[0], "name", "Film/new film.mp4"))
    place.qbittorrent.change_torrent(torrent.hash, files={"Film/more.mp4": {"priority": 1}})
    place.run()
    row = file_of("Film/new film.mp4")
    assert (row.outcome, row.code) == (Outcome.NOT_WANTED, "deleted_in_stash"), row.message
    assert not_in_library(place)


@pytest.mark.parametrize("cleanup", ["keep", "remove_torrent_and_files"])
def test_another_torrent_with_the_same_film_does_not_bring_it_back(
    place: Place, torrent: SimulatedTorrent, film: Path, cleanup: str
) -> None:
    place.configure(cleanup=cleanup)
    add(place, "Cross-seed", film, "film.srt")
    for _ in range(2):
        place.run()
    assert file_of("Cross-seed/film.mp4").code == "deleted_in_stash" and not_in_library(place)
    assert file_of("Cross-seed/film.srt").code == "video_not_wanted"
    assert download_of("Cross-seed").outcome == Outcome.NOT_WANTED
    assert (place.downloads / "Cross-seed/film.mp4").is_file(), "it may be the only copy"


def test_with_stash_away_it_waits_until_that_is_known(
    place: Place, torrent: SimulatedTorrent, film: Path, settings: object
) -> None:
    add(place, "Cross-seed", film)
    with place.stash.away():
        assert place.run().status == Status.COMPLETED
        assert file_of("Cross-seed/film.mp4").outcome == Outcome.WAITING
    place.run()
    assert file_of("Cross-seed/film.mp4").outcome == Outcome.NOT_WANTED


def test_one_whose_scene_is_still_there_is_placed(place: Place, film: Path) -> None:
    add(place, "Film", film)
    place.run()
    place.scan()
    (place.library / "Film/film.mp4").unlink()  # by mistake: Stash keeps its scene
    add(place, "Cross-seed", film)
    assert result_of(place.run())["synced_files"] == 1


def test_what_a_person_wants_again_is_placed_and_scanned_once_more(place: Place, torrent: SimulatedTorrent) -> None:
    place.run()
    row = file_of("Film/film.mp4")
    place_again(row.pk)
    assert result_of(place.run())["synced_files"] == 1
    assert "Film/film.mp4" in place.in_library()
    place.scan()
    row = file_of("Film/film.mp4")
    assert (row.outcome, row.scan.outcome) == (Outcome.DONE, Outcome.DONE)
    assert row.scan.scene_id
    with pytest.raises(NotPossible, match="is in the library"):
        place_again(row.pk)


def test_so_is_what_was_left_out_for_that(place: Place, torrent: SimulatedTorrent, film: Path) -> None:
    add(place, "Same film", film)
    place.run()
    row = file_of("Same film/film.mp4")
    assert row.code == "deleted_in_stash"
    place_again(row.pk)
    assert result_of(place.run())["synced_files"] == 1
    assert "Same film/film.mp4" in place.in_library()
