"""A DVD or Blu-ray folder is never placed in parts, and an image of a disc is called one."""

from __future__ import annotations

import pytest

from scenes.models import Outcome, PlacedFile
from tests.scenes.placing import Place, download_of, file_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    "names",
    [
        ["VIDEO_TS/VTS_01_1.VOB", "VIDEO_TS/VTS_01_2.VOB", "VIDEO_TS/VIDEO_TS.IFO", "VIDEO_TS/VIDEO_TS.BUP"],
        ["BDMV/STREAM/00001.m2ts", "BDMV/PLAYLIST/00000.mpls", "BDMV/index.bdmv"],
        ["Disc 1/video_ts/vts_01_1.vob"],
    ],
)
def test_a_disc_is_not_placed_in_parts_though_stash_takes_its_streams(place: Place, names: list[str]) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.stash.simulator.settings.video_extensions += ["vob", "m2ts"]
    place.add("Film", [f"Film/{name}" for name in names])
    place.run()
    assert set(PlacedFile.objects.values_list("outcome", "code")) == {(Outcome.NOT_WANTED, "disc_folder")}
    assert place.in_library() == [] and place.qbittorrent.store.torrents


def test_a_film_beside_a_disc_is_placed(place: Place) -> None:
    place.add("Film", ["Film/film.mp4", "Film/VIDEO_TS/VTS_01_1.VOB"])
    place.run()
    assert file_of("Film/film.mp4").code == "linked" and download_of("Film").outcome == Outcome.DONE


@pytest.mark.parametrize("name", ["film.iso", "FILM.IMG", "film.nrg"])
def test_an_image_of_a_disc_is_called_one_and_keeps_its_torrent(place: Place, name: str) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.add("Film", ["Film/film.mp4", f"Film/{name}"])
    place.run()
    row = file_of(f"Film/{name}")
    assert (row.outcome, row.code) == (Outcome.NOT_WANTED, "disc_image") and "“Rubbish”" in row.message
    assert place.qbittorrent.store.torrents


def test_an_image_that_stash_takes_for_a_video_is_placed(place: Place) -> None:
    place.stash.simulator.settings.video_extensions.append("iso")
    place.add("Film", ["Film/film.iso"])
    place.run()
    assert file_of("Film/film.iso").code == "linked"
