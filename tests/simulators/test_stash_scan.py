"""What a scan finds, and what a clean takes away (services/stash.md, "Jobs" and "Time stamps")."""

from __future__ import annotations

import os
import shutil
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scenes.simulators.videos import probe
from tests.simulators.conftest import Video
from tests.simulators.stash_client import Client

FILE = "id path basename size mod_time duration width height video_codec frame_rate format fingerprints { type value }"


def files(client: Client, number: int = 1) -> list[dict]:
    return client.scene(number, f"files {{ {FILE} }}")["files"]


def paths(client: Client, number: int = 1) -> list[str]:
    return [file["path"] for file in files(client, number)]


def test_a_scan_reads_what_the_file_says_of_itself(client: Client, video: Video) -> None:
    path = video("film.mp4")
    client.scan()
    [file] = files(client)
    info = probe(path)
    assert (file["path"], file["basename"]) == (str(path), "film.mp4")
    assert (file["width"], file["height"], file["video_codec"]) == (info.width, info.height, info.codec)
    assert file["duration"] == pytest.approx(info.seconds, abs=0.01)
    assert file["frame_rate"] == pytest.approx(info.frame_rate)
    assert file["size"] == path.stat().st_size
    modified = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    assert datetime.fromisoformat(file["mod_time"]) == modified


def test_a_file_gets_the_real_oshash(client: Client, video: Video) -> None:
    path = video("film.mp4")
    client.scan()
    content = path.read_bytes()
    block = min(len(content), 65536) // 8 * 8
    words = struct.unpack(f"<{block // 4}Q", content[:block] + content[-block:])
    expected = f"{(len(content) + sum(words)) % 2**64:016x}"
    assert files(client)[0]["fingerprints"] == [{"type": "oshash", "value": expected}]


def test_files_that_are_no_videos_are_left_out(client: Client, library: Path) -> None:
    (library / "notes.txt").write_text("not a film")
    client.scan()
    assert client.scenes() == []


def test_a_new_scene_has_an_empty_title_and_a_null_date(client: Client, video: Video) -> None:
    video("film.mp4")
    client.scan()
    assert client.scene(1, "title date details") == {"title": "", "date": None, "details": ""}


# --- files and folders that Stash doesn't know yet ---


@pytest.mark.parametrize("name", ["film.mp4", "new/film.mp4"])
def test_a_bare_file_in_a_folder_that_stash_does_not_know_finds_nothing(
    client: Client, video: Video, name: str
) -> None:
    path = video(name)
    job = client.scan(path)
    assert (job["status"], job["error"]) == ("FINISHED", None)
    assert client.scenes() == []
    assert f'parent folder for "{path}" doesn\'t exist' in client.logs()


def test_a_bare_file_in_a_folder_that_stash_knows_is_found(client: Client, video: Video, library: Path) -> None:
    client.scan(library)
    path = video("film.mp4")
    client.scan(path)
    assert paths(client) == [str(path)]


def test_a_folder_is_scanned_known_or_not(client: Client, video: Video, library: Path) -> None:
    first = video("new/deep/film.mp4", seed=1)
    client.scan(library / "new" / "deep")
    second = video("new/deep/other.mp4", seed=2)
    client.scan(library / "new" / "deep")
    assert (paths(client, 1), paths(client, 2)) == ([str(first)], [str(second)])


def test_a_scan_of_a_folder_leaves_the_others_alone(client: Client, video: Video, library: Path) -> None:
    video("a/film.mp4", seed=1)
    video("b/film.mp4", seed=2)
    client.scan(library / "b")
    assert [scene["files"][0]["path"] for scene in client.scenes()] == [str(library / "b" / "film.mp4")]


def test_a_min_mod_time_skips_hard_linked_files_which_keep_their_old_time(
    client: Client, video: Video, library: Path, tmp_path: Path
) -> None:
    old = video("elsewhere.mp4")
    os.utime(old, (1_600_000_000, 1_600_000_000))
    download = shutil.move(old, tmp_path / "download.mp4")
    os.link(download, library / "film.mp4")
    client.scan(filter={"minModTime": "2026-01-01T00:00:00Z"})
    assert client.scenes() == []
    client.scan(library)
    assert paths(client) == [str(library / "film.mp4")]


# --- copies, renames, replacements ---


def test_a_copy_of_a_known_file_becomes_a_second_file_of_its_scene(client: Client, video: Video) -> None:
    first = video("film.mp4")
    client.scan()
    second = video("copy.mp4")
    client.scan()
    assert len(client.scenes()) == 1
    assert paths(client) == [str(first), str(second)]


def test_a_hard_link_to_a_known_file_becomes_a_second_file_of_its_scene(
    client: Client, video: Video, library: Path
) -> None:
    first = video("film.mp4")
    client.scan()
    os.link(first, library / "link.mp4")
    client.scan()
    assert paths(client) == [str(first), str(library / "link.mp4")]


@pytest.mark.parametrize("name", ["renamed.mp4", "moved/film.mp4"])
def test_a_renamed_or_moved_file_keeps_its_scene_and_its_id(
    client: Client, video: Video, library: Path, name: str
) -> None:
    path = video("film.mp4")
    client.scan()
    [before] = files(client)
    (library / name).parent.mkdir(exist_ok=True)
    path.rename(library / name)
    client.scan()
    [after] = files(client)
    assert (after["id"], after["path"]) == (before["id"], str(library / name))
    assert len(client.scenes()) == 1
    folder = client.scene(1, "files { parent_folder { path } }")["files"][0]["parent_folder"]
    assert folder == {"path": str((library / name).parent)}


def test_a_replaced_file_keeps_its_old_phash(client: Client, video: Video) -> None:
    path = video("film.mp4", seed=1)
    client.scan(scanGeneratePhashes=True)
    before = {item["type"]: item["value"] for item in files(client)[0]["fingerprints"]}
    video("film.mp4", seed=2)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    client.scan(scanGeneratePhashes=True)
    after = {item["type"]: item["value"] for item in files(client)[0]["fingerprints"]}
    assert after["oshash"] != before["oshash"]
    assert after["phash"] == before["phash"]


def test_a_phash_is_a_hex_string(client: Client, video: Video) -> None:
    video("film.mp4")
    client.scan(scanGeneratePhashes=True)
    value = client.scene(1, 'files { fingerprint(type: "phash") }')["files"][0]["fingerprint"]
    assert isinstance(value, str) and 0 <= int(value, 16) < 2**64


# --- what goes away ---


def test_a_scan_deletes_nothing(client: Client, video: Video) -> None:
    path = video("film.mp4")
    client.scan()
    path.unlink()
    client.scan()
    assert paths(client) == [str(path)]


def test_a_clean_while_the_disk_is_not_mounted_deletes_the_scenes_with_their_metadata(
    client: Client, video: Video, library: Path
) -> None:
    for number in range(3):
        video(f"film_{number}.mp4", seed=number)
    client.scan()
    client.marker(1, client.tag("Tag"))
    library.rename(library.with_name("not mounted"))
    client.scan()
    assert len(client.scenes()) == 3
    job = client.ended(client.ask("mutation { metadataClean(input: {dryRun: false}) }"))
    assert (job["status"], job["error"]) == ("FINISHED", None)
    assert client.scenes() == []
    assert client.ask("{ findSceneMarkers { count } }") == {"count": 0}


def test_a_clean_that_is_dry_deletes_nothing(client: Client, video: Video) -> None:
    video("film.mp4")
    client.scan()
    Path(paths(client)[0]).unlink()
    client.ended(client.ask("mutation { metadataClean(input: {dryRun: true}) }"))
    assert len(client.scenes()) == 1


def test_ids_are_never_used_twice(client: Client, video: Video) -> None:
    path = video("film.mp4", seed=1)
    client.scan()
    client.ask('mutation { sceneDestroy(input: {id: "1", delete_file: true}) }')
    assert not path.exists()
    video("film.mp4", seed=2)
    client.scan()
    assert [scene["id"] for scene in client.scenes()] == ["2"]


def test_a_scene_destroyed_while_its_file_stays_comes_back_at_the_next_scan_with_a_new_id(
    client: Client, video: Video
) -> None:
    path = video("film.mp4")
    client.scan()
    client.ask('mutation { sceneDestroy(input: {id: "1"}) }')
    assert client.scenes() == []
    client.scan()
    assert [(scene["id"], scene["files"][0]["path"]) for scene in client.scenes()] == [("2", str(path))]
