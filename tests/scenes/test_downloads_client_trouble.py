"""Torrents that were complete and that qBittorrent has trouble with: said, counted, and handled once fixed."""

from __future__ import annotations

import pytest

from jobs.models import Status
from scenes.models import Outcome
from scenes.simulators.qbittorrent import NewFile
from tests.scenes.placing import Place, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("state", "code"), [("missingFiles", "missing_files"), ("error", "client_error")])
def test_a_torrent_in_trouble_is_an_error_of_the_run_and_is_handled_once_it_is_mended(
    place: Place, state: str, code: str
) -> None:
    torrent = place.add("Film", ["a.mp4"], state=state)
    job = place.run()
    assert job.status == Status.COMPLETED_WITH_ERRORS and job.errors == result_of(job)["failed"] == 1
    assert (download_of("Film").outcome, download_of("Film").code) == (Outcome.FAILED, code)
    assert download_of("Film").message in log_of(job) and "in qBittorrent" in job.message
    place.qbittorrent.change_torrent(torrent.hash, state="stalledUP")
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["synced_files"] == 1
    assert download_of("Film").outcome == Outcome.DONE and "qBittorrent" not in job.message


def test_after_the_last_try_it_is_left_alone_and_still_handled_once_it_is_mended(place: Place) -> None:
    torrent = place.add("Film", ["a.mp4"], state="missingFiles")
    assert [place.run().errors for _ in range(4)] == [1, 1, 1, 0]
    assert (download_of("Film").outcome, download_of("Film").attempts) == (Outcome.QUARANTINED, 3)
    place.qbittorrent.change_torrent(torrent.hash, state="stalledUP")
    place.run()
    assert download_of("Film").outcome == file_of("a.mp4").outcome == Outcome.DONE


def test_one_whose_file_failed_before_counts_once_and_keeps_no_stale_row(place: Place) -> None:
    torrent = place.add("Film", ["a.mp4"])
    (place.downloads / "a.mp4").unlink()
    place.run()
    place.qbittorrent.restart()
    assert torrent.state == "missingFiles"
    job = place.run()
    assert job.errors == 1 and download_of("Film").code == "missing_files"


def test_one_that_waited_and_lost_its_files_waits_no_more(place: Place) -> None:
    torrent = place.add("Film", ["a.mp4"], state="moving")
    place.run()
    place.qbittorrent.change_torrent(torrent.hash, state="missingFiles")
    job = place.run()
    assert download_of("Film").code == "missing_files" and job.errors == 1 and result_of(job)["waiting"] == 0


def test_one_whose_files_were_gone_at_a_recheck_misses_them(place: Place) -> None:
    torrent = place.add("Film", ["a.mp4"], state="moving")
    place.run()
    place.qbittorrent.change_torrent(torrent.hash, state="stalledDL", files={"a.mp4": {"progress": 0.0}})
    assert place.run().errors == 1
    assert download_of("Film").code == "missing_files"


def test_one_that_downloads_a_part_again_waits(place: Place) -> None:
    torrent = place.add("Film", ["a.mp4"], state="moving")
    place.run()
    place.qbittorrent.change_torrent(torrent.hash, state="downloading", files={"a.mp4": {"progress": 0.5}})
    job = place.run()
    assert (download_of("Film").outcome, download_of("Film").code) == (Outcome.WAITING, "downloading")
    assert job.status == Status.COMPLETED and result_of(job)["waiting"] == 1


def test_what_is_in_the_library_already_stays_done(place: Place) -> None:
    torrent = place.add("Film", ["a.mp4"])
    place.run()
    for state in ("missingFiles", "error", "stalledDL"):
        place.qbittorrent.change_torrent(torrent.hash, state=state, files={"a.mp4": {"progress": 0.0}})
        assert place.run().status == Status.COMPLETED
        assert download_of("Film").outcome == Outcome.DONE


def test_one_that_never_was_complete_is_none_of_our_business(place: Place) -> None:
    place.qbittorrent.add_torrent("Half", [NewFile("a.mp4", 1000, progress=0.5)], state="error")
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["failed"] == 0


def test_the_trouble_costs_one_try_a_run(place: Place, settings) -> None:
    settings.JOBS_RETRY_DELAY = 0
    place.add("Film", ["a.mp4"], state="missingFiles")
    place.add("Good", ["b.mp4"])
    place.qbittorrent.server.control.arm("reset", path="torrents/files", times=1)
    job = place.run()
    assert job.attempt == 2 and job.errors == 1
    assert download_of("Film").attempts == 1


def test_the_filter_leaves_them_out_too(place: Place) -> None:
    place.configure(qbittorrent_category="films")
    place.add("Film", ["a.mp4"], state="missingFiles")
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["left_out"] == 1


@pytest.mark.parametrize("known_before", [True, False])
def test_a_torrent_of_which_no_files_are_named_fails_and_is_handled_when_they_are(
    place: Place, known_before: bool
) -> None:
    torrent = place.add("Film", ["Film/a.mp4"])
    if known_before:
        place.qbittorrent.change_torrent(torrent.hash, files={"Film/a.mp4": {"progress": 0.5}}, state="stalledUP")
        place.run()
        place.qbittorrent.change_torrent(torrent.hash, files={"Film/a.mp4": {"progress": 1.0}}, state="stalledUP")
    place.qbittorrent.server.control.arm("http", path="torrents/files", status=200, text="[]", times=4)
    for expected in (Outcome.FAILED, Outcome.FAILED, Outcome.QUARANTINED):
        job = place.run()
        assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
        assert (download_of("Film").outcome, download_of("Film").code) == (expected, "no_files")
    assert place.run().status == Status.COMPLETED
    assert result_of(place.run())["synced_files"] == 1 and download_of("Film").outcome == Outcome.DONE
