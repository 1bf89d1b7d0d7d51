"""What a finished torrent looks like, and what does not count as one."""

from tests.acceptance.torrent_files import torrent_of
from tests.simulators.qbittorrent.servers import AnyQbittorrent, names, write


def test_a_finished_torrent_is_stalled_up_with_a_completion_time(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/sub/two.mp4"))
    assert (torrent.state, torrent.progress, torrent.amount_left) == ("stalledUP", 1, 0)
    assert torrent.completion_on >= torrent.added_on > 1_700_000_000


def test_the_status_filter_completed_has_finished_torrents(qbt: AnyQbittorrent) -> None:
    qbt.seed("Walk", write(qbt, "Walk/one.mp4"))
    assert names(qbt.client.torrents_info(status_filter="completed")) == {"Walk"}
    assert names(qbt.client.torrents_info(status_filter="downloading")) == set()


def test_a_paused_finished_torrent_is_paused_up_and_completed(qbt: AnyQbittorrent) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    qbt.client.torrents_pause(torrent_hashes=info_hash)
    qbt.wait_for_state(info_hash, "pausedUP")
    assert names(qbt.client.torrents_info(status_filter="completed")) == {"one.mp4"}
    qbt.client.torrents_resume(torrent_hashes=info_hash)
    qbt.wait_for_state(info_hash, "stalledUP")


def test_every_field_of_the_simulator_is_one_of_the_real_one(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4"), category="films", tags=["x"])
    fields = {
        "added_on", "amount_left", "auto_tmm", "availability", "category", "completed", "completion_on",
        "content_path", "dl_limit", "dlspeed", "download_path", "downloaded", "downloaded_session", "eta",
        "f_l_piece_prio", "force_start", "hash", "infohash_v1", "infohash_v2", "last_activity", "magnet_uri",
        "max_ratio", "max_seeding_time", "name", "num_complete", "num_incomplete", "num_leechs", "num_seeds",
        "priority", "progress", "ratio", "ratio_limit", "save_path", "seeding_time", "seeding_time_limit",
        "seen_complete", "seq_dl", "size", "state", "super_seeding", "tags", "time_active", "total_size",
        "tracker", "trackers_count", "up_limit", "uploaded", "uploaded_session", "upspeed",
    }  # fmt: skip
    assert set(torrent) == fields
    assert {field for file in torrent.files for field in file} == {
        "availability", "id", "index", "is_seed", "name", "piece_range", "priority", "progress", "size",
    }  # fmt: skip


def test_the_properties_name_the_save_path(qbt: AnyQbittorrent) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    properties = qbt.client.torrents_properties(torrent_hash=info_hash)
    assert (properties.save_path, properties.name) == (str(qbt.downloads), "one.mp4")


def test_a_torrent_is_finished_with_files_deselected(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4"), missing=["Walk/two.mp4"])
    assert [(file.priority, file.progress) for file in torrent.files] == [(1, 1), (0, 0)]
    assert (torrent.state, torrent.progress) == ("stalledUP", 1)
    assert torrent.size == torrent.files[0].size


def test_a_deselected_file_that_was_on_disk_keeps_progress_1(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4"), deselect=["Walk/two.mp4"])
    assert [(file.priority, file.progress) for file in torrent.files] == [(1, 1), (0, 1)]


def test_a_torrent_without_its_files_is_stalled_and_not_completed(qbt: AnyQbittorrent) -> None:
    metadata = torrent_of("one.mp4", write(qbt, "one.mp4"), qbt.downloads)
    (qbt.downloads / "one.mp4").unlink()
    qbt.add(metadata, qbt.downloads)
    qbt.client.torrents_resume(torrent_hashes=metadata.hash)
    qbt.wait_for_state(metadata.hash, "stalledDL")
    assert names(qbt.client.torrents_info(status_filter="completed")) == set()


def test_a_torrent_that_is_added_paused_is_not_checked_before_it_is_started(qbt: AnyQbittorrent) -> None:
    metadata = torrent_of("one.mp4", write(qbt, "one.mp4"), qbt.downloads)
    qbt.add(metadata, qbt.downloads)
    qbt.wait_for_state(metadata.hash, "pausedDL")
    assert qbt.torrent(metadata.hash).progress == 0
    qbt.client.torrents_resume(torrent_hashes=metadata.hash)
    qbt.wait_for_state(metadata.hash, "stalledUP")
