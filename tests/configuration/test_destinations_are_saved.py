"""A destination is checked as a whole when it is saved, whichever way it comes, and what is wrong is a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client

from jobs.errors import BadRequest
from scenes import configuration
from scenes.configuration.saving import save
from scenes.destinations import checking
from scenes.models import Destination, Download
from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from scenes.simulators.stash import RunningStash, running_stash

pytestmark = pytest.mark.django_db
URL = "/api/destinations"
ADMIN = "/admin/scenes/destination/"


@dataclass
class SetUp:
    """``library``, ``vr`` and ``tv`` are folders of Stash; qBittorrent saves to ``downloads``."""

    root: Path
    stash: RunningStash
    qbittorrent: Qbittorrent

    def texts(self, name: str = "VR", folder: str | Path = "vr", **more: Any) -> dict[str, Any]:
        return {"name": name, "folder": str(self.root / folder), "categories": name.lower(), **more}


@pytest.fixture
def there(tmp_path: Path) -> Iterator[SetUp]:
    for name in ("library", "vr", "tv", "downloads"):
        (tmp_path / name).mkdir()
    folders = [tmp_path / name for name in ("library", "vr", "tv")]
    with running_stash(folders) as stash, running_qbittorrent(tmp_path / "downloads") as qbittorrent:
        save(
            {
                "stash_url": stash.url,
                "library_path": str(tmp_path / "library"),
                "qbittorrent_url": qbittorrent.url,
                "qbittorrent_username": qbittorrent.username,
                "qbittorrent_password": qbittorrent.password,
            }
        )
        yield SetUp(tmp_path, stash, qbittorrent)


@pytest.fixture
def ask(program: Client) -> Callable[..., Any]:
    """`ask("POST", {…})` and, of one row, `ask("PATCH", {…}, id)`: the answer."""

    def send(method: str, body: Any = None, id: int | None = None) -> Any:
        address = URL if id is None else f"{URL}/{id}"
        return program.generic(method, address, json.dumps(body), "application/json")

    return send


def refusal(answer: Any) -> str:
    assert answer.status_code == 400, answer.content
    return str(answer.json()["error"]["message"])


# --- what is refused, and what could not be looked at ---


def test_of_two_of_one_name_at_once_the_slower_one_is_refused(
    there: SetUp, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it was looked at, the other one was not saved yet."""
    monkeypatch.setattr(Destination, "validate_unique", lambda *args, **options: None)
    assert ask("POST", there.texts()).status_code == 201
    assert "There is a destination 'VR' by now" in refusal(ask("POST", there.texts(folder="tv", categories="tv")))
    assert Destination.objects.count() == 1


def test_a_good_one_is_saved_and_used_at_once(there: SetUp, ask: Callable[..., Any]) -> None:
    answer = ask("POST", there.texts(tags="3d, new", link_mode="Copy", file_mode="0664"))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["unchecked"], body["position"], body["problem"]) == ([], 10, "")
    assert body["effective"]["tags"] == ["3d", "new"] and body["effective"]["file_mode"] == "664"
    one = configuration.current().destinations.of("vr/180", ["new", "3d", "x"])
    assert (one.folder, one.link_mode, one.cleanup) == (there.root / "vr", "copy", "keep")
    assert configuration.current().destinations.of("vr", ["new"]).folder == there.root / "library"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "give it a name and a folder"),
        ({"folder": ""}, "give it a name and a folder"),
        ({"folder": "vr"}, "give an absolute path"),
        ({"folder": "/mnt/../vr"}, "give it without .."),
        ({"categories": ""}, "Name categories or tags"),
        ({"categories": " , "}, "at least one name"),
        ({"link_mode": "symlink"}, "give one of"),
        ({"cleanup": "delete"}, "give one of"),
        ({"file_mode": "rw-rw-r--"}, "octal digits"),
        ({"file_mode": "066"}, "as the owner"),
        ({"file_mode": "4755"}, "give at most 777"),
        ({"folder_mode": "600"}, "as the owner"),
        ({"file_group": "no-such-group"}, "There is no group “no-such-group”"),
        ({"file_group": "a,b"}, "one group"),
        ({"file_group": "99999999999"}, "one group"),
        ({"name": "a\x00"}, "name"),
        ({"name": "\ud800"}, ""),
        ({"name": "x" * 101}, "name"),
        ({"nothing": "x"}, ""),
        ({"position": -1}, ""),
        ({"position": "5"}, ""),
        ({"position": 10**30}, ""),
        ({"categories": ["vr"]}, ""),
        ({"categories": "x" * 5001}, ""),
    ],
)
def test_what_is_no_destination_is_refused_with_a_sentence(
    there: SetUp, ask: Callable[..., Any], changes: dict[str, Any], message: str
) -> None:
    assert message in refusal(ask("POST", {**there.texts(), **changes}))
    assert not Destination.objects.exists()


@pytest.mark.parametrize("folder", ["tv", "tv/deep", ".", "library", "library/vr", "link"])
def test_one_that_is_or_lies_in_another_or_has_it_inside_is_refused(
    there: SetUp, ask: Callable[..., Any], folder: str
) -> None:
    assert ask("POST", there.texts("TV", "tv")).status_code == 201
    (there.root / "link").symlink_to(there.root / "tv")
    message = refusal(ask("POST", there.texts(folder=folder)))
    assert "folder beside the others" in message and ("“TV”" in message or "“by default”" in message)


def test_one_that_is_another_by_the_path_mapping_is_refused(there: SetUp, ask: Callable[..., Any]) -> None:
    assert ask("POST", there.texts("TV", "tv")).status_code == 201
    (there.root / "other").mkdir()
    save({"path_map": f"stash:{there.root}/tv/x={there.root}/other"})
    assert "by the path mapping" in refusal(ask("POST", there.texts(folder="other")))


def test_the_library_folder_of_the_settings_may_not_be_moved_into_one(there: SetUp, ask: Callable[..., Any]) -> None:
    ask("POST", there.texts("TV", "tv"))
    with pytest.raises(BadRequest, match="folder beside the others"):
        save({"library_path": str(there.root / "tv" / "films")})
    assert configuration.current().library_path == there.root / "library"
    save({"library_path": str(there.root / "vr")})


def test_one_among_the_downloads_is_refused_by_what_qbittorrent_says(there: SetUp, ask: Callable[..., Any]) -> None:
    there.qbittorrent.add_torrent("A", [NewFile("a.mp4", 10)])
    (there.root / "downloads/library").mkdir()
    there.stash.simulator.settings.libraries.append(str(there.root / "downloads"))
    assert "where qBittorrent saves torrents" in refusal(ask("POST", there.texts(folder="downloads/library")))


def test_with_qbittorrent_away_what_is_known_of_downloads_counts_and_that_is_said(
    there: SetUp, ask: Callable[..., Any]
) -> None:
    there.qbittorrent.server.go_away()
    save({"path_map": f"qbittorrent:/dl={there.root}/downloads"})
    Download.objects.create(hash="a", name="a", save_path="/dl/films")
    there.stash.simulator.settings.libraries.append(str(there.root / "downloads"))
    assert "where qBittorrent saves" in refusal(ask("POST", there.texts(folder="downloads/films/x")))
    (message,) = ask("POST", there.texts()).json()["unchecked"]
    assert "lies among downloads" in message and "qBittorrent" in message


def test_a_folder_that_stash_does_not_have_is_refused_after_path_mapping(there: SetUp, ask: Callable[..., Any]) -> None:
    (there.root / "other").mkdir()
    assert "Stash does not look after" in refusal(ask("POST", there.texts(folder="other")))
    save({"path_map": f"stash:{there.root}/vr/mapped={there.root}/other"})
    assert ask("POST", there.texts(folder="other")).status_code == 201


def test_with_stash_away_it_is_saved_and_what_was_not_checked_is_said(there: SetUp, ask: Callable[..., Any]) -> None:
    there.stash.go_away()
    answer = ask("POST", there.texts(folder="unknown"))
    assert answer.status_code == 201
    assert any("could not be checked; a run does" in text for text in answer.json()["unchecked"])
    assert any("is not there for StashHog now" in text for text in answer.json()["unchecked"])


def test_a_category_that_the_filter_leaves_out_is_said(there: SetUp, ask: Callable[..., Any]) -> None:
    save({"qbittorrent_category": "films,vr/180"})
    (message,) = ask("POST", there.texts(categories="vr,tv,films/new")).json()["unchecked"]
    assert "leaves out tv, so" in message


def test_what_became_wrong_in_the_table_stops_placing_and_is_shown(there: SetUp, ask: Callable[..., Any]) -> None:
    ask("POST", there.texts())
    Destination.objects.update(link_mode="symlink")
    configuration.forget()
    assert "nothing is placed" in configuration.current().unusable["destinations"]
    row, default = ask("GET").json()
    assert "give one of" in row["problem"] and row["effective"] is None and default["problem"] == ""
    assert ask("PATCH", {"link_mode": "copy"}, row["id"]).status_code == 200
    assert not configuration.current().unusable


def test_there_are_only_so_many(there: SetUp, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST", 1)
    ask("POST", there.texts("TV", "tv"))
    assert "as many as can be" in refusal(ask("POST", there.texts()))


# --- order, changing, deleting ---


def test_they_are_tried_in_the_order_of_their_positions(there: SetUp, ask: Callable[..., Any]) -> None:
    first = ask("POST", there.texts("VR", "vr", categories="vr")).json()
    second = ask("POST", there.texts("TV", "tv", categories="vr")).json()
    assert configuration.current().destinations.of("vr", ()).name == "VR"
    there.stash.go_away()
    answer = ask("PATCH", {"position": 1}, second["id"])
    assert answer.status_code == 200 and answer.json()["unchecked"] == [], "nobody need be asked for that"
    assert configuration.current().destinations.of("vr", ()).name == "TV"
    assert [row["name"] for row in ask("GET").json()] == ["TV", "VR", "by default"]
    assert ask("DELETE", None, first["id"]).status_code == 204
    assert ask("DELETE", None, first["id"]).status_code == 404
    assert ask("PATCH", {}, 10**30).status_code == 404
    assert LogEntry.objects.count() == 4


def test_what_a_patch_leaves_out_stays(there: SetUp, ask: Callable[..., Any]) -> None:
    made = ask("POST", there.texts(tags="3d", file_mode="640")).json()
    changed = ask("PATCH", {"link_mode": "copy"}, made["id"]).json()
    assert {**made, "link_mode": "copy", "effective": changed["effective"]} == changed
    assert "VR" in refusal(ask("POST", there.texts())), "its own folder"


def test_the_default_is_listed_last_and_is_no_row(there: SetUp, ask: Callable[..., Any]) -> None:
    (default,) = ask("GET").json()
    assert (default["id"], default["is_default"], default["folder"]) == (None, True, str(there.root / "library"))
    assert default["effective"]["link_mode"] == "hardlink"
    save({"library_path": None})
    assert "“Library folder”" in ask("GET").json()[0]["problem"]


# --- the command ---


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    try:
        call_command("destinations", *words)
    except CommandError as error:
        return f"CommandError: {error}"
    except SystemExit as error:
        return f"{capsys.readouterr().out}exit {error.code}"
    return capsys.readouterr().out


def test_the_command_lists_adds_changes_checks_and_removes(there: SetUp, capsys: pytest.CaptureFixture[str]) -> None:
    assert "by default" in run(capsys, "list") and "no rows" in run(capsys, "check")
    folder = str(there.root / "vr")
    assert run(capsys, "add", "VR", folder, "--categories", "vr", "--link-mode", "copy") == "VR is added.\n"
    listed = run(capsys, "list")
    assert f"10 VR → {folder}" in listed and "takes categories vr" in listed and "link_mode copy" in listed
    assert [one["name"] for one in json.loads(run(capsys, "list", "--json"))] == ["VR", "by default"]
    assert run(capsys, "set", "VR", "tags", "3d") == "VR: tags is set.\n"
    assert run(capsys, "set", "VR", "position", "3") == "VR: position is set.\n"
    assert run(capsys, "check") == "VR: OK.\n"
    (there.root / "vr").rmdir()
    assert run(capsys, "check").endswith("exit 1")
    assert run(capsys, "remove", str(Destination.objects.get().pk)).startswith("VR is deleted")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["set", "vrr", "tags", "x"], "Is it VR?"),
        (["set", "99999999999999999999", "tags", "x"], "There is no destination"),
        (["set", "VR", "position", "-3"], "whole number"),
        (["set", "VR", "position", "99999999"], "from 0 to"),
        (["set", "VR", "link_mode", "symlink"], "give one of"),
        (["add", "VR", "/elsewhere", "--categories", "x"], "name"),
        (["remove", "x"], "There is no destination"),
    ],
)
def test_the_command_refuses_with_a_sentence(
    there: SetUp, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    run(capsys, "add", "VR", str(there.root / "vr"), "--categories", "vr")
    there.stash.go_away()
    answer = run(capsys, *words)
    assert answer.startswith("CommandError") and message in answer
    row = Destination.objects.get()
    assert (row.tags, row.position, row.link_mode) == ("", 10, "")


# --- the admin ---


def form(texts: dict[str, Any]) -> dict[str, Any]:
    empty = ("position", "tags", "link_mode", "cleanup", "torrent_folder", "file_mode", "folder_mode", "file_group")
    return {**dict.fromkeys(empty, ""), **texts}


def test_the_admin_explains_checks_and_says_what_it_could_not_check(there: SetUp, admin: Client) -> None:
    assert "Those of a hard link are never changed" in admin.get(f"{ADMIN}add/").text, (
        "why a link keeps its permissions"
    )
    page = admin.post(f"{ADMIN}add/", form(there.texts(folder="library/vr")))
    assert "folder beside the others" in page.text and not Destination.objects.exists()
    there.stash.go_away()
    page = admin.post(f"{ADMIN}add/", form(there.texts()), follow=True)
    assert "could not be checked; a run does" in page.text
    assert Destination.objects.get().changed_by.username == "root"  # type: ignore[union-attr]
    listed = admin.get(ADMIN).text
    assert str(there.root / "library") in listed and str(there.root / "vr") in listed


def test_who_may_only_look_changes_no_position(there: SetUp, somebody_with: Callable[..., Client]) -> None:
    row = Destination.objects.create(**there.texts())
    viewer = somebody_with("view_destination")
    assert str(there.root / "vr") in viewer.get(ADMIN).text
    sent = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": row.pk, "form-0-position": 7, "_save": "Save"}
    viewer.post(ADMIN, sent)
    row.refresh_from_db()
    assert row.position == 10


def test_positions_are_changed_in_the_list(there: SetUp, admin: Client) -> None:
    row = Destination.objects.create(**there.texts())
    sent = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": row.pk, "form-0-position": 7, "_save": "Save"}
    assert admin.post(ADMIN, sent, follow=True).status_code == 200
    row.refresh_from_db()
    assert row.position == 7
