"""Files that are selected or deselected in qBittorrent after their torrent was handled.

Their data are there, so nothing that qBittorrent lists of the torrent changes with that.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.models import Status
from scenes.downloads import reopening
from scenes.models import Download, Outcome, PlacedFile
from scenes.simulators.qbittorrent import NewFile, SimulatedTorrent
from tests.scenes.placing import Place, download_of, file_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
Select = Callable[..., None]


@pytest.fixture
def select(place: Place) -> Select:
    """`select(torrent, 0, *names)`: set their priority."""

    def set_priority(torrent: SimulatedTorrent, priority: int, *names: str) -> None:
        place.qbittorrent.change_torrent(torrent.hash, files={name: {"priority": priority} for name in names})

    return set_priority


def partial(place: Place, name: str) -> SimulatedTorrent:
    """A torrent of two videos, of which the second one is deselected and there."""
    files = [NewFile(f"{name}/a.mp4", 1000), NewFile(f"{name}/b.mp4", 1000, priority=0)]
    return place.qbittorrent.add_torrent(name, files)


def test_deselected_archives_hold_nothing_up_and_the_rest_is_done(place: Place, select: Select) -> None:
    place.configure(qbittorrent_handled_tag="stashhog")
    torrent = place.add("Film", {"Film/a.mp4": 1000, "Film/b.rar": 5000, "Film/b.r00": 5000})
    place.run()
    assert download_of("Film").code == "needs_unpacking" and torrent.tags == []
    select(torrent, 0, "Film/b.rar", "Film/b.r00")
    assert place.run().status == Status.COMPLETED
    assert {file_of(name).code for name in ("Film/b.rar", "Film/b.r00")} == {"deselected"}
    assert download_of("Film").outcome == Outcome.DONE and torrent.tags == ["stashhog"]


def test_one_of_two_archives_that_is_deselected_leaves_the_other(place: Place, select: Select) -> None:
    torrent = place.add("Film", {"Film/a.mp4": 1000, "Film/b.rar": 5000, "Film/c.rar": 5000})
    place.run()
    select(torrent, 0, "Film/b.rar")
    place.run()
    assert (file_of("Film/b.rar").code, file_of("Film/c.rar").code) == ("deselected", "needs_unpacking")
    assert download_of("Film").code == "needs_unpacking"


def test_in_mode_move_deselected_archives_let_the_torrent_go_in_the_next_run(place: Place, select: Select) -> None:
    place.configure(link_mode="move")
    torrent = place.add("Film", {"Film/a.mp4": 1000, "Film/b.rar": 5000})
    place.run()
    assert file_of("Film/a.mp4").code == "linked"
    select(torrent, 0, "Film/b.rar")
    assert place.run().status == Status.COMPLETED
    assert download_of("Film").outcome == Outcome.DONE


def test_a_video_that_is_selected_later_is_placed_though_nothing_else_was_left_out(
    place: Place, select: Select
) -> None:
    torrent = partial(place, "Film")
    place.run()
    assert download_of("Film").outcome == Outcome.DONE and place.run().message == "No torrent is new"
    select(torrent, 1, "Film/b.mp4")
    assert result_of(place.run())["synced_files"] == 1
    assert (place.library / "Film/b.mp4").is_file() and file_of("Film/b.mp4").code == "linked"


def test_a_torrent_of_which_all_was_deselected_is_handled_when_a_file_is_selected(place: Place, select: Select) -> None:
    torrent = place.add("Film", ["Film/a.mp4"])
    select(torrent, 0, "Film/a.mp4")
    place.run()
    assert (download_of("Film").outcome, download_of("Film").code) == (Outcome.NOT_WANTED, "deselected")
    select(torrent, 6, "Film/a.mp4")
    assert result_of(place.run())["synced_files"] == 1


def test_a_video_that_is_selected_later_brings_its_subtitles(place: Place, select: Select) -> None:
    torrent = place.add("Film", ["Film/a.mp4", "Film/b.mp4", "Film/b.en.srt"])
    select(torrent, 0, "Film/b.mp4")
    place.run()
    assert file_of("Film/b.en.srt").code == "without_video"
    select(torrent, 1, "Film/b.mp4")
    assert result_of(place.run())["synced_files"] == 2
    assert (place.library / "Film/b.en.srt").is_file()


def test_what_was_placed_and_is_deselected_then_stays_placed(place: Place, select: Select) -> None:
    torrent = place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    place.run()
    select(torrent, 0, "Film/b.mp4")
    place.run()
    assert file_of("Film/b.mp4").code == "linked" and (place.library / "Film/b.mp4").is_file()


def test_a_quarantined_file_that_is_deselected_holds_its_torrent_up_no_more(place: Place, select: Select) -> None:
    place.configure(qbittorrent_handled_tag="stashhog", max_item_attempts=1)
    torrent = place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    (place.downloads / "Film/b.mp4").write_bytes(b"x" * 2000)
    place.run()
    assert download_of("Film").outcome == Outcome.QUARANTINED and torrent.tags == []
    assert place.run().message == "No torrent is new"
    select(torrent, 0, "Film/b.mp4")
    assert place.run().status == Status.COMPLETED
    assert file_of("Film/b.mp4").code == "deselected"
    assert download_of("Film").outcome == Outcome.DONE and torrent.tags == ["stashhog"]


def test_only_torrents_with_files_left_out_are_asked_for_theirs(place: Place) -> None:
    place.add("Whole", ["Whole/a.mp4", "Whole/a.nfo"])
    torrent = partial(place, "Part")
    place.run()
    place.qbittorrent.server.control.forget()
    place.run()
    asked = place.qbittorrent.server.control.asked("torrents/files")
    assert len(asked) == 1 and torrent.hash in str(asked)


def test_a_run_asks_for_a_bounded_number_of_them_and_the_next_one_goes_on(
    place: Place, select: Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    torrents = [partial(place, f"Film {number}") for number in range(5)]
    place.run()
    monkeypatch.setattr(reopening, "CHECKS_IN_A_RUN", 2)
    for torrent in torrents:
        select(torrent, 1, f"{torrent.name}/b.mp4")
    assert [result_of(place.run())["synced_files"] for _ in range(3)] == [2, 2, 1]
    assert PlacedFile.objects.filter(code="linked").count() == 10
    assert not Download.objects.filter(files_checked_at=None).exists()


def test_torrents_with_files_left_out_cost_no_query_each(place: Place, django_assert_max_num_queries) -> None:
    partial(place, "First")
    place.run()
    with django_assert_max_num_queries(200) as few:
        place.run()
    for number in range(20):
        partial(place, f"Film {number}")
    place.run()
    with django_assert_max_num_queries(200) as many:
        place.run()
    assert len(many) == len(few)


@pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])
def test_a_video_that_is_selected_later_is_placed_before_its_torrent_is_cleaned_up(
    place: Place, select: Select, cleanup: str
) -> None:
    torrent = partial(place, "Film")
    place.run()
    place.configure(cleanup=cleanup)
    select(torrent, 1, "Film/b.mp4")
    assert result_of(place.run())["synced_files"] == 1
    assert place.qbittorrent.store.torrents == {}
    assert (place.library / "Film/b.mp4").stat().st_size == 1000
