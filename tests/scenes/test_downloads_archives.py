"""Archives, which nobody unpacks here: said, and never deleted or left behind because of a video beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.models import Status
from scenes.models import Download, Outcome
from tests.scenes.placing import Place, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

PACKED = {"Film/film.rar": 5000, "Film/film.r00": 5000}
WITH_SAMPLE = {**PACKED, "Film/Sample/sample.mkv": 1000}


def assert_kept(place: Place) -> None:
    """qBittorrent has the torrent still, and all its files are there."""
    assert [torrent.name for torrent in place.qbittorrent.store.torrents.values()] == ["Film"]
    assert all((place.downloads / name).is_file() for name in WITH_SAMPLE)


def test_a_torrent_of_archives_needs_unpacking_and_the_log_says_so(place: Place) -> None:
    place.add("Film", {**PACKED, "Film/film.nfo": 100})
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["not_wanted"] == 3
    assert {file_of(name).code for name in PACKED} == {"needs_unpacking"}
    assert download_of("Film").code == "needs_unpacking"
    assert "Unpack it" in download_of("Film").message
    assert "Unpack it" in log_of(job)


def test_the_video_beside_archives_is_placed_and_they_need_unpacking_all_the_same(place: Place) -> None:
    place.configure(qbittorrent_handled_tag="stashhog")
    torrent = place.add("Film", WITH_SAMPLE)
    job = place.run()
    assert result_of(job)["synced_files"] == 1 and (place.library / "Film/Sample/sample.mkv").is_file()
    assert {file_of(name).code for name in PACKED} == {"needs_unpacking"}
    download = download_of("Film")
    assert (download.outcome, download.code) == (Outcome.NOT_WANTED, "needs_unpacking")
    assert "1 linked" in download.message and "Unpack it" in log_of(job)
    assert torrent.tags == [], "whoever deletes what has the tag must not delete the archives"


@pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])
def test_a_torrent_with_archives_is_not_cleaned_up(place: Place, cleanup: str) -> None:
    place.configure(cleanup=cleanup)
    place.add("Film", WITH_SAMPLE)
    place.run()
    assert place.run().status == Status.COMPLETED
    assert_kept(place)


@pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])
def test_archives_that_an_earlier_version_took_for_no_video_are_not_cleaned_up(place: Place, cleanup: str) -> None:
    place.add("Film", WITH_SAMPLE)
    place.run()
    Download.objects.update(outcome=Outcome.DONE, code="linked")
    place.configure(cleanup=cleanup)
    job = place.run()
    assert_kept(place)
    assert "film.rar" in download_of("Film").cleanup_message and "film.rar" in log_of(job)


def test_in_mode_move_a_torrent_with_archives_stays_and_its_video_is_linked(place: Place) -> None:
    place.configure(link_mode="move")
    place.add("Film", WITH_SAMPLE)
    job = place.run()
    assert_kept(place)
    assert file_of("Film/Sample/sample.mkv").code == "linked" and "Unpack it" in log_of(job)
    assert (place.library / "Film/Sample/sample.mkv").samefile(place.downloads / "Film/Sample/sample.mkv")
    place.run()
    assert_kept(place)


def test_in_mode_move_a_video_beside_archives_that_had_to_be_copied_is_said(place: Place, elsewhere: Path) -> None:
    place.configure(link_mode="move")
    place.add("Film", WITH_SAMPLE, save_path=elsewhere)
    job = place.run()
    assert result_of(job)["copied"] == 1 and "a hard link is not possible" in log_of(job)


def test_archives_that_are_deselected_hold_up_nothing(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    torrent = place.add("Film", WITH_SAMPLE)
    place.run()
    place.qbittorrent.change_torrent(torrent.hash, files={name: {"priority": 0} for name in PACKED})
    place.run()
    assert download_of("Film").outcome == Outcome.DONE
    assert place.qbittorrent.store.torrents == {}
