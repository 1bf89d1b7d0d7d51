"""Categories and tags: asked for, made and set."""

import pytest
import qbittorrentapi

from tests.simulators.qbittorrent.servers import AnyQbittorrent, names, write


def test_an_unknown_category_is_an_empty_list(qbt: AnyQbittorrent) -> None:
    qbt.seed("one.mp4", write(qbt, "one.mp4"), category="films")
    assert names(qbt.client.torrents_info(category="films")) == {"one.mp4"}
    assert names(qbt.client.torrents_info(category="no such")) == set()


def test_a_category_has_the_torrents_of_its_subcategories_too(qbt: AnyQbittorrent) -> None:
    for name, category in (("one.mp4", "films"), ("two.mp4", "films/new"), ("three.mp4", "films2")):
        qbt.seed(name, write(qbt, name), category=category)
    assert names(qbt.client.torrents_info(category="films")) == {"one.mp4", "two.mp4"}
    assert names(qbt.client.torrents_info(category="films/new")) == {"two.mp4"}
    assert {torrent.category for torrent in qbt.client.torrents_info()} == {"films", "films/new", "films2"}


def test_an_empty_tag_or_category_means_those_without(qbt: AnyQbittorrent) -> None:
    qbt.seed("one.mp4", write(qbt, "one.mp4"), category="films", tags=["x", "y"])
    qbt.seed("two.mp4", write(qbt, "two.mp4"))
    assert names(qbt.client.torrents_info(tag="")) == {"two.mp4"}
    assert names(qbt.client.torrents_info(tag="x")) == {"one.mp4"}
    assert names(qbt.client.torrents_info(tag="z")) == set()
    assert names(qbt.client.torrents_info(category="")) == {"two.mp4"}


def test_tags_are_added_and_listed_with_a_comma_and_a_space(qbt: AnyQbittorrent) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    qbt.client.torrents_add_tags(tags=["done", "two words"], torrent_hashes=info_hash)
    qbt.client.torrents_add_tags(tags=["done"], torrent_hashes=info_hash)
    assert set(qbt.torrent(info_hash).tags.split(", ")) == {"done", "two words"}
    assert {"done", "two words"} <= set(qbt.client.torrents_tags())
    qbt.client.torrents_remove_tags(tags=["done"], torrent_hashes=info_hash)
    assert qbt.torrent(info_hash).tags == "two words"


def test_a_tag_can_be_made_before_it_is_used_and_twice(qbt: AnyQbittorrent) -> None:
    qbt.client.torrents_create_tags(tags=["made"])
    qbt.client.torrents_create_tags(tags=["made"])
    assert [str(tag) for tag in qbt.client.torrents_tags()].count("made") == 1


def test_a_category_can_be_made_once(qbt: AnyQbittorrent) -> None:
    qbt.client.torrents_create_category(name="shorts", save_path="/somewhere")
    assert qbt.client.torrents_categories()["shorts"] == {"name": "shorts", "savePath": "/somewhere"}
    with pytest.raises(qbittorrentapi.Conflict409Error, match="Unable to create category"):
        qbt.client.torrents_create_category(name="shorts")


def test_only_a_known_category_can_be_set(qbt: AnyQbittorrent) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4"), category="films").hash
    with pytest.raises(qbittorrentapi.Conflict409Error, match="Incorrect category name"):
        qbt.client.torrents_set_category(category="no such", torrent_hashes=info_hash)
