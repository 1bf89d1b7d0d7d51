"""The same against a real qBittorrent, whose word on states, names and removals counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from jobs import testing
from jobs.models import Status
from scenes.models import Outcome
from scenes.simulators.stash import running_stash
from tests.acceptance.real_qbittorrent import MISSING, RealQbittorrent, installed, real_qbittorrent, wait_until
from tests.acceptance.torrent_files import torrent_of
from tests.scenes.placing import download_of, file_of, result_of
from tests.small_disks import resize, small_disk

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not installed(), reason=MISSING),
]
FILM, BIG = "Film/a.mp4", 30_000  # so many times its path: more than 1 MB
ODD = ["Größe & Gefühl.mp4", 'it\'s "quoted".mp4', "🦊 fox.mp4"]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def qbittorrent(tmp_path: Path, library: Path, configure: Callable[..., Any]) -> Iterator[RealQbittorrent]:
    with real_qbittorrent(tmp_path / "qbittorrent") as real, running_stash(library=[library]) as stash:
        configure(
            stash_url=stash.url,
            qbittorrent_url=real.url,
            qbittorrent_username=real.username,
            qbittorrent_password=real.password,
            library_path=library,
        )
        yield real


def write(folder: Path, *names: str, times: int = 1000) -> list[str]:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(f"{folder} {name}".encode() * (times + number))
    return list(names)


def test_real_torrents_of_every_shape_are_linked_and_tagged(
    qbittorrent: RealQbittorrent, library: Path, configure: Callable[..., Any]
) -> None:
    configure(qbittorrent_handled_tag="stashhog")
    downloads, other = qbittorrent.downloads, qbittorrent.folder / "other"
    qbittorrent.seed("Folder", write(downloads, *(f"Folder/{name}" for name in ODD)))
    qbittorrent.seed("single.mp4", write(downloads, "single.mp4"))
    qbittorrent.seed("Loose", write(downloads, "loose 1.mp4", "sub/loose 2.mp4"))
    part = write(downloads, "Part/wanted.mp4", "Part/unwanted.mp4")
    qbittorrent.seed("Part", part, deselect=["Part/unwanted.mp4"])
    qbittorrent.seed("Twin", write(downloads, "Twin/a.mp4"))
    qbittorrent.seed("Twin", write(other, "Twin/a.mp4"), other)
    job = testing.run("process_downloads")
    assert job.status == Status.COMPLETED, job.error_message
    assert (result_of(job)["synced_items"], result_of(job)["synced_files"]) == (6, 9)
    for name in [*(f"Folder/{odd}" for odd in ODD), "single.mp4", "Part/wanted.mp4"]:
        assert (library / name).samefile(downloads / name)
    for name in ["loose 1.mp4", "sub/loose 2.mp4"]:
        assert (library / "Loose" / name).samefile(downloads / name)
    assert {path.name for path in (library / "Twin").iterdir()} == {"a.mp4", "a (2).mp4"}
    assert not (library / "Part/unwanted.mp4").exists()
    assert file_of("Part/unwanted.mp4").code == "deselected"
    assert all("stashhog" in torrent.tags for torrent in qbittorrent.client.torrents_info())
    assert result_of(testing.run("process_downloads"))["synced_items"] == 0


def test_a_real_move_takes_the_torrent_out_and_keeps_every_byte(
    qbittorrent: RealQbittorrent, library: Path, configure: Callable[..., Any]
) -> None:
    configure(link_mode="move")
    qbittorrent.seed("Film", write(qbittorrent.downloads, "Film/a.mp4", "Film/readme.nfo"))
    content = (qbittorrent.downloads / "Film/a.mp4").read_bytes()
    job = testing.run("process_downloads")
    assert job.status == Status.COMPLETED and result_of(job)["moved"] == 1
    assert qbittorrent.client.torrents_info() == []
    assert (library / "Film/a.mp4").read_bytes() == content
    assert (qbittorrent.downloads / "Film/readme.nfo").is_file()


def test_a_real_removal_with_files_leaves_the_librarys_link(
    qbittorrent: RealQbittorrent, library: Path, configure: Callable[..., Any]
) -> None:
    configure(cleanup="remove_torrent_and_files")
    qbittorrent.seed("Film", write(qbittorrent.downloads, "Film/a.mp4"))
    content = (qbittorrent.downloads / "Film/a.mp4").read_bytes()
    assert testing.run("process_downloads").status == Status.COMPLETED
    gone = qbittorrent.downloads / "Film/a.mp4"
    wait_until(lambda: not gone.exists() and not qbittorrent.client.torrents_info(), "the removal")
    assert (library / "Film/a.mp4").read_bytes() == content
    assert download_of("Film").outcome == Outcome.DONE


def set_location(qbittorrent: RealQbittorrent, disk: Path) -> tuple[str, Path]:
    torrent = qbittorrent.seed("Film", write(qbittorrent.downloads, FILM, times=BIG))
    qbittorrent.client.torrents_set_location(location=str(disk), torrent_hashes=torrent.hash)
    return torrent.hash, qbittorrent.downloads


def complete_in(incomplete: Path, qbittorrent: RealQbittorrent, disk: Path) -> tuple[str, Path]:
    """Without any network: they are in the folder for incomplete torrents when the torrent is added."""
    metadata = torrent_of("Film", write(incomplete, FILM, times=BIG), incomplete)
    qbittorrent.client.torrents_add(
        torrent_files=metadata.content,
        save_path=str(disk),
        use_download_path=True,
        download_path=str(incomplete),
        use_auto_torrent_management=False,
    )
    wait_until(lambda: bool(qbittorrent.client.torrents_info(torrent_hashes=metadata.hash)), "the torrent")
    return metadata.hash, incomplete


def complete_beside(qbittorrent: RealQbittorrent, disk: Path) -> tuple[str, Path]:
    return complete_in(qbittorrent.folder / "incomplete", qbittorrent, disk)


def complete_below(qbittorrent: RealQbittorrent, disk: Path) -> tuple[str, Path]:
    """A disk of its own for incomplete torrents, mounted below the save path."""
    return complete_in(disk / "incomplete", qbittorrent, disk)


@pytest.mark.parametrize("move_badly", [set_location, complete_beside, complete_below])
def test_a_real_move_that_failed_costs_nothing_and_what_is_moved_then_is_handled(
    qbittorrent: RealQbittorrent,
    library: Path,
    configure: Callable[..., Any],
    move_badly: Callable[[RealQbittorrent, Path], tuple[str, Path]],
) -> None:
    configure(max_item_attempts=10)
    with small_disk() as disk:
        (disk / "incomplete").mkdir()
        with small_disk("20m", disk / "incomplete"):
            info_hash, old = move_badly(qbittorrent, disk)
            qbittorrent.wait_for_state(info_hash, "stalledUP")
            intact = (old / FILM).read_bytes()
            assert (disk / FILM).stat().st_size == len(intact)
            for mode, cleanup in product(("copy", "move", "hardlink"), ("remove_torrent", "remove_torrent_and_files")):
                configure(link_mode=mode, cleanup=cleanup)
                job = testing.run("process_downloads")
                assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
                assert download_of("Film").code == "move_failed" and str(old) in download_of("Film").message
                assert list(library.iterdir()) == [] and qbittorrent.torrent(info_hash).state == "stalledUP"
                assert (old / FILM).read_bytes() == intact
            resize(disk, "20m")
            configure(link_mode="move")
            qbittorrent.client.torrents_recheck(torrent_hashes=info_hash)
            wait_until(lambda: qbittorrent.torrent(info_hash).content_path == str(disk / FILM), "the move")
            qbittorrent.wait_for_state(info_hash, "stalledUP")
            assert testing.run("process_downloads").status == Status.COMPLETED
            assert (library / FILM).read_bytes() == intact


@pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])
def test_a_real_move_that_fails_after_the_torrent_was_handled_costs_nothing(
    qbittorrent: RealQbittorrent, library: Path, configure: Callable[..., Any], cleanup: str
) -> None:
    torrent = qbittorrent.seed("Film", write(qbittorrent.downloads, FILM, times=BIG))
    assert testing.run("process_downloads").status == Status.COMPLETED
    configure(cleanup=cleanup)
    with small_disk() as disk:
        qbittorrent.client.torrents_set_location(location=str(disk), torrent_hashes=torrent.hash)
        qbittorrent.wait_for_state(torrent.hash, "stalledUP")
        assert testing.run("process_downloads").status == Status.COMPLETED
        assert qbittorrent.torrent(torrent.hash).save_path == str(disk)
        assert (library / FILM).samefile(qbittorrent.downloads / FILM)


def test_files_that_are_gone_from_the_disk_are_said_to_be_not_visible(qbittorrent: RealQbittorrent) -> None:
    qbittorrent.seed("Film", write(qbittorrent.downloads, "a.mp4"))
    (qbittorrent.downloads / "a.mp4").unlink()
    job = testing.run("process_downloads")
    assert job.status == Status.COMPLETED and file_of("a.mp4").code == "not_visible"
    assert file_of("a.mp4").outcome == Outcome.WAITING


def test_real_torrents_that_miss_their_files_are_failures_of_the_run(qbittorrent: RealQbittorrent) -> None:
    for name in ("rechecked.mp4", "restarted.mp4"):
        qbittorrent.seed(name, write(qbittorrent.downloads, name))
        (qbittorrent.downloads / name).unlink()
    rechecked = next(one.hash for one in qbittorrent.client.torrents_info() if one.name == "rechecked.mp4")
    qbittorrent.client.torrents_recheck(torrent_hashes=rechecked)
    wait_until(lambda: qbittorrent.torrent(rechecked).state == "stalledDL", "the recheck")
    qbittorrent.restart()
    wait_until(lambda: "missingFiles" in {one.state for one in qbittorrent.client.torrents_info()}, "the restart")
    job = testing.run("process_downloads")
    assert job.status == Status.COMPLETED_WITH_ERRORS and job.errors == 2
    assert {download_of(f"{name}.mp4").code for name in ("rechecked", "restarted")} == {"missing_files"}


def test_a_real_refusal_is_tried_once(qbittorrent: RealQbittorrent, configure: Callable[..., Any]) -> None:
    configure(qbittorrent_password="wrong")
    codes = {testing.run("process_downloads").error_code for _ in range(7)}
    assert codes == {"login_refused"}  # seven tries would have led to a ban
    configure(qbittorrent_password=qbittorrent.password)
    assert testing.run("process_downloads").status == Status.COMPLETED


def test_a_real_torrent_with_something_unknown_keeps_all_its_files(
    qbittorrent: RealQbittorrent, library: Path, configure: Callable[..., Any]
) -> None:
    configure(cleanup="remove_torrent_and_files")
    downloads = qbittorrent.downloads
    names = write(downloads, "Film/a.mp4", "Film/a.en.srt", "Film/disc.iso", "Film/a.nfo")
    torrent = qbittorrent.seed("Film", names)
    assert testing.run("process_downloads").status == Status.COMPLETED
    assert all((downloads / name).is_file() for name in names) and qbittorrent.client.torrents_info()
    assert (library / "Film/a.en.srt").samefile(downloads / "Film/a.en.srt")
    assert "Film/disc.iso" in download_of("Film").cleanup_message
    index = next(
        file.index for file in qbittorrent.client.torrents_files(torrent_hash=torrent.hash) if "iso" in file.name
    )
    qbittorrent.client.torrents_file_priority(torrent_hash=torrent.hash, file_ids=[index], priority=0)
    assert testing.run("process_downloads").status == Status.COMPLETED
    wait_until(lambda: not qbittorrent.client.torrents_info(torrent_hashes=torrent.hash), "the removal")
    wait_until(lambda: not (downloads / "Film").exists(), "the deletion of its files")
    assert sorted(path.name for path in (library / "Film").iterdir()) == ["a.en.srt", "a.mp4"]


def set_priority(qbittorrent: RealQbittorrent, info_hash: str, name: str, priority: int) -> None:
    files = qbittorrent.client.torrents_files(torrent_hash=info_hash)
    ids = [file.index for file in files if file.name == name]
    qbittorrent.client.torrents_file_priority(torrent_hash=info_hash, file_ids=ids, priority=priority)


def test_an_archive_that_is_deselected_in_a_real_qbittorrent_holds_nothing_up(
    qbittorrent: RealQbittorrent, configure: Callable[..., Any]
) -> None:
    configure(qbittorrent_handled_tag="stashhog")
    torrent = qbittorrent.seed("Film", write(qbittorrent.downloads, "Film/a.mp4", "Film/b.rar"))
    testing.run("process_downloads")
    assert download_of("Film").code == "needs_unpacking"
    set_priority(qbittorrent, torrent.hash, "Film/b.rar", 0)
    assert testing.run("process_downloads").status == Status.COMPLETED
    assert file_of("Film/b.rar").code == "deselected" and download_of("Film").outcome == Outcome.DONE
    assert qbittorrent.torrent(torrent.hash).tags == "stashhog"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_video_that_is_selected_later_in_a_real_qbittorrent_is_placed(
    qbittorrent: RealQbittorrent, library: Path, is_there: bool
) -> None:
    names = write(qbittorrent.downloads, "Film/a.mp4", "Film/b.mp4")
    content = (qbittorrent.downloads / "Film/b.mp4").read_bytes()
    deselect, missing = (["Film/b.mp4"], []) if is_there else ([], ["Film/b.mp4"])
    torrent = qbittorrent.seed("Film", names, deselect=deselect, missing=missing)
    assert result_of(testing.run("process_downloads"))["synced_files"] == 1
    assert testing.run("process_downloads").message == "No torrent is new"
    set_priority(qbittorrent, torrent.hash, "Film/b.mp4", 1)
    if not is_there:
        qbittorrent.wait_for_state(torrent.hash, "stalledDL")
        assert testing.run("process_downloads").message == "No torrent is new"
        (qbittorrent.downloads / "Film/b.mp4").write_bytes(content)
        qbittorrent.client.torrents_recheck(torrent_hashes=torrent.hash)
        qbittorrent.wait_for_state(torrent.hash, "stalledUP")
    assert result_of(testing.run("process_downloads"))["synced_files"] == 1
    assert (library / "Film/b.mp4").samefile(qbittorrent.downloads / "Film/b.mp4")
