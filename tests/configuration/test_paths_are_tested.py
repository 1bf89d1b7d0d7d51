"""`settings test path`: a path through all mappings, and a trial hard link that leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scenes.configuration.saving import save
from scenes.models import Destination
from scenes.probes import trial_links
from scenes.simulators.stash import running_stash
from tests.configuration.test_connections_are_tested import result_of
from tests.scenes.conftest import elsewhere  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_hurry")]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Downloads and a library that qBittorrent, Stash and the tagger see elsewhere."""
    downloads, library = tmp_path / "downloads", tmp_path / "library"
    (downloads / "Alps").mkdir(parents=True)
    library.mkdir()
    (downloads / "Alps" / "film.mp4").write_bytes(b"a film")
    with running_stash(["/data"]) as stash:
        save(
            {
                "stash_url": stash.url,
                "tagger_url": "http://127.0.0.1:9",
                "library_path": str(library),
                "path_map": f"qbittorrent:/dl={downloads};stash:/data={library};tagger:D:\\media={library}",
            }
        )
        yield tmp_path


@pytest.fixture
def lead(capsys: pytest.CaptureFixture[str]) -> Callable[[str], dict[str, Any]]:
    return lambda path: result_of(capsys, "path", path)


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def bad(result: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["fix"] for one in result["findings"] if not one["good"]}


@pytest.mark.parametrize("path", ["/dl/Alps/film.mp4", "/dl/Alps", "/dl/Alps/"])
def test_a_path_is_followed_through_all_mappings_and_linked(
    place: Path, lead: Callable[[str], dict[str, Any]], path: str
) -> None:
    before = files_of(place)
    result = lead(path)
    assert result["ok"], result
    values = {one["name"]: one["value"] for one in result["findings"]}
    ours = str(place / "downloads" / path.removeprefix("/dl/").rstrip("/"))
    assert values["qBittorrent → StashHog"] == f"{path} → {ours}"
    assert values["Destination"] == str(place / "library")
    assert values["StashHog → Stash"] == "/data"
    assert values["StashHog → tagger"] == "D:\\media"
    assert "removed again" in values["Trial hard link"]
    assert files_of(place) == before
    assert (place / "downloads/Alps/film.mp4").stat().st_nlink == 1


def test_a_path_that_is_not_there_names_the_mapping(place: Path, lead: Callable[[str], dict[str, Any]]) -> None:
    assert "“Path mapping”" in bad(lead("/dl/gone.mp4"))["qBittorrent → StashHog"]
    result = lead("/elsewhere/film.mp4")
    assert "no mapping of qBittorrent fits" in json.dumps(result)


def test_a_library_folder_that_stash_does_not_have_is_said(place: Path, lead: Callable[[str], dict[str, Any]]) -> None:
    save({"path_map": f"qbittorrent:/dl={place / 'downloads'}"})
    assert "its folders are: /data" in bad(lead("/dl/Alps"))["StashHog → Stash"]


def test_without_stash_the_rest_is_tested_all_the_same(place: Path, lead: Callable[[str], dict[str, Any]]) -> None:
    save({"stash_url": "http://127.0.0.1:9"})
    result = lead("/dl/Alps")
    assert list(bad(result)) == ["StashHog → Stash"]
    assert "removed again" in result["findings"][-1]["value"]


def test_another_file_system_is_said_with_what_to_do(
    place: Path,
    lead: Callable[[str], dict[str, Any]],
    elsewhere: Path,  # noqa: F811
) -> None:
    save({"library_path": str(elsewhere)})
    assert "different file systems" in bad(lead("/dl/Alps"))["Trial hard link"]
    assert not list(elsewhere.iterdir())
    save({"link_mode": "copy"})
    assert "Trial hard link" not in bad(lead("/dl/Alps")), "a copy needs none"


def test_what_a_crash_left_is_removed_by_the_next_trial_and_nothing_else(
    place: Path, lead: Callable[[str], dict[str, Any]]
) -> None:
    library = place / "library"
    left = library / f"{trial_links.PREFIX}{'0' * 16}"
    os.link(place / "downloads/Alps/film.mp4", left)
    others = [library / ".stashhog-trial-notes.txt", library / f"{left.name}.mp4", library / "film.mp4"]
    for other in others:
        other.write_bytes(b"a person's")
    (library / f"{trial_links.PREFIX}{'1' * 16}").mkdir()
    assert lead("/dl/Alps")["ok"]
    assert not left.exists()
    assert all(other.read_bytes() == b"a person's" for other in others)
    assert (library / f"{trial_links.PREFIX}{'1' * 16}").is_dir()


def test_a_path_is_tried_at_each_destination_as_that_places_files(
    place: Path,
    lead: Callable[[str], dict[str, Any]],
    elsewhere: Path,  # noqa: F811
) -> None:
    other = elsewhere
    Destination.objects.create(name="Copies", folder=str(other), categories="c", link_mode="copy")
    Destination.objects.create(name="Links", folder=str(other), categories="l")
    result = lead("/dl/Alps")
    names = [(one["name"], one["good"]) for one in result["findings"] if one["name"] == "Trial hard link"]
    assert [good for _, good in names] == [True, False, True], "no link is needed by the first"
    values = [one["value"] for one in result["findings"] if one["name"] == "Destination"]
    assert values == [f"Copies: {other}", f"Links: {other}", str(place / "library")]
    assert not list(elsewhere.iterdir())


def test_a_name_that_is_there_is_never_overwritten(
    place: Path, lead: Callable[[str], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_links.secrets, "token_hex", lambda count: "not-ours")
    taken = place / "library" / f"{trial_links.PREFIX}not-ours"
    taken.write_bytes(b"a person's")
    assert "in the way" in bad(lead("/dl/Alps"))["Trial hard link"]
    assert taken.read_bytes() == b"a person's"


def test_a_folder_without_a_file_says_so(place: Path, lead: Callable[[str], dict[str, Any]]) -> None:
    (place / "downloads" / "empty").mkdir()
    result = lead("/dl/empty")
    assert result["ok"] and "has no file to try with" in result["findings"][-1]["value"]


@pytest.mark.parametrize("path", ["film.mp4", "../film.mp4", "/" + "x" * 5000])
def test_what_is_no_path_is_said(place: Path, lead: Callable[[str], dict[str, Any]], path: str) -> None:
    result = lead(path)
    assert not result["ok"] and "Traceback" not in json.dumps(result)


def test_the_page_tests_a_path(place: Path, admin: Any) -> None:
    page = admin.post("/settings/all/", {"test": "path", "tested_path": "/dl/Alps"})
    assert "The path leads where it should." in page.text, re.findall("<td.*?</tr>", page.text, re.DOTALL)
    assert "removed again" in page.text
    assert 'value="/dl/Alps"' in page.text
