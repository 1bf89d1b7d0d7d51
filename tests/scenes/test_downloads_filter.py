"""Which torrents the filter in the settings takes, and what is said when qBittorrent does not know its names."""

from __future__ import annotations

import pytest

from jobs.models import Status
from scenes.configuration import read
from scenes.downloads.torrents import filtering
from scenes.env import Env
from tests.scenes.placing import Place, download_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    "category, taken",
    [
        ("xxx", ["xxx", "xxx/vr", "xxx/vr/new"]),
        ("xxx/vr", ["xxx/vr", "xxx/vr/new"]),
        ("xxxvr", ["xxxvr"]),
        ("xxx/vr , tv", ["tv", "xxx/vr", "xxx/vr/new"]),
        ("tv,", ["tv"]),
        ("", ["", "Xxx", "tv", "xxx", "xxx/vr", "xxx/vr/new", "xxxvr"]),
    ],
)
def test_a_category_takes_its_subcategories_and_there_may_be_several(
    place: Place, category: str, taken: list[str]
) -> None:
    for number, name in enumerate(["", "tv", "xxx", "Xxx", "xxxvr", "xxx/vr", "xxx/vr/new"]):
        place.add(name or "without", [f"{number}.mp4"], category=name)
    place.configure(qbittorrent_category=category)
    job = place.run()
    assert result_of(job)["synced_items"] == len(taken) and result_of(job)["left_out"] == 7 - len(taken)
    assert all(download_of(name or "without").code == "linked" for name in taken)


def test_a_category_that_qbittorrent_does_not_have_is_said(place: Place) -> None:
    place.add("One", ["1.mp4"], category="movies")
    place.add("Two", ["2.mp4"], category="tv")
    place.configure(qbittorrent_category="movie")
    job = place.run()
    message = "qBittorrent has no category 'movie'; it has: movies, tv"
    assert job.message == message and message in log_of(job)


def test_a_tag_that_qbittorrent_does_not_have_is_said(place: Place) -> None:
    place.add("One", ["1.mp4"], category="movies", tags=["new", "hd"])
    place.configure(qbittorrent_tags=("hd", "New"), qbittorrent_category="movies")
    assert place.run().message == "qBittorrent has no tag 'New'; it has: hd, new"


def test_all_names_that_are_unknown_are_said_beside_what_was_handled(place: Place) -> None:
    place.add("One", ["1.mp4"], category="movies/old")
    place.configure(qbittorrent_category="movies,films,series")
    message = place.run().message
    assert "handled" in message and "qBittorrent has no categories 'films', 'series'; it has: movies/old" in message
    place.configure(qbittorrent_category="movies,films", qbittorrent_tags=("x",))
    message = place.run().message
    assert "no category 'films'" in message and message.endswith("qBittorrent has no tag 'x'; it has none")


def test_a_category_that_is_there_and_has_no_torrent_is_no_trouble(place: Place) -> None:
    place.add("One", ["1.mp4"], category="movies")
    place.qbittorrent.server.call(place.qbittorrent.store.categories.update, {"tv": "", "kids/new": ""})
    for category in ("tv", "kids", "kids/new"):
        place.configure(qbittorrent_category=category)
        job = place.run()
        assert job.message == "No torrent is new" and job.status == Status.COMPLETED


@pytest.mark.parametrize("category", ["movies/", "/movies", "/", ",", "Movies"])
def test_what_is_no_name_of_a_category_takes_nothing_and_is_said(place: Place, category: str) -> None:
    place.add("One", ["1.mp4"], category="movies")
    place.configure(qbittorrent_category=category)
    job = place.run()
    assert job.message == f"qBittorrent has no category '{category}'; it has: movies"
    assert place.in_library() == []


def test_an_empty_qbittorrent_has_none(place: Place) -> None:
    place.configure(qbittorrent_category="movie")
    assert place.run().message == "qBittorrent has no category 'movie'; it has none"


def test_of_very_many_names_some_are_said(place: Place) -> None:
    place.qbittorrent.server.call(place.qbittorrent.store.categories.update, {f"c{n:03}": "" for n in range(100)})
    place.configure(qbittorrent_category="movie")
    message = place.run().message
    assert "c019 and 80 more" in message and "c020" not in message


def test_categories_and_tags_are_not_asked_for_while_torrents_have_them(place: Place) -> None:
    place.add("One", ["1.mp4"], category="movies/old", tags=["new"])
    place.configure(qbittorrent_category="movies", qbittorrent_tags=("new",))
    place.run()
    asked = place.qbittorrent.server.control.asked
    assert not asked("torrents/categories") and not asked("torrents/tags")


def test_the_variable_may_name_several_categories() -> None:
    config = read(Env({"STASHHOG_QBITTORRENT_CATEGORY": " movies, tv/kids "}))
    assert filtering.categories_of(config) == ["movies", "tv/kids"]
