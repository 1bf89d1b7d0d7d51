"""Torrents that leave qBittorrent before they were handled: what was placed counts, and nothing half-written stays."""

from __future__ import annotations

import pytest

from jobs import testing
from jobs.context import JobContext
from scenes.crash_points import CrashPoint
from scenes.downloads.counting import report
from scenes.downloads.processing import process
from scenes.models import Outcome, PlacedFile, Scan
from scenes.simulators.qbittorrent import SimulatedTorrent
from tests.scenes.placing import At, Died, Place, die, download_of, file_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def died_at(at: At, point: CrashPoint) -> JobContext:
    """A job whose process died there; its next attempt is for the test to make."""
    context = testing.context("process_downloads")
    at(point, die)
    with pytest.raises(Died):
        process(context)
    return context


def leaves(place: Place, torrent: SimulatedTorrent, *, with_files: bool) -> None:
    place.qbittorrent.server.call(place.qbittorrent.store.torrents.pop, torrent.hash)
    if with_files:
        torrent.delete_files()


@pytest.mark.parametrize("with_files", [True, False])
@pytest.mark.parametrize(("mode", "code"), [("hardlink", "linked"), ("copy", "copied")])
def test_a_file_that_was_placed_and_not_recorded_is_scanned_although_its_torrent_is_gone(
    place: Place, at: At, mode: str, code: str, with_files: bool
) -> None:
    place.configure(link_mode=mode)
    torrent = place.add("Film", ["Film/a.mp4"])
    context = died_at(at, CrashPoint.FILE_LINKED)
    leaves(place, torrent, with_files=with_files)
    process(context)
    assert (file_of("Film/a.mp4").outcome, file_of("Film/a.mp4").code) == (Outcome.DONE, code)
    assert report(context.job).result["synced_files"] == 1 and report(context.job).errors == 0
    assert download_of("Film").outcome == Outcome.DONE
    assert list(Scan.objects.due()) == [file_of("Film/a.mp4").scan]


def test_a_file_of_somebody_else_under_the_chosen_name_is_not_taken_for_ours(place: Place, at: At) -> None:
    torrent = place.add("Film", ["a.mp4"])
    context = died_at(at, CrashPoint.TARGET_SAVED)
    leaves(place, torrent, with_files=False)
    (place.library / "a.mp4").write_bytes(b"x" * 1000)
    process(context)
    assert (file_of("a.mp4").outcome, file_of("a.mp4").code) == (Outcome.NOT_WANTED, "gone")


def test_of_a_torrent_that_was_placed_in_part_the_rest_is_gone_and_comes_with_the_torrent(place: Place, at: At) -> None:
    torrent = place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    context = died_at(at, CrashPoint.FILE_LINKED)
    leaves(place, torrent, with_files=False)
    process(context)
    assert file_of("Film/a.mp4").outcome == Outcome.DONE
    assert file_of("Film/b.mp4").code == download_of("Film").code == "gone"
    place.qbittorrent.server.call(place.qbittorrent.take, torrent)
    process(context)
    assert download_of("Film").outcome == file_of("Film/b.mp4").outcome == Outcome.DONE
    assert place.in_library() == ["Film", "Film/a.mp4", "Film/b.mp4"]


def test_a_torrent_that_leaves_between_the_list_and_its_files_is_closed_with_them(place: Place, at: At) -> None:
    place.add("First", ["1.mp4"])
    second = place.add("Second", ["2.mp4"])
    second.completion_on += 10
    context = died_at(at, CrashPoint.FILES_LISTED)
    at(CrashPoint.FILE_RECORDED, lambda: leaves(place, second, with_files=False))
    process(context)
    assert download_of("Second").code == "gone"
    assert not PlacedFile.objects.filter(outcome=Outcome.NEW).exists()


def test_half_a_copy_of_a_torrent_that_is_gone_is_cleared_away(place: Place, at: At) -> None:
    place.configure(link_mode="copy")
    torrent = place.add("Film", ["a.mp4"])
    context = died_at(at, CrashPoint.TARGET_SAVED)
    (place.library / f".stashhog-{file_of('a.mp4').pk}-5ca1ab1e.part").write_bytes(b"half")
    leaves(place, torrent, with_files=False)
    process(context)
    assert file_of("a.mp4").code == "gone" and place.in_library() == []


def test_half_a_copy_is_cleared_away_after_its_file_was_given_up(place: Place, at: At) -> None:
    place.configure(link_mode="copy")
    place.add("Film", ["a.mp4"])
    context = died_at(at, CrashPoint.TARGET_SAVED)
    PlacedFile.objects.update(outcome=Outcome.QUARANTINED)
    (place.library / f".stashhog-{file_of('a.mp4').pk}-5ca1ab1e.part").write_bytes(b"half")
    process(context)
    assert place.in_library() == []
