"""Torrents go to the first destination that fits, each with its own folder, link mode, clean-up and permissions."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs import testing
from jobs.errors import JobError
from jobs.models import Status
from scenes import configuration
from scenes.attribution import disk
from scenes.checks import unusable_library, unusable_mappings
from scenes.configuration.destinations import DestinationRow
from scenes.crash_points import CrashPoint
from scenes.destinations.checking import of_folder
from scenes.downloads.processing import process
from scenes.models import Download, Outcome, PlacedFile
from scenes.models import Place as KnownPlace
from scenes.paths import PathMap
from scenes.probes.paths import of_destination
from scenes.simulators.qbittorrent import NewFile
from tests.scenes.placing import At, Died, Place, all_in, die, download_of, file_of, log_of, result_of
from tests.scenes.privileges import unprivileged

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]  # of which folder fits


@dataclass
class Homes:
    """A place with two more folders that Stash has, ``vr`` and ``tv``."""

    place: Place
    vr: Path
    tv: Path

    def rows(self, *rows: DestinationRow) -> None:
        self.place.configure(destination_rows=rows)

    def in_folder(self, folder: Path) -> list[str]:
        return [str(path.relative_to(folder)) for path in all_in(folder) if path.is_file()]


@pytest.fixture
def homes(place: Place) -> Homes:
    folders = [place.library.parent / name for name in ("vr", "tv")]
    for folder in folders:
        folder.mkdir()
        place.stash.simulator.settings.libraries.append(str(folder))
    made = Homes(place, *folders)
    made.rows(DestinationRow("VR", str(made.vr), categories="vr"), DestinationRow("TV", str(made.tv), categories="tv"))
    return made


def test_each_torrent_goes_to_the_first_destination_that_fits_and_the_rest_to_the_default(homes: Homes) -> None:
    homes.rows(
        DestinationRow("New VR", str(homes.tv), categories="vr,films", tags="new"),
        DestinationRow("VR", str(homes.vr), categories="vr"),
    )
    add = homes.place.add
    add("1", ["1.mp4"], category="vr", tags=["new", "other"])
    add("2", ["2.mp4"], category="vr/180", tags=["old"])
    add("3", ["3.mp4"], category="vrx")
    add("4", ["4.mp4"])
    add("5", ["5.mp4"], category="films/new", tags=["new"])
    add("6", ["6.mp4"], category="films")
    job = homes.place.run()
    assert (job.status, result_of(job)["synced_files"]) == (Status.COMPLETED, 6)
    assert homes.in_folder(homes.tv) == ["1.mp4", "5.mp4"]
    assert homes.in_folder(homes.vr) == ["2.mp4"]
    assert homes.in_folder(homes.place.library) == ["3.mp4", "4.mp4", "6.mp4"]
    assert download_of("2").destination == str(homes.vr)


def test_a_torrent_must_fit_the_filter_first(homes: Homes) -> None:
    homes.place.configure(qbittorrent_category="tv")
    homes.place.add("1", ["1.mp4"], category="vr")
    assert result_of(homes.place.run())["left_out"] == 1
    assert homes.in_folder(homes.vr) == []


def test_each_destination_has_its_own_link_mode_clean_up_and_torrent_folder(homes: Homes) -> None:
    homes.rows(
        DestinationRow("VR", str(homes.vr), "vr", link_mode="copy", torrent_folder="several"),
        DestinationRow("TV", str(homes.tv), "tv", link_mode="move", torrent_folder="always"),
        DestinationRow("Films", str(homes.place.library.parent / "films"), "films", cleanup="remove_torrent_and_files"),
    )
    films = homes.place.library.parent / "films"
    films.mkdir()
    homes.place.stash.simulator.settings.libraries.append(str(films))
    homes.place.add("V", ["a.mp4", "b.mp4"], category="vr")
    homes.place.add("T", ["t.mp4"], category="tv")
    homes.place.add("F", ["f.mp4"], category="films")
    homes.place.add("D", ["d.mp4"])
    assert homes.place.run().status == Status.COMPLETED
    assert homes.in_folder(homes.vr) == ["V/a.mp4", "V/b.mp4"] and homes.in_folder(homes.tv) == ["T/t.mp4"]
    codes = {file.name: file.code for file in PlacedFile.objects.all()}
    assert codes == {"a.mp4": "copied", "b.mp4": "copied", "t.mp4": "moved", "f.mp4": "linked", "d.mp4": "linked"}
    left = {torrent.name for torrent in homes.place.qbittorrent.store.torrents.values()}
    assert left == {"V", "D"}
    assert homes.in_folder(films) == ["f.mp4"] and not (homes.place.downloads / "f.mp4").exists()


def test_the_folders_of_all_destinations_are_scanned_and_found_in_stash(homes: Homes) -> None:
    homes.place.add("V", ["V/a.mp4"], category="vr")
    homes.place.add("D", ["d.mp4"])
    homes.place.run()
    homes.place.scan()  # they are no real videos, as its log says
    messages = set(PlacedFile.objects.values_list("scan__message", flat=True))
    texts = [f"Stash did not take {path}" for path in (homes.vr / "V/a.mp4", homes.place.library / "d.mp4")]
    assert all(any(message.startswith(text) for message in messages) for text in texts), "it looked at both"


def test_the_same_file_in_another_destination_is_already_there(homes: Homes) -> None:
    homes.place.add("One", ["a.mp4"], category="vr")
    homes.place.run()
    other = homes.place.add("Two", ["b.mp4"], category="tv", save_path=homes.place.downloads / "2")
    (homes.place.downloads / "2/b.mp4").write_bytes((homes.place.downloads / "a.mp4").read_bytes())
    homes.place.run()
    row = PlacedFile.objects.get(download__hash=other.hash)
    assert (row.code, row.place) == ("already_there", str(homes.vr / "a.mp4"))
    assert homes.in_folder(homes.tv) == []


def test_a_sidecar_of_a_video_that_another_destination_has_goes_beside_it(homes: Homes) -> None:
    homes.place.add("One", ["a.mp4"], category="vr")
    homes.place.run()
    homes.place.add("Two", ["b.mp4", "b.srt"], category="tv", save_path=homes.place.downloads / "2")
    (homes.place.downloads / "2/b.mp4").write_bytes((homes.place.downloads / "a.mp4").read_bytes())
    homes.place.run()
    assert homes.in_folder(homes.vr) == ["a.mp4", "a.srt"] and homes.in_folder(homes.tv) == []


def test_names_of_destinations_that_qbittorrent_does_not_have_are_said(homes: Homes) -> None:
    homes.rows(DestinationRow("VR", str(homes.vr), categories="vr,wr", tags="3D"))
    homes.place.add("1", ["1.mp4"], category="vr/new", tags=["3d"])
    texts = log_of(homes.place.run())
    assert "qBittorrent has no category 'wr'; it has: vr/new" in texts
    assert "no tag '3D'; it has: 3d. No torrent goes to a destination by that." in texts


# --- what is decided stays ---


@pytest.mark.parametrize("point", [CrashPoint.TARGET_SAVED, CrashPoint.FILE_LINKED])
def test_a_target_that_was_saved_stays_when_the_destinations_change_before_the_retry(
    homes: Homes, at: At, point: CrashPoint
) -> None:
    homes.place.add("V", ["a.mp4", "b.mp4"], category="vr")
    at(point, die)
    context = testing.context("process_downloads")
    with pytest.raises(Died):
        process(context)
    homes.rows(DestinationRow("VR", str(homes.tv), categories="vr"))
    process(context)
    assert homes.in_folder(homes.vr) == ["a.mp4", "b.mp4"]
    assert homes.in_folder(homes.tv) == homes.in_folder(homes.place.library) == []
    assert {file.code for file in PlacedFile.objects.all()} == {"linked"}


def test_a_torrent_whose_category_changed_after_it_was_begun_stays_together(homes: Homes, at: At) -> None:
    torrent = homes.place.add("V", ["a.mp4", "b.mp4"], category="vr")
    at(CrashPoint.FILE_RECORDED, die)
    context = testing.context("process_downloads")
    with pytest.raises(Died):
        process(context)
    homes.place.qbittorrent.change_torrent(torrent.hash, category="tv")
    process(context)
    assert homes.in_folder(homes.vr) == ["a.mp4", "b.mp4"] and homes.in_folder(homes.tv) == []


def test_without_a_saved_target_a_changed_destination_counts(homes: Homes, at: At) -> None:
    homes.place.add("V", ["a.mp4"], category="vr")
    at(CrashPoint.FILES_LISTED, die)
    context = testing.context("process_downloads")
    with pytest.raises(Died):
        process(context)
    homes.rows(DestinationRow("VR", str(homes.tv), categories="vr"))
    process(context)
    assert homes.in_folder(homes.tv) == ["a.mp4"] and homes.in_folder(homes.vr) == []


def test_a_move_goes_on_to_where_it_was_going_though_its_row_is_gone(homes: Homes, at: At) -> None:
    homes.rows(DestinationRow("VR", str(homes.vr), tags="3d", link_mode="move"))
    homes.place.add("V", ["a.mp4", "b.mp4"], tags=["3d"])
    at(CrashPoint.TORRENT_REMOVED, die)
    context = testing.context("process_downloads")
    with pytest.raises(Died):
        process(context)
    homes.rows()
    process(context)
    assert homes.in_folder(homes.vr) == ["a.mp4", "b.mp4"] and homes.in_folder(homes.place.library) == []
    assert {file.code for file in PlacedFile.objects.all()} == {"moved"}


def test_what_a_person_releases_is_decided_once_more_where_nothing_is_placed(homes: Homes) -> None:
    homes.place.add("V", {"a.mp4": 1000}, category="vr")
    bad = DestinationRow("VR", str(homes.vr), categories="vr", file_group="no-such-group", link_mode="copy")
    homes.rows(bad)
    homes.place.run()
    target = file_of("a.mp4").target
    homes.rows(bad._replace(folder=str(homes.tv)))
    homes.place.run()
    row = file_of("a.mp4")
    assert (row.outcome, row.code, row.target) == (Outcome.FAILED, "mode_refused", target), "a retry goes where it was"
    homes.rows(DestinationRow("VR", str(homes.tv), categories="vr"))
    PlacedFile.objects.release()
    homes.place.run()
    assert homes.in_folder(homes.tv) == ["a.mp4"]


def test_nothing_is_cleaned_up_by_the_word_of_another_destination(homes: Homes) -> None:
    homes.place.configure(cleanup="remove_torrent_and_files")
    homes.rows(DestinationRow("VR", str(homes.vr), categories="vr", cleanup="keep"))
    homes.place.add("V", ["a.mp4"], category="vr")
    homes.place.run()
    homes.rows()
    homes.place.run()
    assert (homes.place.downloads / "a.mp4").exists() and homes.place.qbittorrent.store.torrents


@pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])
def test_a_clean_up_waits_while_the_disk_of_the_destination_is_away(homes: Homes, cleanup: str) -> None:
    homes.place.add("V", ["v.mp4"], category="vr")
    homes.place.run()
    homes.rows(DestinationRow("VR", str(homes.vr), categories="vr", cleanup=cleanup))
    kept = homes.vr.rename(homes.vr.with_name("vr kept"))
    homes.vr.mkdir()
    job = homes.place.run()
    assert homes.place.qbittorrent.store.torrents and (homes.place.downloads / "v.mp4").exists()
    assert "its clean-up is left to the next run: our file" in log_of(job)
    assert download_of("V").cleanup_message == "", "what a disk that is away looks like is no reason for good"
    homes.vr.rmdir()
    kept.rename(homes.vr)
    homes.place.run()
    assert not homes.place.qbittorrent.store.torrents and homes.in_folder(homes.vr) == ["v.mp4"]


def test_what_was_removed_from_a_disk_that_is_there_keeps_its_torrent(homes: Homes) -> None:
    homes.place.add("V", ["v.mp4"], category="vr")
    homes.place.run()
    homes.rows(DestinationRow("VR", str(homes.vr), categories="vr", cleanup="remove_torrent"))
    (homes.vr / "v.mp4").unlink()
    homes.place.run()
    assert homes.place.qbittorrent.store.torrents and "not in the library any more" in download_of("V").cleanup_message


# --- what can't be used ---


def test_an_earlier_folder_that_can_not_be_looked_at_leaves_the_other_destinations_alone(homes: Homes, at: At) -> None:
    homes.place.add("V", ["a.mp4"], category="vr")
    at(CrashPoint.TARGET_SAVED, die)
    context = testing.context("process_downloads")
    with pytest.raises(Died):
        process(context)
    behind = homes.place.library.parent / "behind"
    behind.mkdir()
    homes.vr.rename(behind / "vr")
    Download.objects.update(destination=str(behind / "vr"))
    homes.place.add("T", ["t.mp4"], category="tv")
    homes.rows(DestinationRow("TV", str(homes.tv), categories="tv"))
    behind.chmod(0)
    try:
        with unprivileged():
            process(context)
    finally:
        behind.chmod(0o755)
    assert homes.in_folder(homes.tv) == ["t.mp4"] and homes.place.in_library() == []
    assert download_of("V").code == "destination_unusable", "it may have been placed there before"


def test_folders_that_can_not_be_looked_at_are_said_to_be_so(homes: Homes) -> None:
    behind = homes.place.library.parent / "behind"
    (behind / "vr").mkdir(parents=True)
    homes.place.configure(path_map=PathMap.parse(f"tagger:/media={behind / 'vr'}"))
    homes.rows(DestinationRow("VR", str(behind / "vr"), categories="vr"))
    config = configuration.current()
    (vr,) = config.destinations.rows
    behind.chmod(0)
    try:
        with unprivileged():
            texts = [str(one.msg) for one in (*unusable_library(config), *unusable_mappings(config))]
            findings, sentences = of_destination(config, vr, []), of_folder(vr)
    finally:
        behind.chmod(0o755)
    assert all(str(behind / "vr") in text for text in texts) and len(texts) == 2
    assert not findings[0].good and "is not there for StashHog now" in sentences[0]


def test_a_destination_that_is_away_leaves_the_others_alone_and_costs_nothing(homes: Homes) -> None:
    homes.place.add("V", ["v.mp4"], category="vr")
    homes.place.add("T", ["t.mp4"], category="tv")
    homes.vr.rmdir()
    for _ in range(4):
        job = homes.place.run()
        assert job.status == Status.COMPLETED_WITH_ERRORS and result_of(job)["failed"] == 1
        assert "1 not placed, since their destination can't be used now" in job.message
        row = download_of("V")
        assert (row.outcome, row.code, row.attempts) == (Outcome.FAILED, "destination_unusable", 0)
        assert str(homes.vr) in row.message and "“VR”" in row.message and row.message in log_of(job)
        homes.place.add(f"T{_}", [f"t{_}.mp4"], category="tv")
    assert len(homes.in_folder(homes.tv)) == 4 and file_of("v.mp4").attempts == 0
    homes.vr.mkdir()
    assert homes.place.run().status == Status.COMPLETED
    assert homes.in_folder(homes.vr) == ["v.mp4"] and download_of("V").outcome == Outcome.DONE


def test_when_nothing_can_be_placed_anywhere_the_job_fails(homes: Homes) -> None:
    homes.place.add("V", ["v.mp4"], category="vr")
    homes.place.stash.simulator.settings.libraries.remove(str(homes.vr))
    job = homes.place.run()
    assert (job.status, job.error_code) == (Status.FAILED, "library_not_in_stash")
    assert "“VR”" in job.error_message and download_of("V").outcome == Outcome.NEW


def test_a_lost_marker_of_one_destination_stops_that_one(homes: Homes) -> None:
    homes.place.add("V", ["v.mp4"], category="vr")
    homes.place.add("T", ["t.mp4"], category="tv")
    homes.place.run()
    for folder in (homes.vr, homes.tv):
        assert (folder / disk.MARKER).is_file()
    assert KnownPlace.objects.filter(use="library", root=str(homes.vr)).exclude(marked_at=None).exists()
    for path in (homes.vr / "v.mp4", homes.vr / disk.MARKER):
        path.unlink()
    homes.place.add("V2", ["v2.mp4"], category="vr")
    homes.place.add("T2", ["t2.mp4"], category="tv")
    assert homes.place.run().status == Status.COMPLETED_WITH_ERRORS
    assert homes.in_folder(homes.vr) == [] and homes.in_folder(homes.tv) == ["t.mp4", "t2.mp4"]
    assert "looks as if its disk were away" in download_of("V2").message


def overlapping(homes: Homes, how: str) -> DestinationRow:
    vr, folder = homes.vr, homes.place.library.parent / "inner"
    if how == "equal":
        folder = homes.tv
    elif how == "inside":
        folder = homes.tv / "inner"
    elif how == "link":
        folder.symlink_to(homes.tv / "deep")
        (homes.tv / "deep").mkdir()
    elif how == "mapping":
        folder.mkdir()
        homes.place.configure(path_map=PathMap.parse(f"stash:{homes.tv}/x={folder}"))
    assert vr != folder
    return DestinationRow("Inner", str(folder), categories="inner")


@pytest.mark.parametrize("how", ["equal", "inside", "link", "mapping"])
def test_a_run_places_nothing_while_destinations_overlap(homes: Homes, how: str) -> None:
    homes.rows(overlapping(homes, how), DestinationRow("TV", str(homes.tv), categories="tv"))
    homes.place.add("D", ["d.mp4"])
    job = homes.place.run()
    assert (job.status, job.error_code) == (Status.FAILED, "destinations_overlap")
    assert "“Inner”" in job.error_message and "“TV”" in job.error_message
    assert homes.in_folder(homes.tv) == [] and homes.place.in_library() == []


def test_a_destination_among_the_downloads_gets_nothing_from_there(homes: Homes) -> None:
    inside = homes.place.downloads / "library"
    inside.mkdir()
    homes.place.stash.simulator.settings.libraries.append(str(inside))
    homes.rows(DestinationRow("VR", str(inside), categories="vr"))
    homes.place.add("V", ["v.mp4"], category="vr")
    homes.place.add("D", ["d.mp4"])
    assert homes.place.run().status == Status.COMPLETED_WITH_ERRORS
    row = download_of("V")
    assert (row.code, row.attempts) == ("destination_unusable", 0) and "qBittorrent saves torrents" in row.message
    assert homes.in_folder(inside) == [] and homes.place.in_library() == ["d.mp4"]


def test_what_can_not_be_read_of_a_row_stops_the_run_before_anything(homes: Homes) -> None:
    homes.place.configure(unusable={"destinations": "Link mode of the destination 'VR' can't be used."})
    homes.place.add("V", ["v.mp4"], category="vr")
    with pytest.raises(JobError) as caught:
        process(testing.context("process_downloads"))
    assert (caught.value.code, caught.value.permanent) == ("setting_unusable", True)
    assert not Download.objects.exists()


# --- permissions ---


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_copies_and_folders_get_their_permissions_and_a_link_keeps_those_of_the_torrent(homes: Homes) -> None:
    homes.place.configure(file_mode=0o640, folder_mode=0o2775, file_group="12345")
    homes.rows(
        DestinationRow("VR", str(homes.vr), categories="vr", link_mode="copy", file_mode="664", file_group="none")
    )
    homes.place.add("V", ["V/a/b.mp4"], category="vr")
    homes.place.add("D", ["D/d.mp4"])
    source = homes.place.downloads / "D/d.mp4"
    source.chmod(0o600)
    assert homes.place.run().status == Status.COMPLETED
    copy, library = homes.vr / "V/a/b.mp4", homes.place.library
    assert (mode_of(copy), mode_of(copy.parent), mode_of(homes.vr / "V")) == (0o664, 0o2775, 0o2775)
    assert copy.stat().st_gid != 12345
    assert (library / "D").stat().st_gid == 12345 and mode_of(library / "D") == 0o2775
    assert (mode_of(source), source.stat().st_gid) == (0o600, (homes.place.downloads).stat().st_gid)
    assert (library / "D/d.mp4").samefile(source)


def test_a_folder_that_a_killed_process_left_without_its_permissions_gets_them(homes: Homes, at: At) -> None:
    homes.place.configure(folder_mode=0o2770)
    homes.place.add("V", ["V/a/b.mp4"], category="vr")
    at(CrashPoint.FOLDER_BEGUN, die)
    context = testing.context("process_downloads")
    with pytest.raises(Died):
        process(context)
    (homes.vr / "V").mkdir(exist_ok=True)  # the process was killed, so that it did not take it back either
    (homes.vr / "V").chmod(0o755)
    process(context)
    assert [mode_of(homes.vr / name) for name in ("V", "V/a")] == [0o2770, 0o2770]


@pytest.mark.parametrize("mode", ["copy", "move", "hardlink"])
def test_what_can_not_be_given_is_said_of_the_file_and_nothing_is_lost(
    homes: Homes, mode: str, elsewhere: Path
) -> None:
    folder = elsewhere if mode != "hardlink" else homes.vr
    homes.place.stash.simulator.settings.libraries.append(str(folder))
    bad = DestinationRow("VR", str(folder), categories="vr", link_mode=mode, file_group="no-such-group")
    homes.rows(bad)
    homes.place.add("V", {"V/a.mp4": 1000}, category="vr")
    for _ in range(4):
        job = homes.place.run()
        assert (job.status, result_of(job)["failed"]) == (Status.COMPLETED_WITH_ERRORS, 1)
    row = file_of("V/a.mp4")
    assert (row.outcome, row.code, row.attempts) == (Outcome.FAILED, "mode_refused", 0)
    assert "no-such-group" in row.message
    assert (homes.place.downloads / "V/a.mp4").stat().st_size == 1000 and all_in(folder) == []
    homes.rows(bad._replace(file_group=""))
    assert homes.place.run().status == Status.COMPLETED
    assert homes.in_folder(folder) == ["V/a.mp4"]


def test_permissions_that_a_file_system_drops_in_silence_are_noticed(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Path.chmod
    monkeypatch.setattr(Path, "chmod", lambda path, mode: change(path, mode & 0o755))
    homes.rows(DestinationRow("VR", str(homes.vr), categories="vr", link_mode="copy", file_mode="664"))
    homes.place.add("V", ["a.mp4"], category="vr")
    homes.place.run()
    assert file_of("a.mp4").code == "mode_refused" and "644 afterwards" in file_of("a.mp4").message
    assert homes.in_folder(homes.vr) == []


def test_many_torrents_ask_no_more_of_the_database_for_more_destinations(
    homes: Homes, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (1, 30):
        rows = [DestinationRow(f"n{i}", f"/nowhere/{number}/{i}", categories=f"n{i}") for i in range(number)]
        homes.rows(*rows, DestinationRow("VR", str(homes.vr), categories="vr"))
        homes.place.qbittorrent.add_torrent(f"V{number}", [NewFile(f"v{number}.mp4", 1000)], category="vr")
        with CaptureQueriesContext(connection) as queries:
            homes.place.run()
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 2, counts
