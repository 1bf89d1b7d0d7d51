"""Files that come later, as from a seedbox or over a slow share, wait: looking for them is no attempt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F

from jobs.models import Job, Status
from scenes.models import Outcome, PlacedFile
from scenes.paths import PathMap
from scenes.releasing import release
from tests.scenes.placing import Place, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

RUNS = 5  # more than a file has attempts
COUNTS = ("waiting", "failed", "quarantined", "synced_files")


def counts(job: Job) -> tuple[int, ...]:
    return tuple(result_of(job)[name] for name in COUNTS)


def pass_days(days: float) -> None:
    PlacedFile.objects.update(waiting_since=F("waiting_since") - timedelta(days=days))


def take_away(file: Path) -> Callable[[], object]:
    """Returns what brings it back."""
    away = file.with_name("away")
    file.rename(away)
    return lambda: away.rename(file)


@pytest.fixture
def bring(place: Place) -> Callable[[], object]:
    """A torrent whose one file is not here yet."""
    place.add("Film", ["Film/a.mp4"])
    return take_away(place.downloads / "Film/a.mp4")


@pytest.mark.parametrize("mode", ["hardlink", "copy", "move"])
def test_a_file_that_is_not_there_yet_waits_without_an_attempt_and_is_placed_when_it_is(
    place: Place, bring: Callable[[], object], mode: str
) -> None:
    place.configure(link_mode=mode)
    for _ in range(RUNS):
        job = place.run()
        assert (job.status, job.errors, counts(job)) == (Status.COMPLETED, 0, (1, 0, 0, 0))
    row = file_of("Film/a.mp4")
    assert (row.outcome, row.code, row.attempts) == (Outcome.WAITING, "not_visible", 0)
    assert download_of("Film").outcome == Outcome.WAITING and "waited for" in job.message
    bring()
    assert counts(place.run()) == (0, 0, 0, 1)
    assert download_of("Film").outcome == Outcome.DONE and file_of("Film/a.mp4").waiting_since is None


def test_one_that_is_still_being_copied_waits_until_it_has_its_size(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    whole = (place.downloads / "a.mp4").read_bytes()
    for size in (0, 400, 999):
        (place.downloads / "a.mp4").write_bytes(whole[:size])
        assert counts(place.run()) == (1, 0, 0, 0)
        assert (file_of("a.mp4").code, file_of("a.mp4").attempts) == ("arriving", 0)
        assert f"{size} of its 1,000 bytes" in file_of("a.mp4").message
    (place.downloads / "a.mp4").write_bytes(whole)
    assert counts(place.run()) == (0, 0, 0, 1)


def test_files_that_are_there_do_not_wait_for_those_that_are_not(place: Place) -> None:
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    bring = take_away(place.downloads / "Film/b.mp4")
    assert counts(place.run()) == (1, 0, 0, 1)
    assert place.in_library() == ["Film", "Film/a.mp4"] and download_of("Film").outcome == Outcome.WAITING
    bring()
    assert counts(place.run()) == (0, 0, 0, 1)


def test_a_subtitle_that_comes_after_its_film_waits_too(place: Place) -> None:
    place.add("Film", ["film.mp4", "film.srt"])
    bring = take_away(place.downloads / "film.srt")
    for _ in range(RUNS):
        place.run()
    assert (file_of("film.srt").outcome, file_of("film.srt").attempts) == (Outcome.WAITING, 0)
    bring()
    assert counts(place.run()) == (0, 0, 0, 1)


def test_it_is_said_in_the_log_once(place: Place, bring: Callable[[], object]) -> None:
    first, second = place.run(), place.run()
    assert file_of("Film/a.mp4").message in log_of(first)
    assert "is waited for" not in log_of(second)


def test_nothing_is_asked_of_stash_as_long_as_nothing_can_be_placed(place: Place, bring: Callable[[], object]) -> None:
    before = len(place.stash.asked("Configuration"))
    place.run()
    assert len(place.stash.asked("Configuration")) == before


def test_after_a_long_time_a_person_has_to_look(place: Place, bring: Callable[[], object]) -> None:
    place.configure(not_visible_days=2)
    place.run()
    pass_days(1.9)
    assert counts(place.run()) == (1, 0, 0, 0)
    pass_days(0.2)
    job = place.run()
    assert (job.status, counts(job)) == (Status.COMPLETED_WITH_ERRORS, (0, 0, 1, 0))
    assert file_of("Film/a.mp4").outcome == download_of("Film").outcome == Outcome.QUARANTINED
    assert "within 2 days" in file_of("Film/a.mp4").message
    assert place.run().status == Status.COMPLETED, "it is said once"


@pytest.mark.parametrize("mode", ["hardlink", "move"])
def test_one_that_was_given_up_is_taken_by_itself_when_it_is_there(
    place: Place, bring: Callable[[], object], mode: str
) -> None:
    place.configure(not_visible_days=0, link_mode=mode)
    place.run()
    assert file_of("Film/a.mp4").outcome == Outcome.QUARANTINED
    bring()
    assert counts(place.run()) == (0, 0, 0, 1)
    assert file_of("Film/a.mp4").outcome == download_of("Film").outcome == Outcome.DONE


def test_one_that_was_given_up_and_is_there_in_part_is_left_alone(place: Place, bring: Callable[[], object]) -> None:
    place.configure(not_visible_days=0)
    place.run()
    (place.downloads / "Film/a.mp4").write_bytes(bytes(999))
    assert counts(place.run()) == (0, 0, 0, 0)
    (place.downloads / "Film/a.mp4").unlink()
    bring()
    assert counts(place.run()) == (0, 0, 0, 1)


def test_one_that_was_given_up_beside_another_that_still_waits_is_taken_too(place: Place) -> None:
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    (place.downloads / "Film/b.mp4").unlink()
    bring = take_away(place.downloads / "Film/a.mp4")
    place.run()
    PlacedFile.objects.filter(name="Film/a.mp4").update(waiting_since=F("waiting_since") - timedelta(days=8))
    place.run()
    assert (file_of("Film/a.mp4").outcome, file_of("Film/b.mp4").outcome) == (Outcome.QUARANTINED, Outcome.WAITING)
    bring()
    assert counts(place.run()) == (1, 0, 0, 1) and file_of("Film/a.mp4").outcome == Outcome.DONE


def test_a_mapping_that_is_corrected_brings_what_was_given_up(place: Place) -> None:
    place.configure(not_visible_days=0, path_map=PathMap.parse(f"qbittorrent:{place.downloads}=/nowhere"))
    place.add("Film", ["Film/a.mp4"])
    place.run()
    assert file_of("Film/a.mp4").outcome == Outcome.QUARANTINED
    place.configure(path_map=PathMap())
    assert counts(place.run()) == (0, 0, 0, 1)


def test_a_release_begins_a_new_time_of_waiting(place: Place, bring: Callable[[], object]) -> None:
    place.run()
    pass_days(8)
    place.run()
    assert release(PlacedFile.objects.all()) == 1
    assert counts(place.run()) == (1, 0, 0, 0)


def test_one_that_was_deselected_meanwhile_begins_to_wait_again(place: Place) -> None:
    torrent = place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    (place.downloads / "Film/a.mp4").unlink()
    place.run()
    pass_days(8)
    place.qbittorrent.change_torrent(torrent.hash, files={"Film/a.mp4": {"priority": 0}})
    place.run()
    place.qbittorrent.change_torrent(torrent.hash, files={"Film/a.mp4": {"priority": 1}})
    assert counts(place.run()) == (1, 0, 0, 0)
