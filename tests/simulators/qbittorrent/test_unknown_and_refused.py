"""What is not there, what is refused, and how lists are cut."""

from collections.abc import Callable

import pytest
import qbittorrentapi
from qbittorrentapi import Client

from tests.simulators.qbittorrent.servers import AnyQbittorrent, names, write

UNKNOWN = "0" * 40


def test_an_unknown_hash_is_an_empty_list_of_torrents_and_no_file_list(qbt: AnyQbittorrent) -> None:
    assert list(qbt.client.torrents_info(torrent_hashes=UNKNOWN)) == []
    with pytest.raises(qbittorrentapi.NotFound404Error):
        qbt.client.torrents_files(torrent_hash=UNKNOWN)
    with pytest.raises(qbittorrentapi.NotFound404Error):
        qbt.client.torrents_properties(torrent_hash=UNKNOWN)


@pytest.mark.parametrize(
    "act",
    [
        lambda client: client.torrents_add_tags(tags="x", torrent_hashes=UNKNOWN),
        lambda client: client.torrents_delete(delete_files=True, torrent_hashes=UNKNOWN),
        lambda client: client.torrents_recheck(torrent_hashes=UNKNOWN),
    ],
    ids=["add_tags", "delete", "recheck"],
)
def test_acting_on_an_unknown_hash_is_passed_over_in_silence(
    qbt: AnyQbittorrent, act: Callable[[Client], None]
) -> None:
    act(qbt.client)


def test_the_same_torrent_twice_fails(qbt: AnyQbittorrent) -> None:
    qbt.seed("one.mp4", write(qbt, "one.mp4"))
    with pytest.raises(RuntimeError, match=r"Fails\."):
        qbt.seed("one.mp4", ["one.mp4"])


def test_what_is_no_torrent_file_is_refused(qbt: AnyQbittorrent) -> None:
    with pytest.raises(qbittorrentapi.UnsupportedMediaType415Error, match="is not a valid torrent file"):
        qbt.client.torrents_add(torrent_files=b"no torrent")


def test_hashes_choose_the_torrents_in_any_case(qbt: AnyQbittorrent) -> None:
    first = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    second = qbt.seed("two.mp4", write(qbt, "two.mp4")).hash
    assert names(qbt.client.torrents_info(torrent_hashes=first.upper())) == {"one.mp4"}
    assert names(qbt.client.torrents_info(torrent_hashes=[first, second])) == {"one.mp4", "two.mp4"}


def test_lists_can_be_sorted_and_paged(qbt: AnyQbittorrent) -> None:
    for name in ("b.mp4", "a.mp4", "c.mp4"):
        qbt.seed(name, write(qbt, name))
    page = qbt.client.torrents_info(sort="name", reverse=True, limit=2, offset=1)
    assert [torrent.name for torrent in page] == ["b.mp4", "a.mp4"]
