"""Only what is really packed needs unpacking; an archive of pictures beside a video is a gallery to Stash."""

from __future__ import annotations

import pytest

from scenes.models import Outcome
from tests.scenes.placing import Place, download_of, file_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
FILM = {"Film/film.mp4": 100_000}


@pytest.mark.parametrize(
    "files",
    [
        {"film.rar": 500, "film.r00": 500},
        {"film.part1.rar": 500, "film.part2.rar": 500},
        {"film.part01.RAR": 500},
        {"film.7z.001": 500},
        {"film.zip.001": 500, "film.zip.002": 500},
        {"film.z01": 500, "film.zip": 500},
        {"film.rar": 200_000},
        {"film.7z": 100_000},
        {"film.zip": 200_000},
    ],
)
def test_parts_and_archives_as_big_as_the_content_need_unpacking(place: Place, files: dict[str, int]) -> None:
    place.add("Film", FILM | {f"Film/{name}": size for name, size in files.items()})
    place.run()
    assert {file_of(f"Film/{name}").code for name in files} == {"needs_unpacking"}
    assert download_of("Film").outcome == Outcome.NOT_WANTED


@pytest.mark.parametrize("name", ["subs.rar", "extra.7z", "src.tar", "Subs/film.rar"])
def test_a_small_archive_beside_a_film_holds_it_up_no_more_and_is_kept(place: Place, name: str) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.add("Film", FILM | {f"Film/{name}": 500})
    place.run()
    assert file_of(f"Film/{name}").code == "unknown_file" and download_of("Film").outcome == Outcome.DONE
    assert place.qbittorrent.store.torrents and (place.downloads / "Film" / name).is_file()


@pytest.mark.parametrize("name", ["film.zip", "pictures.ZIP", "set.cbz"])
def test_an_archive_of_pictures_beside_a_video_is_placed_beside_it(place: Place, name: str) -> None:
    place.add("Film", FILM | {f"Film/{name}": 500})
    assert result_of(place.run())["linked"] == 2 and (place.library / "Film" / name).is_file()


def test_where_stash_takes_no_images_it_is_not_wanted(place: Place) -> None:
    settings = place.stash.simulator.settings
    settings.without_images.append(str(place.library))
    place.add("Film", FILM | {"Film/pictures.zip": 500})
    place.run()
    assert file_of("Film/pictures.zip").code == "not_scanned" and "no images" in file_of("Film/pictures.zip").message
    settings.without_images.clear()
    settings.image_excludes.append("pictures")
    place.run()
    assert "exclusion pattern" in file_of("Film/pictures.zip").message or file_of("Film/pictures.zip").code != "linked"
    settings.image_excludes.clear()
    place.run()
    assert file_of("Film/pictures.zip").code == "linked"
