"""A move to a disk without room, for the simulator and on a real small disk for the real one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.seeding import wait_until
from tests.simulators.qbittorrent.servers import AnyQbittorrent, SimulatedQbittorrent
from tests.small_disks import resize, small_disk

pytestmark = pytest.mark.acceptance

SIZE = 2_000_000  # bytes


class FullDisk:
    def __init__(self, qbt: AnyQbittorrent, path: Path) -> None:
        self.qbt, self.path = qbt, path

    def make_room(self) -> None:
        if isinstance(self.qbt, SimulatedQbittorrent):
            self.qbt.simulator.full = []
        else:
            resize(self.path, "20m")


@pytest.fixture
def full(qbt: AnyQbittorrent, tmp_path: Path) -> Iterator[FullDisk]:
    if isinstance(qbt, SimulatedQbittorrent):
        qbt.simulator.full = [tmp_path]
        yield FullDisk(qbt, tmp_path)
        qbt.simulator.full, qbt.simulator.check_seconds = [], 0.0
    else:
        with small_disk() as disk:
            yield FullDisk(qbt, disk)


def seed(qbt: AnyQbittorrent, name: str, *files: str) -> str:
    for file in files:
        (qbt.downloads / file).parent.mkdir(parents=True, exist_ok=True)
        (qbt.downloads / file).write_bytes(f"{qbt.downloads.name} {file}\n".encode() * (SIZE // 50))
    return qbt.seed(name, files).hash


def says(qbt: AnyQbittorrent, info_hash: str) -> tuple[str, float, str, str]:
    torrent = qbt.torrent(info_hash)
    return torrent.state, torrent.progress, torrent.save_path, torrent.content_path


def move(qbt: AnyQbittorrent, info_hash: str, place: Path) -> None:
    """Returns when it has ended, well or badly."""
    qbt.client.torrents_set_location(location=str(place), torrent_hashes=info_hash)
    qbt.wait_for_state(info_hash, "stalledUP")


@pytest.mark.parametrize(
    ("name", "files", "content"),
    [
        ("one.mp4", ["one.mp4"], "one.mp4"),
        ("Walk", ["Walk/one.mp4"], "Walk/one.mp4"),
        ("Walk", ["Walk/one.mp4", "Walk/two.mp4"], "Walk"),
        ("Loose", ["one.mp4", "two.mp4"], ""),
    ],
)
def test_the_content_path_still_names_the_old_place_and_the_save_path_the_new_one(
    qbt: AnyQbittorrent, full: FullDisk, name: str, files: list[str], content: str
) -> None:
    info_hash = seed(qbt, name, *files)
    intact = (qbt.downloads / files[0]).read_bytes()
    move(qbt, info_hash, full.path)
    content_path = str(qbt.downloads / content)
    assert says(qbt, info_hash) == ("stalledUP", 1, str(full.path), content_path)
    assert {file.progress for file in qbt.client.torrents_files(torrent_hash=info_hash)} == {1}
    damaged = full.path / files[0]
    assert damaged.stat().st_size == len(intact) and damaged.read_bytes() != intact
    assert (qbt.downloads / files[0]).read_bytes() == intact


def test_to_set_the_same_location_again_does_nothing(qbt: AnyQbittorrent, full: FullDisk) -> None:
    info_hash = seed(qbt, "one.mp4", "one.mp4")
    move(qbt, info_hash, full.path)
    full.make_room()
    move(qbt, info_hash, full.path)
    assert says(qbt, info_hash)[3] == str(qbt.downloads / "one.mp4")


def _recheck(qbt: AnyQbittorrent, info_hash: str) -> None:
    qbt.client.torrents_recheck(torrent_hashes=info_hash)


def _restart(qbt: AnyQbittorrent, info_hash: str) -> None:
    qbt.restart()


@pytest.mark.parametrize("repeat", [_recheck, _restart])
def test_with_room_a_recheck_or_a_restart_repeats_the_move(
    qbt: AnyQbittorrent, full: FullDisk, repeat: Callable[[AnyQbittorrent, str], None]
) -> None:
    info_hash = seed(qbt, "one.mp4", "one.mp4")
    intact = (qbt.downloads / "one.mp4").read_bytes()
    move(qbt, info_hash, full.path)
    full.make_room()
    repeat(qbt, info_hash)
    done = ("stalledUP", 1, str(full.path), str(full.path / "one.mp4"))
    wait_until(lambda: says(qbt, info_hash) == done, "the move")
    assert (full.path / "one.mp4").read_bytes() == intact
    assert not (qbt.downloads / "one.mp4").exists()


def test_without_room_a_recheck_fails_to_move_it_again(qbt: AnyQbittorrent, full: FullDisk) -> None:
    info_hash = seed(qbt, "one.mp4", "one.mp4")
    move(qbt, info_hash, full.path)
    before = says(qbt, info_hash)
    if isinstance(qbt, SimulatedQbittorrent):
        qbt.simulator.check_seconds = 0.2
    _recheck(qbt, info_hash)
    wait_until(lambda: says(qbt, info_hash) != before, "the recheck")
    wait_until(lambda: says(qbt, info_hash) == before, "the end of it")


def test_it_is_well_at_once_when_its_location_is_set_back(qbt: AnyQbittorrent, full: FullDisk) -> None:
    info_hash = seed(qbt, "one.mp4", "one.mp4")
    move(qbt, info_hash, full.path)
    qbt.client.torrents_set_location(location=str(qbt.downloads), torrent_hashes=info_hash)
    place = str(qbt.downloads)
    wait_until(lambda: says(qbt, info_hash) == ("stalledUP", 1, place, f"{place}/one.mp4"), "the old place")


def test_to_delete_it_with_its_files_deletes_the_intact_ones(qbt: AnyQbittorrent, full: FullDisk) -> None:
    info_hash = seed(qbt, "one.mp4", "one.mp4")
    move(qbt, info_hash, full.path)
    qbt.client.torrents_delete(delete_files=True, torrent_hashes=info_hash)
    wait_until(lambda: not (qbt.downloads / "one.mp4").exists(), "the removal")
    assert (full.path / "one.mp4").is_file()
