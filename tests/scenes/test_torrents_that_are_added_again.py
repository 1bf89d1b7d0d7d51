"""A torrent that StashHog took out of qBittorrent, and that a person adds again, is one of qBittorrent's again."""

from __future__ import annotations

import pytest

from scenes.downloads.library.placing_again import place_again
from scenes.models import Outcome
from scenes.simulators.qbittorrent import SimulatedTorrent
from tests.scenes.placing import Place, download_of, file_of

pytestmark = pytest.mark.django_db(transaction=True)
FILES = ["Film/a.mp4", "Film/b.mp4"]


@pytest.fixture
def torrent(place: Place) -> SimulatedTorrent:
    """Placed, tagged, removed with its files by the clean-up, and added again."""
    place.configure(cleanup="remove_torrent_and_files", qbittorrent_handled_tag="stashhog")
    torrent = place.add("Film", FILES)
    contents = {name: (place.downloads / name).read_bytes() for name in FILES}
    place.run()
    assert download_of("Film").removed_at and not place.qbittorrent.store.torrents
    place.configure(cleanup="keep", qbittorrent_handled_tag="stashhog")
    (place.downloads / "Film").mkdir(exist_ok=True)
    for name, content in contents.items():
        (place.downloads / name).write_bytes(content)
    torrent.tags = []
    place.qbittorrent.server.call(place.qbittorrent.store.torrents.__setitem__, torrent.hash, torrent)
    return torrent


def test_a_file_that_was_deleted_meanwhile_can_be_placed_again(place: Place, torrent: SimulatedTorrent) -> None:
    (place.library / "Film/a.mp4").unlink()
    place.run()
    place_again(file_of("Film/a.mp4").pk)
    place.run()
    assert "Film/a.mp4" in place.in_library() and download_of("Film").removed_at is None


def test_it_gets_its_tag_again(place: Place, torrent: SimulatedTorrent) -> None:
    place.run()
    assert torrent.tags == ["stashhog"]


def test_its_files_are_left_when_a_person_removes_it_before_it_was_handled_again(
    place: Place, torrent: SimulatedTorrent
) -> None:
    place.run()
    (place.library / "Film/a.mp4").unlink()
    place_again(file_of("Film/a.mp4").pk)
    place.qbittorrent.server.call(place.qbittorrent.store.torrents.pop, torrent.hash)
    place.run()
    assert (place.downloads / "Film/a.mp4").is_file() and "Film/a.mp4" not in place.in_library()
    assert (file_of("Film/a.mp4").outcome, file_of("Film/a.mp4").code) == (Outcome.NOT_WANTED, "gone")
