"""Subtitles and scripts go with their video: beside it, under its name, as files with outcomes and without a scene."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import testing
from jobs.models import Status
from scenes.crash_points import CrashPoint
from scenes.downloads.counting import report
from scenes.downloads.files import sidecars
from scenes.downloads.processing import process
from scenes.models import Download, Outcome, PlacedFile, Scan
from scenes.releasing import release
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.videos import make_video
from tests.scenes.placing import At, Died, Place, all_in, die, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
MODES = pytest.mark.parametrize("mode", ["hardlink", "hardlink_or_copy", "copy", "move"])
CODES = {"hardlink": "linked", "hardlink_or_copy": "linked", "copy": "copied", "move": "moved"}
KINDS = [
    "film.funscript", "film.srt", "film.vtt", "film.SRT", "film.en.srt", "film.en.vtt", "film.pt-BR.srt",
    "film.eng.forced.srt", "film.roll.funscript", "film.mp4.srt",
]  # fmt: skip


def names_in(place: Place) -> list[str]:
    return sorted(torrent.name for torrent in place.qbittorrent.store.torrents.values())


def files_in(place: Place) -> list[str]:
    return [name for name in place.in_library() if (place.library / name).is_file()]


def taken(place: Place, *names: str) -> None:
    """Somebody else's files lie in the library under these names."""
    for name in names:
        (place.library / name).parent.mkdir(parents=True, exist_ok=True)
        (place.library / name).write_bytes(b"somebody else's")


# --- which go with which ---


@MODES
def test_sidecars_go_beside_their_video_as_it_goes(place: Place, mode: str) -> None:
    place.configure(link_mode=mode)
    content = {}
    place.add("Film", ["Film/film.mp4", *(f"Film/{name}" for name in KINDS)])
    for path in (place.downloads / "Film").iterdir():
        content[f"Film/{path.name}"] = path.read_bytes()
    job = place.run()
    assert job.status == Status.COMPLETED, log_of(job)
    assert {name: (place.library / name).read_bytes() for name in files_in(place)} == content
    rows = PlacedFile.objects.all()
    assert {row.code for row in rows} == {CODES[mode]} and {row.outcome for row in rows} == {Outcome.DONE}
    assert result_of(job)["synced_items"] == 1 and result_of(job)["synced_files"] == 1 + len(KINDS)
    assert (names_in(place) == []) == (mode == "move")
    assert download_of("Film").outcome == Outcome.DONE


@pytest.mark.parametrize(
    "name",
    ["other.srt", "Film.srt", "film2.srt", "filmen.srt", "film en.srt", "film.ass", "film.srt.bak", "film.jpg"],
)
def test_what_has_not_the_stem_of_a_video_or_another_extension_is_not_placed(place: Place, name: str) -> None:
    place.add("Film", ["Film/film.mp4", f"Film/{name}"])
    assert place.run().status == Status.COMPLETED
    assert files_in(place) == ["Film/film.mp4"]
    assert file_of(f"Film/{name}").outcome == Outcome.NOT_WANTED
    assert "deselect" in file_of(f"Film/{name}").message


@pytest.mark.parametrize(
    "videos, sidecar, target",
    [
        (["a.mp4", "a.en.mp4"], "a.en.srt", "a.en.srt"),
        (["F/a.mp4"], "F/Subs/a.en.srt", "F/a.en.srt"),
        (["F/a.mp4"], "a.srt", "F/a.srt"),
        (["F/a.mp4", "F/Subs/a.mkv"], "F/Subs/a.srt", "F/Subs/a.srt"),
        (["F/1/a.mp4", "F/2/a.mp4"], "F/Subs/a.srt", None),
        (["F/a.mp4", "F/a.mkv"], "F/a.srt", "F/a.srt"),
        (["F/1.mp4", "F/2.mp4"], "F/Subs/3_English.srt", None),
        (["e\u0301.mp4"], "e\u0301.srt", "e\u0301.srt"),
        (["e\u0301.mp4"], "\u00e9.srt", "e\u0301.srt"),
        (["[x] 100%_a.mp4"], "[x] 100%_a.en.srt", "[x] 100%_a.en.srt"),
        (["a.mp4"], "__MACOSX/a.srt", None),
    ],
)
def test_a_sidecar_finds_the_one_video_whose_name_it_has(
    place: Place, videos: list[str], sidecar: str, target: str | None
) -> None:
    place.add("Film", [*videos, sidecar])
    place.run()
    assert files_in(place) == sorted([*videos, *([target] if target else [])])


def test_the_two_forms_of_an_umlaut_are_one_name(place: Place) -> None:
    one, other = (unicodedata.normalize(form, "Größe") for form in ("NFC", "NFD"))
    taken(place, f"F/{one}.mp4")
    place.add("Film", [f"F/{one}.mp4", f"F/{other}.en.srt", f"G/{other}.mkv", f"G/Subs/{one}.mkv.vtt"])
    place.run()
    placed = [f"F/{one} (2).en.srt", f"F/{one} (2).mp4", f"G/{other}.mkv", f"G/{other}.mkv.vtt"]
    assert files_in(place) == sorted([f"F/{one}.mp4", *placed])


def test_of_two_videos_that_differ_in_that_form_only_each_keeps_its_own(place: Place) -> None:
    one, other = (unicodedata.normalize(form, "Größe") for form in ("NFC", "NFD"))
    names = [f"{name}.{extension}" for name in (one, other) for extension in ("mp4", "en.srt")]
    place.add("Film", names)
    place.run()
    assert files_in(place) == sorted(names)


def test_a_name_that_begins_with_a_dot_goes_with_no_other_video(place: Place) -> None:
    place.add("Film", ["F/film.mp4", "F/.en.srt", "F/.hidden.mp4", "F/.hidden.en.srt"])
    place.run()
    assert files_in(place) == ["F/.hidden.en.srt", "F/.hidden.mp4", "F/film.mp4"]


def test_of_two_sidecars_for_one_place_the_one_beside_the_video_is_taken(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.add("Film", {"F/a.mp4": 1000, "F/Subs/a.srt": 100, "F/a.srt": 200})
    assert place.run().status == Status.COMPLETED
    assert (place.library / "F/a.srt").stat().st_size == 200
    assert names_in(place) == ["Film"] and "F/Subs/a.srt" in download_of("Film").cleanup_message


def test_nfo_and_covers_go_too_if_the_settings_say_so(place: Place) -> None:
    place.configure(sidecar_extensions=frozenset({"srt", "nfo", "jpg"}))
    place.add("Film", ["Film/a.mp4", "Film/a.nfo", "Film/a.jpg", "Film/cover.jpg", "Film/other.nfo"])
    place.run()
    assert files_in(place) == ["Film/a.jpg", "Film/a.mp4", "Film/a.nfo", "Film/cover.jpg"]


def test_a_sidecar_whose_video_is_deselected_stays_and_keeps_the_torrent(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    files = [NewFile("F/a.mp4", 1000), NewFile("F/b.mp4", 900, priority=0), NewFile("F/b.srt", 50)]
    place.qbittorrent.add_torrent("Film", files)
    place.run()
    assert files_in(place) == ["F/a.mp4"] and names_in(place) == ["Film"]
    assert "F/b.srt" in download_of("Film").cleanup_message
    assert place.run().message == "No torrent is new"


# --- names that are taken ---


@MODES
def test_a_sidecar_follows_the_number_of_its_video(place: Place, mode: str) -> None:
    place.configure(link_mode=mode)
    taken(place, "Film/film.mp4")
    place.add("Film", ["Film/film.mp4", "Film/film.en.srt", "Film/film.funscript", "Film/film.mp4.vtt"])
    assert place.run().status == Status.COMPLETED
    assert files_in(place) == [
        "Film/film (2).en.srt",
        "Film/film (2).funscript",
        "Film/film (2).mp4",
        "Film/film (2).mp4.vtt",
        "Film/film.mp4",
    ]


@MODES
def test_video_and_sidecars_get_a_number_that_is_free_for_all_of_them(place: Place, mode: str) -> None:
    place.configure(link_mode=mode)
    taken(place, "film.en.srt", "film (2).mp4")
    place.add("Film", ["film.mp4", "film.en.srt"])
    assert place.run().status == Status.COMPLETED
    assert files_in(place) == ["film (2).mp4", "film (3).en.srt", "film (3).mp4", "film.en.srt"]
    assert (place.library / "film.en.srt").read_bytes() == b"somebody else's"


def test_a_sidecar_that_is_there_already_beside_its_video_is_done(place: Place) -> None:
    place.add("Film", ["film.mp4", "film.srt"])
    (place.library / "film.srt").write_bytes((place.downloads / "film.srt").read_bytes())
    job = place.run()
    assert files_in(place) == ["film.mp4", "film.srt"]
    assert file_of("film.srt").code == "already_there" and result_of(job)["synced_files"] == 1


def test_a_sidecar_of_a_video_that_is_there_under_another_name_goes_beside_that(place: Place) -> None:
    taken(place, "film.mp4")
    place.add("Film", ["film.mp4", "film.srt"])
    (place.library / "film (2).mp4").hardlink_to(place.downloads / "film.mp4")
    place.run()
    assert file_of("film.mp4").code == "already_there"
    assert files_in(place) == ["film (2).mp4", "film (2).srt", "film.mp4"]


def test_a_sidecar_beside_a_video_that_was_there_overwrites_nothing(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.add("Film", ["film.mp4", "film.srt"])
    (place.library / "film.mp4").hardlink_to(place.downloads / "film.mp4")
    taken(place, "film.srt")
    job = place.run()
    assert (place.library / "film.srt").read_bytes() == b"somebody else's" and files_in(place) == [
        "film.mp4",
        "film.srt",
    ]
    assert (file_of("film.srt").outcome, file_of("film.srt").code) == (Outcome.FAILED, "name_taken")
    assert job.errors == 1 and names_in(place) == ["Film"]
    (place.library / "film.srt").unlink()
    assert result_of(place.run())["synced_files"] == 1 and names_in(place) == []


def test_the_same_torrent_twice_places_its_sidecars_once(place: Place) -> None:
    place.add("Here", ["a.mp4", "a.srt"])
    place.qbittorrent.add_torrent("Also here", ["a.mp4", "a.srt"])
    job = place.run()
    assert job.status == Status.COMPLETED and files_in(place) == ["a.mp4", "a.srt"]
    assert result_of(job)["synced_files"] == 2 and result_of(job)["already_there"] == 2


def test_another_subtitle_of_a_film_that_another_torrent_placed_goes_beside_it(place: Place) -> None:
    place.add("Here", ["a.mp4"])
    place.run()
    place.scan()
    place.qbittorrent.add_torrent("With subtitle", [NewFile("a.mp4"), NewFile("a.srt", 50)])
    place.run()
    assert files_in(place) == ["a.mp4", "a.srt"]
    assert [scan.file.download.name for scan in Scan.objects.due()] == ["Here"], "Stash has to look again"


# --- they wait for their video ---


def test_a_sidecar_waits_for_its_video_and_follows_it(place: Place) -> None:
    place.add("Film", ["film.mp4", "film.srt"])
    (place.downloads / "film.mp4").rename(place.downloads / "away")
    job = place.run()
    assert place.in_library() == [] and result_of(job)["waiting"] == 2
    assert (file_of("film.srt").outcome, file_of("film.srt").code) == (Outcome.WAITING, "waits_for_video")
    assert "film.mp4" in file_of("film.srt").message
    (place.downloads / "away").rename(place.downloads / "film.mp4")
    assert result_of(place.run())["synced_files"] == 2
    assert files_in(place) == ["film.mp4", "film.srt"]


@MODES
def test_a_sidecar_of_a_video_that_is_given_up_waits_until_somebody_releases_it(place: Place, mode: str) -> None:
    place.configure(max_item_attempts=1, link_mode=mode)
    place.add("Film", ["film.mp4", "film.srt"])
    (place.downloads / "film.mp4").rename(place.downloads / "away")
    (place.downloads / "film.mp4").write_bytes(bytes(2000))
    place.run()
    assert file_of("film.mp4").outcome == Outcome.QUARANTINED and place.in_library() == []
    assert download_of("Film").outcome == Outcome.QUARANTINED, "not waiting, for nothing comes by itself"
    (place.downloads / "away").rename(place.downloads / "film.mp4")
    release(Download.objects.all())
    assert result_of(place.run())["synced_files"] == 2


def test_a_sidecar_that_fails_is_tried_again_and_its_video_is_not(place: Place) -> None:
    place.add("Film", ["film.mp4", "film.srt"])
    (place.downloads / "film.srt").rename(place.downloads / "away")
    (place.downloads / "film.srt").write_bytes(bytes(2000))
    job = place.run()
    assert files_in(place) == ["film.mp4"] and job.errors == 1
    assert (file_of("film.srt").code, file_of("film.srt").attempts) == ("wrong_size", 1)
    (place.downloads / "away").rename(place.downloads / "film.srt")
    assert result_of(place.run())["synced_files"] == 1


def test_a_move_waits_for_a_sidecar_that_can_not_be_placed(place: Place) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["film.mp4", "film.srt"])
    (place.downloads / "film.srt").unlink()
    place.run()
    assert names_in(place) == ["Film"] and place.in_library() == []


def test_a_sidecar_is_not_moved_before_its_video(place: Place, at: At) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["film.mp4", "film.srt"])
    context = testing.context("process_downloads")
    at(CrashPoint.TORRENT_REMOVED, die)
    with pytest.raises(Died):
        process(context)
    (place.downloads / "film.mp4").rename(place.downloads / "away")
    process(context)
    assert place.in_library() == [] and file_of("film.mp4").code == "not_visible"
    assert file_of("film.srt").code == "waits_for_video" and (place.downloads / "film.srt").is_file()
    (place.downloads / "away").rename(place.downloads / "film.mp4")
    release(Download.objects.all())  # the job that goes on gives each file one try
    process(context)
    assert files_in(place) == ["film.mp4", "film.srt"] and not list(place.downloads.rglob("film.*"))


@pytest.fixture
def short(place: Place) -> Iterator[Path]:
    yield make_video(place.library.parent / "short.mp4", seconds=2, size=(64, 36))


def test_a_sidecar_of_a_video_that_is_too_short_is_not_wanted_either(place: Place, short: Path) -> None:
    place.configure(min_duration_seconds=3, cleanup="remove_torrent_and_files")
    long = make_video(place.library.parent / "long.mp4", seconds=4, size=(64, 36))
    files = [NewFile("F/long.mp4", long), NewFile("F/short.mp4", short), NewFile("F/short.srt", 50)]
    place.qbittorrent.add_torrent("Film", files)
    job = place.run()
    assert files_in(place) == ["F/long.mp4"] and job.errors == 0
    assert file_of("F/short.srt").outcome == Outcome.NOT_WANTED
    assert names_in(place) == []


@MODES
def test_of_two_videos_with_its_name_a_sidecar_goes_with_the_bigger_one(place: Place, short: Path, mode: str) -> None:
    place.configure(min_duration_seconds=3, cleanup="remove_torrent_and_files", link_mode=mode)
    long = make_video(place.library.parent / "long.mp4", seconds=8, size=(64, 36))
    files = [NewFile("F/film.avi", short), NewFile("F/film.mp4", long), NewFile("F/film.srt", 50)]
    place.qbittorrent.add_torrent("Film", files)
    place.run()
    assert file_of("F/film.avi").code == "too_short"
    assert files_in(place) == ["F/film.mp4", "F/film.srt"]


# --- Stash ---


def test_sidecars_are_no_scenes_and_nothing_waits_for_their_scan(place: Place) -> None:
    video = make_video(place.library.parent / "film.mp4", seconds=2, size=(64, 36))
    place.qbittorrent.add_torrent("Film", [NewFile("film.mp4", video), NewFile("film.srt", 50)])
    place.run()
    assert [scan.file.name for scan in Scan.objects.due()] == ["film.mp4"]
    job = place.scan()
    assert job.status == Status.COMPLETED and result_of(job)["scanned_files"] == 1
    row = file_of("film.srt")
    assert not Scan.objects.filter(file=row).exists() and row.video == file_of("film.mp4")
    assert not Scan.objects.due().exists()


def test_a_sidecar_that_comes_later_follows_the_place_of_its_video_and_has_stash_look_again(place: Place) -> None:
    taken(place, "film.mp4")
    video = make_video(place.library.parent / "film.mp4", seconds=2, size=(64, 36))
    files = [NewFile("film.mp4", video), NewFile("film.en.srt", 50, priority=0)]
    torrent = place.qbittorrent.add_torrent("Film", files)
    place.run()
    place.scan()
    scene = file_of("film.mp4").scan.scene_id
    assert scene is not None and not Scan.objects.due().exists()
    place.qbittorrent.change_torrent(torrent.hash, files={"film.en.srt": {"priority": 1}})
    job = place.run()
    assert files_in(place) == ["film (2).en.srt", "film (2).mp4", "film.mp4"] and result_of(job)["synced_files"] == 1
    assert [scan.file.name for scan in Scan.objects.due()] == ["film.mp4"]
    place.stash.forget_requests()
    assert place.scan().status == Status.COMPLETED
    assert any("metadataScan" in str(request) for request in place.stash.requests)
    assert file_of("film.mp4").scan.scene_id == scene and not Scan.objects.due().exists()


def test_a_sidecar_whose_video_left_the_library_meanwhile_is_not_placed_alone(place: Place) -> None:
    torrent = place.qbittorrent.add_torrent("Film", [NewFile("F/a.mp4", 1000), NewFile("F/a.srt", 50, priority=0)])
    place.add("Other", ["b.mp4"])
    place.run()
    (place.library / "F/a.mp4").unlink()
    place.qbittorrent.change_torrent(torrent.hash, files={"F/a.srt": {"priority": 1}})
    place.run()
    assert files_in(place) == ["b.mp4"]
    assert (file_of("F/a.srt").code, file_of("F/a.srt").attempts) == ("video_missing", 1)


def test_a_sidecar_that_comes_after_the_library_was_changed_goes_beside_its_video_in_the_old_one(place: Place) -> None:
    torrent = place.qbittorrent.add_torrent("Film", [NewFile("F/a.mp4", 1000), NewFile("F/a.srt", 50, priority=0)])
    place.run()
    new = place.library.parent / "new library"
    new.mkdir()
    place.stash.simulator.settings.libraries.append(str(new))
    place.configure(library_path=new)
    place.qbittorrent.change_torrent(torrent.hash, files={"F/a.srt": {"priority": 1}})
    assert place.run().status == Status.COMPLETED
    assert files_in(place) == ["F/a.mp4", "F/a.srt"] and all_in(new) == []


# --- clean-up, crashes ---


def test_a_torrent_whose_sidecars_are_in_the_library_is_cleaned_up(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.add("Film", ["Film/film.mp4", "Film/film.en.srt", "Film/film.nfo"])
    place.run()
    assert names_in(place) == [] and files_in(place) == ["Film/film.en.srt", "Film/film.mp4"]
    assert not (place.downloads / "Film").exists()


def test_a_sidecar_that_vanished_from_the_library_keeps_its_torrent(place: Place) -> None:
    place.add("Film", ["film.mp4", "film.srt"])
    place.run()
    (place.library / "film.srt").unlink()
    place.configure(cleanup="remove_torrent_and_files")
    place.run()
    assert names_in(place) == ["Film"] and (place.downloads / "film.srt").is_file()


POINTS = [
    CrashPoint.FILES_LISTED, CrashPoint.TARGET_SAVED, CrashPoint.FILE_LINKED, CrashPoint.FILE_RECORDED,
    CrashPoint.TORRENT_RECORDED,
]  # fmt: skip
MOVE_POINTS = [*POINTS, CrashPoint.REMOVAL_INTENDED, CrashPoint.TORRENT_REMOVED, CrashPoint.MOVE_PLACED]


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize(
    "mode, point",
    [(mode, point) for mode in ("hardlink", "copy") for point in POINTS] + [("move", point) for point in MOVE_POINTS],
)
def test_a_process_that_died_at_a_sidecar_is_followed_by_one_that_finishes(
    place: Place, at: At, mode: str, point: CrashPoint, nth: int
) -> None:
    place.configure(link_mode=mode)
    taken(place, "film.en.srt")
    place.add("Film", ["film.mp4", "film.en.srt", "film.nfo"])
    context = testing.context("process_downloads")
    met = []

    def die_then() -> None:
        met.append(point)
        if len(met) == nth:
            die()
        at(point, die_then)

    at(point, die_then)
    once = point in (CrashPoint.FILES_LISTED, CrashPoint.TORRENT_RECORDED, CrashPoint.REMOVAL_INTENDED)
    if nth == 2 and (once or point == CrashPoint.TORRENT_REMOVED):
        return
    with pytest.raises(Died):
        process(context)
    process(context)
    assert files_in(place) == ["film (2).en.srt", "film (2).mp4", "film.en.srt"]
    result = report(context.job).result
    assert (result["synced_items"], result["synced_files"], result[CODES[mode]]) == (1, 2, 2)
    assert [scan.file.name for scan in Scan.objects.due()] == ["film.mp4"]
    assert not PlacedFile.objects.exclude(attempts=0).exists()
    assert (download_of("Film").outcome, names_in(place) == []) == (Outcome.DONE, mode == "move")
    assert (place.downloads / "film.mp4").exists() == (mode != "move")


def test_a_name_taken_between_two_tries_of_a_move_takes_the_sidecar_along(place: Place, at: At) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["film.mp4", "film.srt"])
    at(CrashPoint.TORRENT_REMOVED, lambda: taken(place, "film.mp4"))
    place.run()
    assert files_in(place) == ["film (2).mp4", "film (2).srt", "film.mp4"]


def test_the_place_beside_a_video() -> None:
    place = Path("/library/film (2).mkv")
    assert sidecars.beside("x/film.en.srt", "x/film.mkv", place) == Path("/library/film (2).en.srt")
    assert sidecars.beside("film.mkv.srt", "x/film.mkv", place) == Path("/library/film (2).mkv.srt")
