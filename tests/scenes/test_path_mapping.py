r"""The same file has another path in each service, also on Windows: `D:\media\a.mp4` is `/mnt/library/a.mp4`."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from jobs.models import Status
from scenes.paths import PathMap
from tests.scenes.placing import Place, result_of

pytestmark = pytest.mark.one_database

OURS = "/mnt/library"


@pytest.mark.parametrize(
    ("theirs", "path"),
    [
        ("/data", "/data/Film/a.mp4"),
        ("/", "/Film/a.mp4"),
        ("D:\\media", "D:\\media\\Film\\a.mp4"),
        ("D:\\", "D:\\Film\\a.mp4"),
        ("D:/media", "D:\\media\\Film\\a.mp4"),
        ("d:\\media\\", "d:\\media\\Film\\a.mp4"),
        ("\\\\nas\\films", "\\\\nas\\films\\Film\\a.mp4"),
        ("\\\\nas\\films\\new", "\\\\nas\\films\\new\\Film\\a.mp4"),
    ],
)
def test_a_path_goes_there_and_back(theirs: str, path: str) -> None:
    paths = PathMap.parse(f"stash:/data=/elsewhere; tagger:{theirs}={OURS}")
    assert paths.to_theirs("tagger", f"{OURS}/Film/a.mp4") == path
    assert paths.to_ours("tagger", path) == f"{OURS}/Film/a.mp4"


@pytest.mark.parametrize("path", ["d:\\MEDIA\\a.mp4", "D:/media/a.mp4", "D:\\media/a.mp4"])
def test_windows_minds_neither_case_nor_the_kind_of_slash(path: str) -> None:
    assert PathMap.parse(f"qbittorrent:D:\\media={OURS}").to_ours("qbittorrent", path) == f"{OURS}/a.mp4"


@pytest.mark.parametrize(
    "path", ["D:\\media2\\a.mp4", "E:\\media\\a.mp4", "/media/a.mp4", "media\\a.mp4", "/D:\\media/a"]
)
def test_a_path_that_no_prefix_fits_stays_as_it_is(path: str) -> None:
    assert PathMap.parse(f"stash:D:\\media={OURS}").to_ours("stash", path) == path


def test_the_longest_prefix_wins_on_windows_too() -> None:
    paths = PathMap.parse("stash:D:\\=/mnt/d;stash:D:\\films=/mnt/films")
    assert paths.to_ours("stash", "D:\\films\\a.mp4") == "/mnt/films/a.mp4"
    assert paths.to_ours("stash", "D:\\music\\a.mp4") == "/mnt/d/music/a.mp4"


@pytest.mark.parametrize("name", ["C:evil.mp4", "\\\\nas\\x"])
def test_a_name_never_leads_out_of_their_prefix(name: str) -> None:
    paths = PathMap.parse(f"tagger:D:\\media={OURS}")
    assert paths.to_theirs("tagger", f"{OURS}/{name}") == f"D:\\media\\{name}"


@pytest.mark.parametrize(
    "text",
    [
        "tagger:D:media=/mnt",
        "tagger:\\media=/mnt",
        "tagger:D:\\media=mnt",
        "tagger:D:\\media",
        "other:/a=/b",
        "D:\\a=/b",
    ],
)
def test_what_is_no_absolute_path_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="the path mapping"):
        PathMap.parse(text)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("folder", ["D:\\films", "D:\\films\\", "D:/films", "D:\\"])
def test_a_stash_on_windows_confirms_the_library_folder(place: Place, folder: str) -> None:
    place.configure(path_map=PathMap.parse(f"stash:D:\\films={place.library}"))
    place.stash.simulator.settings.libraries[:] = [folder]
    place.add("Film", ["a.mp4"])
    job = place.run()
    assert result_of(job)["synced_files"] == 1, job.error_message


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("folder", ["d:\\films", "D:\\Films", "d:\\"])
def test_a_mapping_in_another_case_than_stashs_is_refused_with_the_right_spelling(place: Place, folder: str) -> None:
    place.configure(path_map=PathMap.parse(f"stash:D:\\films={place.library}"))
    place.stash.simulator.settings.libraries[:] = [folder]
    place.add("Film", ["a.mp4"])
    job = place.run()
    assert (job.status, job.error_code) == (Status.FAILED, "library_not_in_stash")
    assert folder in job.error_message and "upper or lower case" in job.error_message
    assert place.in_library() == []
