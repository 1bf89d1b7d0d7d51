"""A disk that is not mounted any more is told by what was mounted there, and never by a folder that is empty."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Status
from scenes.attribution import disk
from scenes.attribution.mounts import mount_of, mounts
from scenes.models import Outcome, Place, PlacedFile
from tests.scenes import placing
from tests.scenes.placing import file_of, result_of
from tests.small_disks import small_disk

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.acceptance,
]  # it mounts disks
RUNS = 4  # one more than a file has tries


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """Mounts a file system of its own on a folder, which is made if need be."""
    mounted: list[Path] = []

    def on(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=8m", f"disk-{folder.name}", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small tmpfs is not permitted here (it needs root)")
        mounted.append(folder)
        return folder

    yield on
    for folder in reversed(mounted):
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True)


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def away(folder: Path) -> list[Path]:
    """What lies on the disk, kept while it is not mounted."""
    kept = folder.with_name(f"{folder.name} kept")
    subprocess.run(["mkdir", "-p", str(kept)], check=True)
    subprocess.run(["mount", "--bind", str(folder), str(kept)], check=True)
    unmount(folder)
    return [kept, folder]


def back(kept: Path, folder: Path) -> None:
    subprocess.run(["mount", "--move", str(kept), str(folder)], check=True)


def an_hour_later() -> None:
    Place.objects.update(last_success_at=timezone.now() - timedelta(hours=1))


def library_on(place: placing.Place, folder: Path) -> None:
    place.configure(library_path=folder, link_mode="copy")
    place.stash.simulator.settings.libraries.append(str(folder))


def test_mounts_are_read_from_the_kernels_list_also_those_with_spaces(
    mount: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder = mount(tmp_path / "a disk\\ of mine")
    found = mount_of(str(folder / "some" / "folder"), mounts())
    assert found is not None and (found.point, found.kind) == (str(folder), "tmpfs")
    assert found.source == "disk-a disk\\ of mine"


# --- downloads ---


def test_an_empty_inbox_is_no_lost_disk(place: placing.Place) -> None:
    place.add("A", ["A/a.mp4"])
    for path in sorted(place.downloads.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert not disk.is_away(place.downloads)
    place.run()
    assert "not mounted" not in file_of("A/a.mp4").message


def test_a_download_disk_that_is_not_mounted_any_more_costs_no_try(
    place: placing.Place, mount: Callable[[Path], Path]
) -> None:
    mount(place.downloads)
    place.configure(link_mode="copy")
    place.add("First", ["first.mp4"])
    assert result_of(place.run())["synced_files"] == 1
    place.add("A", ["A/a.mp4"])
    kept = away(place.downloads)
    for _ in range(RUNS):
        place.run()
        row = file_of("A/a.mp4")
        assert row.attempts == 0 and row.outcome in (Outcome.FAILED, Outcome.WAITING)
    assert f"is not mounted at {place.downloads} any more" in row.message
    back(*kept)
    assert result_of(place.run())["synced_files"] == 1


def test_the_same_holds_for_a_save_folder_below_the_mount(place: placing.Place, mount: Callable[[Path], Path]) -> None:
    mount(place.downloads)
    place.configure(link_mode="copy")
    place.add("First", ["first.mp4"], save_path=place.downloads / "films")
    assert result_of(place.run())["synced_files"] == 1
    kept = away(place.downloads)
    (place.downloads / "films").mkdir()
    assert "not mounted" in disk.why_away(place.downloads / "films")
    (place.downloads / "films").rmdir()
    back(*kept)
    assert not disk.why_away(place.downloads / "films")


def test_nothing_of_ours_is_written_into_a_download_folder(place: placing.Place) -> None:
    place.add("A", ["A/a.mp4"])
    place.run()
    assert not list(place.downloads.rglob(disk.MARKER))


# --- the library ---


def test_an_empty_library_on_the_first_run_is_used_and_marked(place: placing.Place) -> None:
    place.add("A", ["A/a.mp4"])
    assert result_of(place.run())["synced_files"] == 1
    assert (place.library / disk.MARKER).is_file()
    assert Place.objects.get(use=Place.Use.LIBRARY).marked_at is not None


def test_stash_never_takes_the_marker_for_content(place: placing.Place) -> None:
    place.add("A", ["A/a.mp4"])
    place.run()
    place.scan()
    assert not any(disk.MARKER in path for scene in place.stash.dump()["scenes"] for path in scene["files"])


def test_a_library_that_stash_does_not_have_gets_no_marker(place: placing.Place) -> None:
    place.stash.simulator.settings.libraries[:] = ["/elsewhere"]
    place.add("A", ["A/a.mp4"])
    assert place.run().status == Status.FAILED
    assert list(place.library.iterdir()) == []


def test_nothing_is_placed_below_the_mount_point_of_a_library_that_is_not_mounted(
    place: placing.Place, mount: Callable[[Path], Path], tmp_path: Path, settings: Any
) -> None:
    settings.JOBS_RETRY_DELAY = 0
    library = tmp_path / "disk"
    library.mkdir()
    (library / disk.MARKER).touch()  # made beneath, before the disk was mounted for the first time
    library_on(place, mount(library))
    place.add("A", ["A/a.mp4"])
    assert result_of(place.run())["synced_files"] == 1
    kept = away(library)
    place.add("B", ["B/b.mp4"])
    for _ in range(RUNS):
        job = place.run()
        assert (job.status, job.error_code) == (Status.FAILED, "library_empty")
        assert f"is not mounted at {library} any more" in job.error_message
    assert [path.name for path in library.iterdir()] == [disk.MARKER]
    assert file_of("B/b.mp4").attempts == 0
    back(*kept)
    assert result_of(place.run())["synced_files"] == 1


def test_a_library_that_was_emptied_on_purpose_is_used_again_once_the_marker_is_there(
    place: placing.Place, settings: Any
) -> None:
    settings.JOBS_RETRY_DELAY = 0
    place.add("A", ["A/a.mp4"])
    place.run()
    for path in sorted(place.library.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    place.add("B", ["B/b.mp4"])
    job = place.run()
    assert job.error_code == "library_empty" and disk.MARKER in job.error_message
    (place.library / disk.MARKER).touch()
    assert result_of(place.run())["synced_files"] == 1


def test_a_lost_marker_is_made_again_where_placed_files_are_seen(place: placing.Place) -> None:
    place.add("A", ["A/a.mp4"])
    place.run()
    (place.library / disk.MARKER).unlink()
    an_hour_later()
    place.add("B", ["B/b.mp4"])
    assert result_of(place.run())["synced_files"] == 1
    assert (place.library / disk.MARKER).is_file()


def test_another_device_at_the_same_mount_point_is_the_library_if_it_has_the_marker(
    place: placing.Place, mount: Callable[[Path], Path], tmp_path: Path
) -> None:
    library_on(place, mount(tmp_path / "disk"))
    place.add("A", ["A/a.mp4"])
    assert result_of(place.run())["synced_files"] == 1
    Place.objects.filter(use=Place.Use.LIBRARY).update(mount_source="/dev/sdb1", mount_type="ext4")
    an_hour_later()
    place.add("B", ["B/b.mp4"])
    assert result_of(place.run())["synced_files"] == 1
    assert Place.objects.get(use=Place.Use.LIBRARY).mount_type == "tmpfs"


def test_files_for_a_lost_disk_below_the_library_wait_and_the_others_are_placed(
    place: placing.Place, mount: Callable[[Path], Path]
) -> None:
    place.configure(link_mode="copy")
    films = mount(place.library / "films")
    place.add("A", ["films/a.mp4", "other/a.mp4"])
    assert result_of(place.run())["synced_files"] == 2
    kept = away(films)
    place.add("B", ["films/b.mp4", "other/b.mp4"])
    for _ in range(RUNS):
        place.run()
    assert list(films.iterdir()) == []
    row = PlacedFile.objects.get(name="films/b.mp4")
    assert (row.code, row.attempts) == ("library_missing", 0)
    assert file_of("other/b.mp4").outcome == Outcome.DONE
    back(*kept)
    assert result_of(place.run())["synced_files"] == 1


def test_a_place_that_a_person_forgot_is_used_as_it_is(
    place: placing.Place, mount: Callable[[Path], Path], tmp_path: Path, settings: Any
) -> None:
    settings.JOBS_RETRY_DELAY = 0
    library = mount(tmp_path / "disk")
    library_on(place, library)
    place.add("A", ["A/a.mp4"])
    place.run()
    unmount(library)
    place.add("B", ["B/b.mp4"])
    assert place.run().error_code == "library_empty"
    Place.objects.filter(use=Place.Use.LIBRARY).forget()
    assert result_of(place.run())["synced_files"] == 1


def test_a_library_that_may_not_be_written_to_is_not_marked(place: placing.Place, settings: Any) -> None:
    settings.JOBS_RETRY_DELAY = 0
    with small_disk() as library:
        library_on(place, library)
        subprocess.run(["mount", "-o", "remount,ro", str(library)], check=True)
        place.add("A", ["A/a.mp4"])
        assert place.run().error_code == "library_not_writable"
        assert list(library.iterdir()) == []
