"""What a person releases while a job is at work on it is not lost."""

from __future__ import annotations

import pytest

from scenes.crash_points import CrashPoint
from scenes.models import Outcome, PlacedFile
from scenes.releasing import release
from tests.scenes.placing import At, Place, download_of, file_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bad(place: Place) -> None:
    """Film/bad.mp4 is quarantined, and Film/new.mp4 comes along."""
    torrent = place.add("Film", {"Film/bad.mp4": 1000, "Film/new.mp4": 2000})
    place.qbittorrent.change_torrent(torrent.hash, files={"Film/new.mp4": {"priority": 0}})
    (place.downloads / "Film/bad.mp4").rename(place.downloads / "away")
    (place.downloads / "Film/bad.mp4").write_bytes(bytes(2000))
    for _ in range(3):
        place.run()
    assert file_of("Film/bad.mp4").outcome == Outcome.QUARANTINED
    place.qbittorrent.change_torrent(torrent.hash, files={"Film/new.mp4": {"priority": 1}})


@pytest.mark.parametrize("point", [CrashPoint.FILES_LISTED, CrashPoint.TARGET_SAVED, CrashPoint.FILE_RECORDED])
@pytest.mark.usefixtures("bad")
def test_a_file_released_while_its_torrent_is_handled_is_tried_by_the_next_run(
    place: Place, at: At, point: CrashPoint
) -> None:
    def fix_and_release() -> None:
        (place.downloads / "away").rename(place.downloads / "Film/bad.mp4")
        release(PlacedFile.objects.filter(name="Film/bad.mp4"))

    at(point, fix_and_release)
    place.run()
    assert (place.library / "Film/new.mp4").is_file()
    place.run()
    assert file_of("Film/bad.mp4").outcome == download_of("Film").outcome == Outcome.DONE
    assert (place.library / "Film/bad.mp4").is_file()


def test_a_failure_after_a_release_is_the_first_one(place: Place, at: At) -> None:
    place.add("Film", ["a.mp4"])
    (place.downloads / "a.mp4").write_bytes(bytes(2000))
    for _ in range(2):
        place.run()
    at(CrashPoint.FILES_LISTED, lambda: release(PlacedFile.objects.all()))
    place.run()
    assert (file_of("a.mp4").outcome, file_of("a.mp4").attempts) == (Outcome.FAILED, 1)
