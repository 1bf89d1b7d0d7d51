"""What the sync reads of a Stash: everything, once, and nothing that is not so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from scenes.clients.base import ServiceError
from scenes.clients.stash import reading
from scenes.clients.stash.client import LibraryFolder, NewMarker, StashClient, TagChange, safe_since
from scenes.clients.stash.rows import Counts
from scenes.simulators.stash import RunningStash, running_stash

ALL = {str(number) for number in range(1, 7)}


def since_now() -> str:
    return safe_since(datetime.now(UTC))


def test_everything_is_counted_in_one_request(stash: RunningStash, client: StashClient) -> None:
    assert client.counts() == Counts(scenes=6, markers=12, tags=3, performers=2, studios=1)
    assert len(stash.requests) == 1


def test_ids_times_and_pages_give_every_scene_once(client: StashClient) -> None:
    pages = [client.scene_page(page, per_page=4) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [4, 2, 0]
    rows = [row for page in pages for row in page]
    assert [row["id"] for row in rows] == sorted(ALL)
    assert set(map(str, client.scene_ids())) == ALL
    assert next(client.changes("2000")).scenes == {row["id"]: row["updated_at"] for row in rows}


def test_a_scene_comes_with_its_file_paths_names_and_markers(client: StashClient) -> None:
    ((scene,), unknown) = client.scenes_by_id(["2"])
    assert unknown == frozenset()
    assert (scene["title"], scene["details"], scene["organized"]) == ("Scene 2", "The story of scene 2.", False)
    (file,) = scene["files"]
    assert file["path"] == "/seeded/scene_000002.mp4"
    assert file["basename"] == "scene_000002.mp4"
    assert file["size"] == 1_000_002
    assert {fingerprint["type"] for fingerprint in file["fingerprints"]} >= {"oshash"}
    assert len(scene["tags"]) == len(scene["scene_markers"]) == len(scene["performers"]) == 2
    assert scene["studio"] == {"id": "1"}
    assert "/scene/2/" in (scene["paths"]["preview"] or "")
    assert scene["scene_markers"][1]["seconds"] == 5.0


def test_unknown_scenes_are_told_apart_from_known_ones(stash: RunningStash, client: StashClient) -> None:
    rows, unknown = client.scenes_by_id(["1", "999", "3", "998", "1"])
    assert ([row["id"] for row in rows], unknown) == (["1", "3"], {"998", "999"})
    assert client.scenes_by_id(["999"]) == ([], {"999"})
    assert client.scene_states(["2", "999"]).keys() == {"2"}
    stash.forget_requests()
    assert client.scenes_by_id([]) == ([], frozenset())
    assert stash.requests == []


def test_another_failure_is_not_taken_for_unknown_scenes(stash: RunningStash, client: StashClient) -> None:
    stash.fault("resolver_error", "findScenes", message="disk I/O error")
    with pytest.raises(ServiceError, match="disk I/O error"):
        client.scenes_by_id(["1"])
    stash.fault("resolver_error", "findScenes")
    with pytest.raises(ServiceError) as caught:
        client.scenes_by_id(["1"])
    assert (caught.value.code, caught.value.permanent) == ("busy", False)


def test_a_short_list_of_ids_is_noticed(stash: RunningStash, client: StashClient) -> None:
    stash.fault("short_page", "findScenes", keep=3)
    with pytest.raises(ServiceError, match="counts 6") as caught:
        client.scene_ids()
    assert caught.value.code == "bad_answer"


def test_ids_come_in_pieces_that_follow_each_other(
    stash: RunningStash, client: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "IDS_AT_ONCE", 4)
    assert set(map(str, client.scene_ids())) == ALL
    assert [entry.variables["after"] for entry in stash.asked("SceneIds")] == [0, 4]
    stash.forget_requests()
    stash.fault("short_page", "SceneIds", keep=1, after=1)
    with pytest.raises(ServiceError, match="gave 1 scenes, but counts 2"):
        client.scene_ids()


def test_a_stash_that_gives_the_same_ids_again_is_asked_no_further(
    client: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "IDS_AT_ONCE", 4)
    answer = {"found": {"count": 9, "rows": [{"id": str(number)} for number in (1, 2, 3, 4)]}}
    monkeypatch.setattr(client, "ask", lambda *_: answer)
    with pytest.raises(ServiceError, match="gave 0 scenes, but counts 4"):
        client.scene_ids()


def test_a_quiet_library_has_no_changes(client: StashClient) -> None:
    changes = next(client.changes(safe_since(datetime.now(UTC) + timedelta(days=2))))
    assert changes.counts.scenes == 6
    assert not (changes.scenes or changes.files or changes.markers)
    assert not (changes.tags or changes.performers or changes.studios)


def test_changes_come_with_their_times(client: StashClient) -> None:
    before = next(client.changes("2000")).scenes
    client.add_tags([TagChange(("4",), (client.create_tag("Dune").id,))])
    changes = next(client.changes(since_now()))
    assert changes.counts.tags == 4
    assert set(changes.tags) >= {"4"}
    changed = {key for key, updated_at in changes.scenes.items() if before[key] != updated_at}
    assert changed == {"4"}


def test_a_changed_marker_names_its_scene(stash: RunningStash, client: StashClient) -> None:
    (markers,) = client.markers_updated_at()
    assert len(markers) == 12
    assert {marker.scene_id for marker in markers.values()} == ALL
    marker = stash.do(lambda: next(iter(stash.state.markers.values())))
    changes = next(client.changes("2000"))
    assert changes.markers[str(marker.id)].scene_id == str(marker.scene_id)
    assert changes.markers[str(marker.id)].updated_at == marker.updated_at


def test_changed_files_come_with_their_scene(client: StashClient) -> None:
    files = next(client.changes("2000")).files
    assert files.keys() == ALL
    assert all(len(rows) == 1 for rows in files.values())


def test_names_come_with_their_aliases(client: StashClient) -> None:
    assert {tag["name"] for tag in client.tags()} == {"Tag 0000", "Tag 0001", "Tag 0002"}
    assert client.performers()[0]["aliases"] == []
    assert client.studios()[0]["aliases"] == []


def test_a_file_is_found_by_exactly_its_path(stash: RunningStash, client: StashClient) -> None:
    def rename(number: int, path: str) -> None:
        stash.state.files[number].path = path

    stash.do(lambda: rename(1, "/seeded/g_1.mp4"))
    stash.do(lambda: rename(2, "/seeded/gX1.mp4"))
    stash.do(lambda: rename(3, "/seeded/G_1.mp4"))
    stash.do(lambda: rename(4, "/seeded/ümläut 🎬 %.mp4"))
    asked = ["/seeded/g_1.mp4", "/seeded/gX1.mp4", "/seeded/ümläut 🎬 %.mp4", "/seeded/g_2.mp4", "/seeded/%", ""]
    stash.forget_requests()
    assert client.scenes_by_path(asked) == {asked[0]: "1", asked[1]: "2", asked[2]: "4"}
    assert len(stash.requests) == 1


def test_one_path_that_fails_fails_the_question(stash: RunningStash, client: StashClient) -> None:
    stash.fault("resolver_error", "findScenes")
    with pytest.raises(ServiceError) as caught:
        client.scenes_by_path(["/seeded/scene_000001.mp4", "/seeded/scene_000002.mp4"])
    assert caught.value.code == "busy"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/Los_Angeles", "Asia/Kolkata"])
def test_a_safe_watermark_misses_nothing_in_any_zone(zone: str) -> None:
    with running_stash(zone=zone) as stash:
        client = StashClient(stash.url)
        stash.seed(scenes=3, tags=1, days=30)
        watermark = datetime.now(UTC)
        client.add_tags([TagChange(("2",), ("1",))])
        assert "2" in next(client.changes(safe_since(watermark))).scenes


def test_a_watermark_is_given_as_text_without_a_zone() -> None:
    moment = datetime(2026, 11, 22, 13, 0, 0, 999_999, tzinfo=UTC)
    assert safe_since(moment) == "2026-11-22T00:59:59"
    assert safe_since(moment.astimezone(timezone(timedelta(hours=-8)))) == "2026-11-22T00:59:59"
    with pytest.raises(ValueError, match="time zone"):
        safe_since(datetime(2026, 11, 22))


def test_a_stash_that_is_not_set_up_says_so_first() -> None:
    with running_stash(status="SETUP") as stash:
        for ask in (StashClient(stash.url).counts, StashClient(stash.url).check_set_up):
            with pytest.raises(ServiceError) as caught:
                ask()
            assert (caught.value.code, caught.value.permanent) == ("setup", True)
            assert stash.url in caught.value.hint


@pytest.mark.parametrize(("status", "code"), [("SETUP", "setup"), ("NEEDS_MIGRATION", "needs_migration")])
def test_a_stash_that_waits_for_a_person_says_so_whatever_is_asked(status: str, code: str) -> None:
    with running_stash(status=status) as stash:
        client = StashClient(stash.url)
        for ask in (
            client.scene_ids,
            lambda: client.scenes_by_path(["/a.mp4", "/b.mp4"]),
            lambda: client.create_markers([NewMarker("1", "m", 1.0, "1")]),
            lambda: client.destroy_markers(["1", "2"]),
        ):
            with pytest.raises(ServiceError) as caught:
                ask()
            assert (caught.value.code, caught.value.permanent) == (code, True)


def test_a_stash_that_is_too_old_is_told_which_one_is_needed(stash: RunningStash, client: StashClient) -> None:
    reason = 'Field "files_filter" is not defined by type "SceneFilterType".'
    body = {"errors": [{"message": reason, "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}], "data": None}
    stash.fault("http_422", "Changes", message=json.dumps(body))
    with pytest.raises(ServiceError) as caught:
        next(client.changes(since_now()))
    assert (caught.value.code, caught.value.permanent) == ("invalid_query", True)
    assert reason in caught.value.message and "Stash 0.30 or later" in caught.value.hint


@pytest.mark.parametrize(
    "operation", ["Changes", "Tags", "Performers", "Studios", "Created", "SceneIds", "ScenesMissing"]
)
def test_a_list_that_is_shorter_than_its_count_is_refused(
    stash: RunningStash, client: StashClient, operation: str
) -> None:
    ask = {
        "Changes": lambda: next(client.changes("2000")),
        "Tags": client.tags,
        "Performers": client.performers,
        "Studios": client.studios,
        "Created": lambda: list(client.all_created_at()),
        "SceneIds": client.scene_ids,
        "ScenesMissing": lambda: client.scenes_missing("cover"),
    }[operation]
    stash.fault("short_page", operation, keep=0)
    with pytest.raises(ServiceError, match=r"gave 0 .+, but counts") as caught:
        ask()
    assert (caught.value.code, caught.value.permanent) == ("bad_answer", False)


def test_when_scenes_were_made_is_told_for_those_that_there_are(stash: RunningStash, client: StashClient) -> None:
    made = {str(scene.id): scene.created_at for scene in stash.state.scenes.values()}
    assert list(client.all_created_at()) == [made]
    assert client.scenes_created_at([2, 5, 999]) == {"2": made["2"], "5": made["5"]}
    assert client.scenes_created_at([]) == next(client.changes("2000")).known == {}
    assert next(client.changes("2000", [3])).known == {"3": made["3"]}


@pytest.mark.parametrize(("own", "given"), [("right", ""), ("right", "wrong"), (None, "superfluous")])
def test_a_key_that_does_not_fit_is_unauthorized(own: str | None, given: str) -> None:
    with running_stash(api_key=own) as stash, pytest.raises(ServiceError) as caught:
        StashClient(stash.url, given).counts()
    assert (caught.value.code, caught.value.permanent) == ("unauthorized", True)


def test_version_and_library_folders_are_told() -> None:
    with running_stash(library=["/films", "/more films"], without_video=["/more films"]) as stash:
        client = StashClient(stash.url)
        client.check_set_up()
        assert client.version().startswith("v0.")
        assert client.scan_settings().folders == [LibraryFolder("/films", False), LibraryFolder("/more films", True)]
