"""What qBittorrent says of a torrent's size when files are selected or deselected: not which of them are selected."""

from tests.simulators.qbittorrent.servers import AnyQbittorrent, write


def test_size_and_progress_do_not_follow_the_selection_of_files_that_are_there(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4", "Walk/three.mp4"))
    before = {key: torrent[key] for key in ("size", "completed", "amount_left", "progress", "state", "completion_on")}
    for priority in (0, 1, 0, 6):
        qbt.client.torrents_file_priority(torrent_hash=torrent.hash, file_ids=[1], priority=priority)
        now = qbt.torrent(torrent.hash)
        assert [file.priority for file in now.files] == [1, priority, 1]
        assert {key: now[key] for key in before} == before
    assert before["size"] == sum(file.size for file in torrent.files)


def test_a_file_that_was_deselected_and_is_there_counts(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4"), deselect=["Walk/two.mp4"])
    assert torrent.size == torrent.completed == sum(file.size for file in torrent.files)
    assert (torrent.progress, torrent.amount_left) == (1, 0)


def test_a_file_that_is_not_there_counts_when_it_is_selected(qbt: AnyQbittorrent) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4"), missing=["Walk/two.mp4"])
    one, two = torrent.files
    assert (torrent.size, torrent.progress) == (one.size, 1)
    qbt.client.torrents_file_priority(torrent_hash=torrent.hash, file_ids=[1], priority=1)
    qbt.wait_for_state(torrent.hash, "stalledDL")
    now = qbt.torrent(torrent.hash)
    assert now.size == one.size + two.size and now.progress < 1
