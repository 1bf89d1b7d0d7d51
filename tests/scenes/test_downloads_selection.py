"""What is selected in qBittorrent decides, as it is right before what can't be taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.models import Status
from scenes.crash_points import CrashPoint
from scenes.models import Outcome, PlacedFile
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.videos import make_video
from tests.scenes.placing import At, Place, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
CLEANUPS = pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])


@pytest.fixture
def select(place: Place) -> Callable[[], None]:
    """The film has a second file that is on the disk, though deselected; this selects it."""
    files = [NewFile("Film/a.mp4", 1000), NewFile("Film/b.mp4", 2000, priority=0)]
    torrent = place.qbittorrent.add_torrent("Film", files)
    return lambda: place.qbittorrent.change_torrent(torrent.hash, files={"Film/b.mp4": {"priority": 1}})


def is_kept(place: Place) -> bool:
    """Whether qBittorrent has the film still, with its second file."""
    return bool(place.qbittorrent.store.torrents) and (place.downloads / "Film/b.mp4").is_file()


@CLEANUPS
@pytest.mark.parametrize("point", [CrashPoint.FILE_RECORDED, CrashPoint.TORRENT_RECORDED])
def test_a_file_selected_meanwhile_keeps_its_torrent_and_is_placed_by_the_next_run(
    place: Place, at: At, select: Callable[[], None], cleanup: str, point: CrashPoint
) -> None:
    place.configure(cleanup=cleanup)
    at(point, select)
    job = place.run()
    assert is_kept(place) and "Film/b.mp4" in log_of(job)
    assert result_of(place.run())["synced_files"] == 1
    assert (place.library / "Film/b.mp4").stat().st_size == 2000
    assert place.qbittorrent.store.torrents == {}


@pytest.mark.parametrize("point", [CrashPoint.FILES_LISTED, CrashPoint.TARGET_SAVED])
def test_a_file_selected_meanwhile_keeps_its_torrent_from_being_moved(
    place: Place, at: At, select: Callable[[], None], point: CrashPoint
) -> None:
    place.configure(link_mode="move")
    at(point, select)
    job = place.run()
    assert is_kept(place) and place.in_library() == []
    assert job.status == Status.COMPLETED and result_of(job)["waiting"] == 1
    assert (download_of("Film").outcome, download_of("Film").code) == (Outcome.WAITING, "selection_changed")
    assert result_of(place.run())["moved"] == 2
    assert place.qbittorrent.store.torrents == {}


@CLEANUPS
@pytest.mark.parametrize("code", ["no_video", "not_listed"])
def test_what_was_not_wanted_when_it_was_handled_and_is_wanted_now_keeps_its_torrent(
    place: Place, cleanup: str, code: str
) -> None:
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    place.run()
    PlacedFile.objects.filter(name="Film/b.mp4").update(outcome=Outcome.NOT_WANTED, code=code)
    place.configure(cleanup=cleanup)
    place.run()
    assert is_kept(place) and "Film/b.mp4" in download_of("Film").cleanup_message


@CLEANUPS
def test_a_torrent_whose_files_qbittorrent_does_not_name_is_not_cleaned_up(place: Place, cleanup: str) -> None:
    place.add("Film", ["Film/a.mp4"])
    place.run()
    place.configure(cleanup=cleanup)
    place.qbittorrent.server.control.arm("http", path="torrents/files", status=200, text="[]")
    place.run()
    assert place.qbittorrent.store.torrents and (place.downloads / "Film/a.mp4").is_file()


@pytest.mark.parametrize("least, is_removed", [(3, True), (1, False)])
def test_a_video_that_is_too_short_keeps_no_torrent_for_as_long_as_it_is_too_short(
    place: Place, least: float, is_removed: bool
) -> None:
    place.configure(min_duration_seconds=3)
    videos = [make_video(place.library.parent / f"{n}.mp4", seconds=n, size=(64, 36)) for n in (2, 4)]
    place.qbittorrent.add_torrent("Film", [NewFile(f"Film/{video.name}", video) for video in videos])
    place.run()
    assert (file_of("Film/2.mp4").code, file_of("Film/4.mp4").code) == ("too_short", "linked")
    place.configure(cleanup="remove_torrent_and_files", min_duration_seconds=least)
    place.run()
    assert (place.qbittorrent.store.torrents == {}) == is_removed
