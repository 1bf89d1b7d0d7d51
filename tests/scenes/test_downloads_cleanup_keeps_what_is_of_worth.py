"""A torrent leaves qBittorrent only when nothing of worth is left in it; what is unknown is of worth."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.core.exceptions import ImproperlyConfigured

from jobs import testing
from jobs.models import Status
from scenes import configuration
from scenes.crash_points import CrashPoint
from scenes.downloads.processing import process
from scenes.env import Env
from scenes.models import Download, Outcome, PlacedFile
from scenes.name_patterns import NamePatterns
from scenes.simulators.qbittorrent import NewFile, SimulatedTorrent
from tests.scenes.placing import At, Died, Place, die, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
CLEANUPS = pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])

OF_WORTH = [
    "film.iso", "film.img", "film.mds", "film.mp4v", "film.en.ass", "other.srt", "other.funscript", "film.mp4.part",
    "README", "set/01.jpg", "screens.png", "song.mp3", "recovery.dat", "covers.jpg", "nfo", "film.nfo.iso",
    "a.exe.bin", "VIDEO_TS.IFO", "Subs/2_English.srt",
]  # fmt: skip
RUBBISH = [
    "film.nfo", "FILM.NFO", "readme.txt", "site.url", "setup.exe", "cover.jpg", "Folder.JPG", "poster.png", ".DS_Store",
    "Thumbs.db", "._film.mp4", "__MACOSX/film.mp4", "@eaDir/film.mp4/SYNOVIDEO.jpg", ".pad/512", "Sample/proof.bin",
]  # fmt: skip


def names_in(place: Place) -> list[str]:
    return sorted(torrent.name for torrent in place.qbittorrent.store.torrents.values())


def add(place: Place, *names: str) -> None:
    """A film of 100 kB with small files beside it."""
    place.add("Film", {"Film/film.mp4": 100_000} | {f"Film/{name}": 500 for name in names})


def deselect(place: Place, torrent: SimulatedTorrent) -> None:
    """As in a real qBittorrent: a complete file that is deselected counts in the torrent's size as before."""
    size = torrent.size
    place.qbittorrent.change_torrent(torrent.hash, files={"Film/film.iso": {"priority": 0}})
    Download.objects.filter(size=size).update(size=torrent.size)


def is_whole(place: Place, *names: str) -> bool:
    return all((place.downloads / "Film" / name).is_file() for name in ("film.mp4", *names))


# --- clean-up ---


@CLEANUPS
@pytest.mark.parametrize("name", OF_WORTH)
def test_a_file_that_nobody_knows_keeps_its_torrent_with_all_its_files(place: Place, cleanup: str, name: str) -> None:
    place.configure(cleanup=cleanup, qbittorrent_handled_tag="stashhog")
    add(place, name)
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["linked"] == 1
    assert names_in(place) == ["Film"] and is_whole(place, name)
    download = download_of("Film")
    assert f"Film/{name}" in download.cleanup_message and f"Film/{name}" in log_of(job)
    assert "deselect it in qBittorrent" in download.cleanup_message and f"Film/{name}" in download.message
    tags = [torrent.tags for torrent in place.qbittorrent.store.torrents.values()]
    assert tags == [[]], "whoever deletes what has the tag must not delete that file"


@pytest.mark.parametrize(
    "name, pattern", [("film.iso", "*.iso"), ("film.en.ass", "*.ass"), ("README", "README"), ("a.x[1],b", "*.x?1??b")]
)
def test_what_keeps_it_and_what_to_do_is_said_and_doing_it_helps(place: Place, name: str, pattern: str) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    add(place, name)
    place.run()
    assert f"add {pattern} to “Rubbish”" in download_of("Film").cleanup_message
    place.configure(rubbish=NamePatterns.parse("STASHHOG_RUBBISH", [pattern]))
    place.run()
    assert names_in(place) == [] and not (place.downloads / "Film").exists()


@CLEANUPS
def test_deselecting_what_keeps_it_helps_although_its_size_stays_the_same(place: Place, cleanup: str) -> None:
    place.configure(cleanup=cleanup, qbittorrent_handled_tag="stashhog")
    torrent = place.add("Film", {"Film/film.mp4": 1000, "Film/film.iso": 500})
    place.run()
    kept = place.run()
    assert kept.message == "No torrent is new" and "film.iso" not in log_of(kept)
    deselect(place, torrent)
    place.run()
    assert names_in(place) == []


@pytest.mark.parametrize("name", ["film.iso", "film.rar", "other.srt"])
def test_what_is_deselected_or_called_rubbish_later_lets_the_tag_come(place: Place, name: str) -> None:
    place.configure(qbittorrent_handled_tag="stashhog")
    add(place, name)
    place.run()
    (torrent,) = place.qbittorrent.store.torrents.values()
    assert torrent.tags == []
    place.configure(rubbish=NamePatterns((name,)))
    place.run()
    assert torrent.tags == ["stashhog"] and download_of("Film").outcome == Outcome.DONE
    assert place.run().message == "No torrent is new"


@CLEANUPS
@pytest.mark.parametrize("name", RUBBISH)
def test_known_rubbish_keeps_no_torrent_and_is_never_placed(place: Place, cleanup: str, name: str) -> None:
    place.configure(cleanup=cleanup)
    add(place, name)
    place.run()
    assert names_in(place) == [] and place.in_library() == ["Film", "Film/film.mp4"]
    assert is_whole(place, name) == (cleanup == "remove_torrent")


def test_deselecting_a_file_says_that_it_is_worth_nothing(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    files = [NewFile("Film/film.mp4", 1000), NewFile("Film/film.iso", 900, priority=0)]
    place.qbittorrent.add_torrent("Film", files)
    place.run()
    assert names_in(place) == []


@pytest.mark.parametrize("size, is_kept", [(500, False), (50_000, True)])
def test_a_sample_is_rubbish_only_when_it_is_far_smaller_than_the_film(place: Place, size: int, is_kept: bool) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.add("Film", {"Film/film.mp4": 100_000, "Film/Sample/film.bin": size})
    place.run()
    assert (names_in(place) == ["Film"]) == is_kept


def test_samples_that_are_videos_are_placed_like_others_if_that_is_set(place: Place) -> None:
    place.configure(samples=NamePatterns())
    add(place, "Sample/sample.mp4")
    place.run()
    assert (place.library / "Film/Sample/sample.mp4").is_file()


def test_a_file_that_becomes_wanted_by_the_settings_is_placed_by_the_next_run(place: Place) -> None:
    add(place, "extra.iso")
    place.run()
    place.configure(cleanup="remove_torrent_and_files")
    place.stash.simulator.settings.video_extensions.append("iso")
    assert result_of(place.run())["synced_files"] == 1
    assert names_in(place) == [] and (place.library / "Film/extra.iso").stat().st_size == 500


def test_what_is_of_worth_is_decided_by_the_settings_of_now(place: Place) -> None:
    add(place, "film.nfo")
    place.run()
    place.configure(cleanup="remove_torrent_and_files", rubbish=NamePatterns())
    place.run()
    assert names_in(place) == ["Film"] and is_whole(place, "film.nfo")


@CLEANUPS
@pytest.mark.parametrize("code", ["no_video", "deselected"])
def test_what_an_earlier_run_called_worthless_keeps_it_until_a_person_says_so(
    place: Place, cleanup: str, code: str
) -> None:
    add(place, "film.iso")
    place.run()
    PlacedFile.objects.filter(name="Film/film.iso").update(code=code, message="As an earlier version wrote it.")
    place.configure(cleanup=cleanup)
    for _ in range(3):
        place.run()
    assert "add *.iso to “Rubbish”" in download_of("Film").cleanup_message and names_in(place) == ["Film"]
    assert place.run().message == "No torrent is new"
    place.configure(rubbish=NamePatterns(("*.iso",)))
    place.run()
    assert names_in(place) == []


# --- mode move ---


@pytest.mark.parametrize("name", ["film.iso", "other.srt", "README"])
def test_in_mode_move_a_torrent_with_something_of_worth_stays_and_its_videos_are_linked(
    place: Place, name: str
) -> None:
    place.configure(link_mode="move")
    add(place, name)
    job = place.run()
    assert names_in(place) == ["Film"] and is_whole(place, name)
    assert file_of("Film/film.mp4").code == "linked" and result_of(job)["linked"] == 1
    assert f"Film/{name}" in download_of("Film").message and f"Film/{name}" in log_of(job)
    assert download_of("Film").outcome == Outcome.DONE


def test_what_a_move_leaves_on_the_disk_is_named(place: Place) -> None:
    place.configure(link_mode="move")
    files = [NewFile("Film/film.mp4", 1000), NewFile("Film/film.nfo", 100), NewFile("Film/film.iso", 900, priority=0)]
    place.qbittorrent.add_torrent("Film", files)
    job = place.run()
    assert names_in(place) == [] and result_of(job)["moved"] == 1
    for text in (download_of("Film").message, log_of(job)):
        assert "2 files stay" in text and str(place.downloads) in text
        assert "Film/film.nfo" in text and "Film/film.iso" in text


def test_a_move_that_leaves_nothing_says_nothing_and_removes_its_empty_folders(place: Place) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/a.mp4", "Film/more/b.mp4"])
    place.run()
    assert "stay" not in download_of("Film").message
    assert list(place.downloads.iterdir()) == [] and place.downloads.is_dir()


def test_what_a_move_that_is_finished_later_leaves_is_named_too(place: Place, at: At) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/sub/film.mp4", "Film/film.nfo"])
    context = testing.context("process_downloads")
    at(CrashPoint.TORRENT_REMOVED, die)
    with pytest.raises(Died):
        process(context)
    process(context)
    assert "Film/film.nfo" in download_of("Film").message
    assert [path.name for path in (place.downloads / "Film").iterdir()] == ["film.nfo"]


@pytest.mark.parametrize("known", ["Film/sub/film.nfo", "Film/sub/b.mp4"])
def test_that_a_moved_torrent_had_other_files_beside_its_own_is_said(place: Place, known: str) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/sub/film.mp4", known])
    place.add("Loose", ["loose.mp4"])
    (place.downloads / "Film/made by somebody.srt").write_bytes(b"subtitle")
    job = place.run()
    assert (place.downloads / "Film/made by somebody.srt").is_file() and names_in(place) == []
    for text in (download_of("Film").message, log_of(job)):
        assert f"{place.downloads / 'Film'} has other files" in text and ("film.nfo" in text) == ("nfo" in known)
    assert "other files" not in download_of("Loose").message


def test_a_video_that_was_there_already_and_stays_after_a_move_is_named(place: Place) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    (place.library / "Film").mkdir()
    (place.library / "Film/b.mp4").write_bytes((place.downloads / "Film/b.mp4").read_bytes())
    place.run()
    assert names_in(place) == [] and "Film/b.mp4" in download_of("Film").message
    assert PlacedFile.objects.filter(outcome=Outcome.DONE).count() == 2


# --- the settings ---


def setting(name: str, value: str) -> configuration.Configuration:
    return configuration.read(Env({name: value}))


@pytest.mark.parametrize(
    "pattern", ["*", "**", "*.*", "?*", "*.???", "[!.]*", "*[a-z]", "???????", "*/", "sub/*.nfo", "/"]
)
@pytest.mark.parametrize("name", ["STASHHOG_RUBBISH", "STASHHOG_SAMPLES"])
def test_a_pattern_that_would_take_everything_stops_the_start(name: str, pattern: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        setting(name, f"*.nfo,{pattern}")


@pytest.mark.parametrize(
    "patterns, name, is_match",
    [
        (["*.NFO"], "Film/film.nfo", True),
        (["*.nfo"], "film.nfo/film.iso", False),
        (["extras/"], "Film/Extras/a.iso", True),
        (["extras/"], "Film/extras", False),
        (["extras"], "Film/extras/a.iso", False),
        (["*.[ab]c"], "x.bc", True),
        ([], "x", False),
    ],
)
def test_patterns_are_of_whole_names_of_files_or_of_folders(patterns: Sequence[str], name: str, is_match: bool) -> None:
    assert NamePatterns.parse("NAME", patterns).match(name) == is_match


def test_a_list_can_be_emptied() -> None:
    config = setting("STASHHOG_RUBBISH", "none")
    assert not config.rubbish.match("film.nfo") and configuration.read(Env({})).rubbish.match("film.nfo")
    assert setting("STASHHOG_SIDECARS", "none").sidecar_extensions == frozenset()
    assert setting("STASHHOG_SIDECARS", ".SRT, nfo").sidecar_extensions == {"srt", "nfo"}


@pytest.mark.parametrize("value", ["default,nfo", " Default , *.NFO", "funscript,srt,vtt,.nfo,"])
def test_extensions_are_added_to_the_default_list_as_patterns_are(value: str) -> None:
    assert setting("STASHHOG_SIDECARS", value).sidecar_extensions == {"funscript", "srt", "vtt", "nfo"}
    videos = setting("STASHHOG_VIDEO_EXTENSIONS", value).video_extensions
    assert "nfo" in videos and "default" not in videos and ("mp4" in videos) == ("efault" in value)


@pytest.mark.parametrize("word", [".", "*", "*.*", "sub.srt", "subs/srt", "s?t", "[sv]rt"])
@pytest.mark.parametrize("name", ["STASHHOG_SIDECARS", "STASHHOG_VIDEO_EXTENSIONS"])
def test_what_is_no_extension_stops_the_start(name: str, word: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        setting(name, f"mp4,{word}")
