"""A file's failure costs it one try a run, however many attempts the run's job takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.models import Job, Status
from scenes.crash_points import CrashPoint
from scenes.models import Outcome, PlacedFile
from scenes.releasing import release
from tests.scenes.placing import At, Place, file_of, result_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_attempts(place: Place, settings) -> Callable[[], Job]:
    """A job whose first attempt ends after its first torrent, since qBittorrent is away."""
    settings.JOBS_RETRY_DELAY = 0

    def run() -> Job:
        place.qbittorrent.server.control.arm("reset", path="torrents/files", after=1, times=1)
        job = place.run()
        assert job.attempt == 2, (job.attempt, job.error_message)
        return job

    return run


@pytest.mark.parametrize("mode", ["hardlink", "move"])
def test_a_file_that_failed_is_not_tried_again_by_the_next_attempt_of_its_job(
    place: Place, two_attempts: Callable[[], Job], mode: str
) -> None:
    place.configure(link_mode=mode)
    place.add("Bad", ["bad.mp4"]).completion_on -= 10
    (place.downloads / "bad.mp4").write_bytes(bytes(2000))
    for tries in (1, 2, 3):
        place.add(f"Good {tries}", [f"{tries}.mp4"])
        job = two_attempts()
        assert file_of("bad.mp4").attempts == tries
        assert job.errors == 1 and job.status == Status.COMPLETED_WITH_ERRORS
    assert file_of("bad.mp4").outcome == Outcome.QUARANTINED


def test_a_file_that_a_person_released_since_is_tried_by_the_next_attempt(
    place: Place, two_attempts: Callable[[], Job], at: At
) -> None:
    place.add("Bad", ["bad.mp4"]).completion_on -= 10
    place.add("Good", ["good.mp4"])
    (place.downloads / "bad.mp4").rename(place.downloads / "away")
    (place.downloads / "bad.mp4").write_bytes(bytes(2000))

    def fix_and_release() -> None:
        (place.downloads / "away").rename(place.downloads / "bad.mp4")
        release(PlacedFile.objects.all())

    at(CrashPoint.TORRENT_RECORDED, fix_and_release)
    job = two_attempts()
    assert result_of(job)["synced_files"] == 2 and job.errors == 0
