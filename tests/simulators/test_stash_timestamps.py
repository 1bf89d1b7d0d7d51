"""What `updated_at` is, how it is compared, and what changes it (services/stash.md, "Time stamps")."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.conftest import Video
from tests.simulators.stash_client import Client

ZONES = ["Pacific/Kiritimati", "Etc/GMT+12", "America/Los_Angeles", "Asia/Kolkata", "UTC"]
FILES = "query($given: FileFilterType) { findFiles(file_filter: $given) { files { id } } }"
MARKERS = (
    "query($given: SceneMarkerFilterType) { findSceneMarkers(scene_marker_filter: $given) { scene_markers { id } } }"
)
TEXT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$")


def at(client: Client, moment: str) -> None:
    """Set the server's clock."""
    stash = client.stash
    stash.do(lambda: stash.simulator.clock.set_now(datetime.fromisoformat(moment)))


def later(client: Client) -> None:
    """Let ten seconds pass on the server's clock."""
    clock = client.stash.simulator.clock

    def move() -> None:
        clock.shift += timedelta(seconds=10)

    client.stash.do(move)


def updated_at(client: Client, number: int = 1) -> str:
    return client.scene(number, "updated_at")["updated_at"]


def after(client: Client, value: str) -> list[str]:
    return client.find({"updated_at": {"value": value, "modifier": "GREATER_THAN"}})


def safe(moment: datetime) -> str:
    """The watermark that is always right."""
    return (moment.astimezone(UTC) - timedelta(hours=12, seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")


# --- how it is written ---


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("UTC", "2026-11-22T11:17:17Z"),
        ("America/Los_Angeles", "2026-11-22T03:17:17-08:00"),
        ("Pacific/Kiritimati", "2026-11-23T01:17:17+14:00"),
        ("Etc/GMT+12", "2026-11-21T23:17:17-12:00"),
        ("Asia/Kolkata", "2026-11-22T16:47:17+05:30"),
        ("Europe/London", "2026-11-22T11:17:17Z"),
    ],
)
def test_times_are_written_in_the_servers_local_zone(client: Client, zone: str, written: str) -> None:
    client.stash.seed(scenes=1)
    client.stash.set_zone(zone)
    at(client, "2026-11-22T11:17:17.5+00:00")
    client.update(1)
    assert updated_at(client) == written


def test_times_are_whole_seconds(client: Client, video: Video) -> None:
    video("film.mp4")
    client.scan()
    scene = client.scene(1, "created_at updated_at files { mod_time created_at updated_at }")
    texts = [scene["created_at"], scene["updated_at"], *scene["files"][0].values()]
    assert all(TEXT.match(text) for text in texts)


def test_old_rows_keep_the_zone_they_were_written_in(client: Client) -> None:
    client.stash.set_zone("Asia/Kolkata")
    client.stash.seed(scenes=2)
    client.stash.set_zone("America/Los_Angeles")
    client.update(2)
    assert updated_at(client, 1).endswith("+05:30")
    assert updated_at(client, 2).endswith(("-08:00", "-07:00"))


# --- how it is compared ---


def test_the_filter_compares_text_and_parses_nothing(client: Client) -> None:
    client.stash.seed(scenes=3)
    assert after(client, "hello") == []
    assert after(client, "2024") == ["1", "2", "3"]


def test_a_utc_value_on_a_server_west_of_utc_silently_misses_changes(client: Client) -> None:
    client.stash.seed(scenes=1)
    client.stash.set_zone("America/Los_Angeles")
    at(client, "2026-11-22T11:00:00+00:00")
    watermark = "2026-11-22T11:00:00Z"
    at(client, "2026-11-22T12:00:00+00:00")
    client.update(1)
    assert after(client, watermark) == []


def test_the_exact_value_returned_misses_later_changes_in_that_second(client: Client) -> None:
    client.stash.seed(scenes=2)
    at(client, "2026-11-22T11:00:00.1+00:00")
    client.update(1)
    watermark = updated_at(client, 1)
    at(client, "2026-11-22T11:00:00.3+00:00")
    client.update(2)
    assert updated_at(client, 2) == watermark
    assert after(client, watermark) == []


def test_sorting_is_by_text_and_wrong_in_the_hour_when_clocks_go_back(client: Client) -> None:
    client.stash.seed(scenes=2)
    client.stash.set_zone("America/Los_Angeles")
    at(client, "2026-11-01T08:30:00+00:00")
    client.update(1)
    at(client, "2026-11-01T09:10:00+00:00")
    client.update(2)
    assert (updated_at(client, 1), updated_at(client, 2)) == ("2026-11-01T01:30:00-07:00", "2026-11-01T01:10:00-08:00")
    assert client.find({}, sort="updated_at") == ["2", "1"]


@pytest.mark.parametrize("zone", ZONES)
def test_a_utc_watermark_less_12_hours_and_a_second_misses_nothing_in_any_zone(client: Client, zone: str) -> None:
    client.stash.seed(scenes=2)
    client.stash.set_zone(zone)
    at(client, "2026-11-22T11:00:00+00:00")
    watermark = safe(datetime(2026, 11, 22, 11, tzinfo=UTC))
    client.update(1)
    at(client, "2026-11-22T15:00:00+00:00")
    client.update(2)
    assert after(client, watermark) == ["1", "2"]


# --- what changes a scene's updated_at ---


@pytest.fixture
def film(client: Client, video: Video) -> Client:
    """A scene with a file, a tag, a performer, a studio and a marker; the clock has moved on since."""
    video("film.mp4")
    client.scan()
    tag = client.tag("Tag")
    performer = client.ask('mutation { performerCreate(input: {name: "Performer"}) { id } }')["id"]
    studio = client.ask('mutation { studioCreate(input: {name: "Studio"}) { id } }')["id"]
    client.update(1, tag_ids=[tag], performer_ids=[performer], studio_id=studio)
    client.marker(1, tag)
    later(client)
    return client


def _no_op(client: Client) -> None:
    client.update(1)


def _bulk_no_op(client: Client) -> None:
    client.ask('mutation { bulkSceneUpdate(input: {ids: ["1"]}) { id } }')


def _scenes_update(client: Client) -> None:
    client.ask('mutation { scenesUpdate(input: [{id: "1"}]) { id } }')


def _covers(client: Client) -> None:
    client.generate(covers=True)


def _covers_again(client: Client) -> None:
    client.generate(covers=True)
    later(client)
    before = updated_at(client)
    client.generate(covers=True, overwrite=True)
    assert updated_at(client) != before


@pytest.mark.parametrize("change", [_no_op, _bulk_no_op, _scenes_update, _covers, _covers_again])
def test_it_changes_with_updates_even_empty_ones_and_with_covers(
    film: Client, change: Callable[[Client], None]
) -> None:
    before = updated_at(film)
    change(film)
    assert updated_at(film) != before


def test_it_does_not_change_with_covers_that_are_skipped(film: Client) -> None:
    film.generate(covers=True)
    before = updated_at(film)
    later(film)
    film.generate(covers=True)
    assert updated_at(film) == before


def test_it_changes_when_a_second_file_joins_and_when_it_leaves(film: Client, video: Video) -> None:
    before = updated_at(film)
    second = video("copy.mp4")
    film.scan()
    joined = updated_at(film)
    assert joined != before
    later(film)
    second.unlink()
    film.ended(film.ask("mutation { metadataClean(input: {dryRun: false}) }"))
    assert updated_at(film) not in (before, joined)


# --- what doesn't ---


def _renamed(client: Client, library: Path, video: Video) -> None:
    (library / "film.mp4").rename(library / "renamed.mp4")
    client.scan()


def _moved(client: Client, library: Path, video: Video) -> None:
    (library / "folder").mkdir()
    (library / "film.mp4").rename(library / "folder" / "film.mp4")
    client.scan()


def _replaced(client: Client, library: Path, video: Video) -> None:
    video("film.mp4", seed=9)
    client.scan(rescan=True)


@pytest.mark.parametrize("change", [_renamed, _moved, _replaced])
def test_a_file_renamed_moved_or_replaced_changes_the_files_stamp_alone(
    film: Client, library: Path, video: Video, change: Callable[..., None]
) -> None:
    before, watermark = updated_at(film), film.scene(1, "files { updated_at }")["files"][0]["updated_at"]
    change(film, library, video)
    assert updated_at(film) == before
    changed = {"updated_at": {"value": watermark, "modifier": "GREATER_THAN"}}
    assert film.ask(FILES, given=changed) == {"files": [{"id": "1"}]}
    assert film.find({"files_filter": changed}) == ["1"]


def _marker_created(client: Client) -> None:
    client.marker(1, 1, 5.0)


def _marker_changed(client: Client) -> None:
    client.ask('mutation { sceneMarkerUpdate(input: {id: "1", title: "new"}) { id } }')


@pytest.mark.parametrize("change", [_marker_created, _marker_changed])
def test_a_marker_created_or_changed_has_a_stamp_of_its_own(film: Client, change: Callable[[Client], None]) -> None:
    before = updated_at(film)
    everything = film.ask("{ findSceneMarkers { scene_markers { updated_at } } }")["scene_markers"]
    watermark = everything[0]["updated_at"]
    change(film)
    assert updated_at(film) == before
    changed = {"updated_at": {"value": watermark, "modifier": "GREATER_THAN"}}
    assert len(film.ask(MARKERS, given=changed)["scene_markers"]) == 1


def _sent(mutation: str) -> Callable[[Client], Any]:
    return lambda client: client.ask(f"mutation {{ {mutation} }}")


@pytest.mark.parametrize(
    "change",
    [
        _sent('sceneMarkerDestroy(id: "1")'),
        _sent('tagUpdate(input: {id: "1", name: "Renamed"}) { id }'),
        _sent('performerUpdate(input: {id: "1", name: "Renamed"}) { id }'),
        _sent('studioUpdate(input: {id: "1", name: "Renamed"}) { id }'),
        _sent('sceneSaveActivity(id: "1", resume_time: 3, playDuration: 5)'),
        lambda client: client.generate(previews=True, sprites=True, phashes=True),
    ],
    ids=["marker destroyed", "tag", "performer", "studio", "played", "generated"],
)
def test_it_does_not_change_with_what_is_around_the_scene(film: Client, change: Callable[[Client], Any]) -> None:
    before = updated_at(film)
    change(film)
    assert updated_at(film) == before


def test_it_does_not_change_when_a_tag_is_merged(film: Client) -> None:
    other, before = film.tag("Other"), updated_at(film)
    film.ask(f'mutation {{ tagsMerge(input: {{source: ["1"], destination: "{other}"}}) {{ id }} }}')
    assert film.scene(1, "tags { name }")["tags"] == [{"name": "Other"}]
    assert updated_at(film) == before


def test_it_does_not_change_when_a_tag_is_destroyed(film: Client) -> None:
    other = film.tag("Other")
    film.update(1, tag_ids=["1", other])
    before = updated_at(film)
    later(film)
    film.ask(f'mutation {{ tagDestroy(input: {{id: "{other}"}}) }}')
    assert film.scene(1, "tags { name }")["tags"] == [{"name": "Tag"}]
    assert updated_at(film) == before


def test_deleted_scenes_leave_no_trace_but_count_and_ids_show_them(client: Client) -> None:
    client.stash.seed(scenes=3)
    client.ask('mutation { sceneDestroy(input: {id: "2"}) }')
    assert client.ask("{ findScenes(filter: {per_page: 0}) { count } }") == {"count": 2}
    assert client.find({}) == ["1", "3"]


def test_another_library_has_the_same_ids_and_other_creation_times(client: Client) -> None:
    client.stash.seed(scenes=2)
    before = client.scenes("id created_at")
    client.stash.reset_library()
    now = client.scenes("id created_at tags { id }")
    assert [scene["id"] for scene in now] == [scene["id"] for scene in before]
    assert not {scene["created_at"] for scene in now} & {scene["created_at"] for scene in before}
    assert all(scene["tags"] == [] for scene in now)
