"""Files that went away, were moved or deleted."""

from tests.acceptance.seeding import wait_until
from tests.simulators.qbittorrent.servers import AnyQbittorrent, names, write


def test_files_gone_and_rechecked_are_stalled_downloads_without_progress(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("one.mp4", write(qbt, "one.mp4"))
    (qbt.downloads / "one.mp4").unlink()
    assert qbt.torrent(torrent.hash).state == "stalledUP"  # it does not notice by itself
    qbt.client.torrents_recheck(torrent_hashes=torrent.hash)
    qbt.wait_for_state(torrent.hash, "stalledDL")
    assert qbt.torrent(torrent.hash).progress == 0
    assert names(qbt.client.torrents_info(status_filter="completed")) == set()


def test_files_gone_are_missing_files_after_a_restart(qbt: AnyQbittorrent) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    (qbt.downloads / "one.mp4").unlink()
    qbt.restart()
    qbt.wait_for_state(info_hash, "missingFiles")
    assert names(qbt.client.torrents_info(status_filter="completed")) == set()
    assert names(qbt.client.torrents_info(status_filter="errored")) == {"one.mp4"}


def test_after_a_move_both_paths_name_the_new_place(qbt: AnyQbittorrent) -> None:
    info_hash = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4")).hash
    new = qbt.downloads / "new"
    qbt.client.torrents_set_location(location=str(new), torrent_hashes=info_hash)
    assert qbt.torrent(info_hash).save_path == str(new)  # from the first moment on
    qbt.wait_for_state(info_hash, "stalledUP")
    assert qbt.torrent(info_hash).content_path == str(new / "Walk")
    assert (new / "Walk/one.mp4").is_file()
    assert not (qbt.downloads / "Walk").exists()


def test_deleting_a_torrent_leaves_its_files(qbt: AnyQbittorrent) -> None:
    info_hash = qbt.seed("Walk", write(qbt, "Walk/one.mp4")).hash
    qbt.client.torrents_delete(delete_files=False, torrent_hashes=info_hash)
    wait_until(lambda: not qbt.client.torrents_info(), "the torrent to be gone")
    assert (qbt.downloads / "Walk/one.mp4").is_file()


def test_deleting_a_torrent_with_its_files_leaves_only_what_is_not_its_own(qbt: AnyQbittorrent) -> None:
    info_hash = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/sub/two.mp4")).hash
    write(qbt, "Walk/notes.txt")
    qbt.client.torrents_delete(delete_files=True, torrent_hashes=info_hash)
    wait_until(lambda: not (qbt.downloads / "Walk/sub").exists(), "its files to be gone")
    assert [path.name for path in (qbt.downloads / "Walk").iterdir()] == ["notes.txt"]
