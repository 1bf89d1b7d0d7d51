"""What systems and programs leave behind is never content; samples and extras are not wanted, unless they are."""

from __future__ import annotations

import pytest

from scenes.models import Outcome, PlacedFile
from scenes.name_patterns import NamePatterns
from scenes.simulators.qbittorrent import NewFile
from tests.scenes.placing import Place, download_of, file_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

NEVER = [
    "._film.mp4", "__MACOSX/film.mp4", "@eaDir/film.mp4", "$RECYCLE.BIN/film.mp4", "$Recycle.Bin/S-1-5/$R1.mp4",
    ".@__thumb/film.mp4", ".pad/film.mp4", "#recycle/film.mp4", "@Recycle/film.mp4", ".AppleDouble/film.mp4",
    ".Trash-1000/files/film.mp4", ".Trashes/film.mp4", "System Volume Information/film.mp4", "lost+found/film.mp4",
]  # fmt: skip
EXTRAS = [
    "Sample/film.mp4", "SAMPLES/a.mkv", "sample.mp4", "film-sample.mkv", "film.sample.mp4", "Extras/making of.mp4",
    "Featurettes/a.mp4", "Trailers/film.mp4", "film-trailer.mp4", "trailer.mp4", "Behind the Scenes/a.mp4",
]  # fmt: skip


@pytest.mark.parametrize("name", NEVER)
def test_what_systems_leave_behind_is_never_placed_and_keeps_no_torrent(place: Place, name: str) -> None:
    place.configure(cleanup="remove_torrent")
    place.add("Film", {"Film/film.mp4": 1000, f"Film/{name}": 900})
    place.run()
    assert place.in_library() == ["Film", "Film/film.mp4"] and place.qbittorrent.store.torrents == {}


@pytest.mark.parametrize("name", ["film._mp4.mp4", "eaDir/a.mp4", "RECYCLE.BIN/a.mp4", "pad/a.mp4", ".hidden/a.mp4"])
def test_what_is_only_called_like_that_is_placed(place: Place, name: str) -> None:
    place.add("Film", [f"Film/{name}"])
    assert result_of(place.run())["linked"] == 1


@pytest.mark.parametrize("name", EXTRAS)
def test_samples_and_extras_are_not_wanted_and_keep_no_torrent(place: Place, name: str) -> None:
    place.configure(cleanup="remove_torrent")
    place.add("Film", {"Film/film.mp4": 100_000, f"Film/{name}": 5000})
    place.run()
    row = file_of(f"Film/{name}")
    assert (row.outcome, row.code) == (Outcome.NOT_WANTED, "sample") and "“Samples”" in row.message
    assert place.in_library() == ["Film", "Film/film.mp4"] and place.qbittorrent.store.torrents == {}


def test_what_is_called_a_sample_and_is_not_far_smaller_is_placed(place: Place) -> None:
    place.add("Film", {"Film/film.mp4": 100_000, "Film/Sample/a.mp4": 10_000, "Film/b.mp4": 500})
    place.add("Sample", {"Sample/sample.mp4": 500})
    place.add("Trailers", {"Trailers/a.mp4": 90_000, "Trailers/b.mp4": 700})
    assert result_of(place.run())["linked"] == 6


def test_a_sample_is_placed_when_the_film_is_deselected(place: Place) -> None:
    files = [NewFile("Film/film.mp4", 100_000, priority=0), NewFile("Film/sample.mp4", 500)]
    place.qbittorrent.add_torrent("Film", files)
    place.run()
    assert file_of("Film/sample.mp4").code == "linked"


def test_by_the_setting_they_are_placed_and_later_ones_too(place: Place) -> None:
    place.add("Film", {"Film/film.mp4": 100_000, "Film/Sample/a.mp4": 500})
    place.run()
    assert file_of("Film/Sample/a.mp4").code == "sample" and download_of("Film").outcome == Outcome.DONE
    place.configure(samples=NamePatterns())
    assert result_of(place.run())["linked"] == 1


def test_what_belongs_to_a_sample_is_not_wanted_either(place: Place) -> None:
    place.configure(cleanup="remove_torrent")
    place.add("Film", {"Film/film.mp4": 100_000, "Film/Sample/clip.mp4": 500, "Film/Sample/clip.srt": 10})
    place.run()
    assert set(PlacedFile.objects.exclude(name="Film/film.mp4").values_list("code", flat=True)) == {"sample"}
    assert place.qbittorrent.store.torrents == {}


def test_the_sample_of_a_film_that_stash_does_not_scan_is_not_placed_in_its_stead(place: Place) -> None:
    place.add("Film", {"Film/film.ts": 100_000, "Film/sample.mp4": 500})
    place.run()
    assert (file_of("Film/film.ts").code, file_of("Film/sample.mp4").code) == ("not_scanned", "sample")


@pytest.mark.parametrize(
    "film",
    [
        ["film.rar", *(f"film.r{number:02}" for number in range(9))],
        [f"film.part{number}.rar" for number in range(1, 10)],
        ["film.zip"] * 9,
        ["film.iso"] * 9,
    ],
)
def test_the_sample_of_a_film_that_has_to_be_unpacked_is_not_placed_in_its_stead(place: Place, film: list[str]) -> None:
    """As groups release films: no part is much bigger than the sample."""
    sizes = {f"Film/{name}": 1000 * film.count(name) for name in film}
    place.add("Film", sizes | {"Film/Sample/film-sample.mkv": 800, "Film/film.nfo": 10})
    place.run()
    assert file_of("Film/Sample/film-sample.mkv").code == "sample"
    assert place.in_library() == []


def test_the_sample_is_placed_once_the_archive_is_deselected(place: Place) -> None:
    files = [NewFile("Film/film.rar", 90_000, priority=0), NewFile("Film/sample.mkv", 800)]
    place.qbittorrent.add_torrent("Film", files)
    place.run()
    assert file_of("Film/sample.mkv").code == "linked"


def test_a_gallery_beside_a_film_makes_no_sample_of_it(place: Place) -> None:
    place.add("Film", {"Film/film.mp4": 100_000, "Film/trailer.mp4": 20_000, "Film/pictures.zip": 90_000})
    place.run()
    assert file_of("Film/trailer.mp4").code == "linked"
