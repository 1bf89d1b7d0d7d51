"""Scenes are found by an index of trigrams, and as if there were none: whatever their names are and whatever became of
them, on both databases."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.texts.translatable import Translatable
from scenes.models import Download, Scene, SceneFile
from scenes.search import finding, indexes, sqlite
from scenes.search.finding import narrowed
from tests.scenes.analysis_factories import make_scene, make_tag

pytestmark = pytest.mark.django_db
IS_SQLITE = connection.vendor == "sqlite"
NAMES = [
    'O"Brien\'s "best"',
    "100%_sure\\no",
    "🌊🌊🌊 wave",
    "Äpfel & Birnen",
    "a b",
    "x",
    "مرحبا بالعالم",
    "AND OR NOT * ^",
]


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def takes_in_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that takes rows in after three."""
    if IS_SQLITE:
        monkeypatch.setattr(sqlite, "MANY", 3)


def found(word: str) -> set[int]:
    indexes.take_in()
    has_it = Q(title__icontains=word) | Q(files__path__icontains=word)
    return set(narrowed(Scene.objects.filter(has_it), [word]).values_list("pk", flat=True))


# What stands in a name, and what somebody types who looks for it.
AS_READ = [
    ("Übergang nach Köln", "übergang"),
    ("Übergang nach Köln", "KÖLN"),
    ("Ёлка зимой", "ЁЛКА"),
    ("Ёлка ЗИМОЙ", "зимой"),
    ("Mu\u0308ller [Öl] 2*3?", "müller"),  # decomposed, as a Mac writes it
    ("Mu\u0308ller [Öl] 2*3?", "[öl]"),
    ("Müller", "MU\u0308LLER"),
    ("Öl*?", "öl*?"),
]


@pytest.mark.parametrize(("name", "typed"), AS_READ)
@pytest.mark.parametrize("is_path", [False, True])
def test_a_name_is_found_as_it_is_read_whatever_the_case_of_its_letters_and_however_they_are_written(
    takes_in_at_once: None, name: str, typed: str, is_path: bool
) -> None:
    for pk in range(1, 6):
        make_scene(pk, "" if is_path else name, path=f"/data/{name}.mp4" if is_path else "/data/x.mp4")
    make_scene(6, "Ubergang nach Koln, Muller, Elka, Ol, öxl 2 3", path="/data/y.mp4")
    assert found(typed) == {1, 2, 3, 4, 5}


def test_whatever_is_searched_by_icontains_is_found_so(browser: Client) -> None:
    make_tag(1, "Gegenüber")
    Download.objects.create(hash="a" * 40, name="ÜBUNG", message=Translatable("Kein {what}", what="Ärger"))
    assert "ÜBUNG" in browser.get("/downloads/?q=übung").text
    assert "ÜBUNG" in browser.get("/downloads/?q=ärger").text, "words of a stored message"
    assert "Gegenüber" in browser.get("/admin/scenes/tag/?q=GEGENÜBER").text
    assert [tag["name"] for tag in browser.get("/api/tags?name=GegenÜ").json()["items"]] == ["Gegenüber"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_path", [False, True])
def test_every_part_of_an_odd_name_finds_it(takes_in_at_once: None, name: str, is_path: bool) -> None:
    for pk in range(1, 6):
        make_scene(pk, "" if is_path else name, path=f"/data/{name}.mp4" if is_path else "/data/x.mp4")
        make_scene(pk + 10, "something else", path="/data/else.mp4")
    parts = {name[begin:end] for begin in range(len(name)) for end in range(begin + 1, len(name) + 1)}
    for part in parts - {part for part in parts if part.lower() in "something else /data/x.mp4 /data/else.mp4"}:
        assert found(part) == {1, 2, 3, 4, 5}, part


def test_renamed_gone_and_there_again_it_is_found_as_it_is_now(takes_in_at_once: None) -> None:
    chance, words = random.Random(15), ["lighthouse", "harbour", "garden", "number", "winter"]
    for _ in range(300):
        pk, title = chance.randint(1, 12), " ".join(chance.choices(words, k=2))
        if chance.random() < 0.3:
            Scene.objects.filter(pk=pk).delete()
        elif not Scene.objects.filter(pk=pk).update(title=title):
            make_scene(pk, title, path=f"/data/{title}.mp4")
        else:
            SceneFile.objects.filter(scene=pk).update(path=f"/data/{chance.choice(words)}/{pk}.mp4")
        word = chance.choice(words)
        has_it = Q(title__icontains=word) | Q(files__path__icontains=word)
        assert found(word) == set(Scene.objects.filter(has_it).values_list("pk", flat=True))
    assert Scene.objects.exists()


@pytest.mark.parametrize("address", ["/scenes/?q=lighthouse", "/api/scenes?title=lighthouse",
                                     "/admin/scenes/scene/?q=lighthouse"])  # fmt: skip
def test_no_list_reads_the_titles_of_all_scenes(browser: Client, address: str) -> None:
    for pk in range(1, 4):
        make_scene(pk, f"Lighthouse {pk}", path=f"/data/{pk}.mp4", tags=(make_tag(pk, f"Tag {pk}"),))
    with CaptureQueriesContext(connection) as captured:
        assert "Lighthouse 2" in browser.get(address).text
    searches = [query["sql"] for query in captured if "lighthouse" in query["sql"].lower()]
    assert searches
    for sql in searches:
        for line in plan_of(sql):
            assert "SCAN scenes_scene" not in line and "Seq Scan on scenes_scene" not in line, (sql, line)


def plan_of(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        if IS_SQLITE:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            # "SCAN scenes_scene_trigrams VIRTUAL TABLE INDEX" is the index; of noted rows there are few.
            return [row[3] for row in cursor.fetchall() if "_trigrams" not in row[3]]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        return [row[0] for row in cursor.fetchall()]


def test_of_a_word_that_many_have_the_newest_are_found(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenes.web.library.listing.FEW", 2)
    monkeypatch.setattr("scenes.search.finding.LISTED", 1)
    for pk in range(1, 6):
        make_scene(pk, f"Harbour {pk}")
    assert [f"scene-{pk}" in browser.get("/scenes/?q=harbour").text for pk in (1, 5)] == [True, True]
    assert "scene-3" in browser.get("/scenes/?q=harbour+3").text


def test_short_words_are_looked_for_in_the_newest_scenes_and_that_is_said(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.search.finding.NEWEST", 2)
    for pk in (1, 2, 3):
        make_scene(pk, f"Zq {pk}")
    page = browser.get("/scenes/?q=zq").text
    assert ["scene-1" in page, "scene-2" in page, "scene-3" in page] == [False, True, True]
    assert "the newest 2 scenes" in page
    both = browser.get("/scenes/?q=zq+1").text
    assert "the newest 2 scenes" in both and "scene-1" in both, "an id is found, however old the scene is"
    in_admin = browser.get("/admin/scenes/scene/?q=1").text
    assert "/admin/scenes/scene/1/change/" in in_admin and "the newest 2 scenes" in in_admin
    by_api = browser.get("/api/scenes?title=zq").json()["items"]
    assert [scene["id"] for scene in by_api] == [3, 2, 1], "a program is told of no note"
    monkeypatch.setattr("scenes.search.finding.NEWEST", 3)
    assert "the newest" not in browser.get("/scenes/?q=zq").text


def test_without_an_index_the_same_is_found(browser: Client) -> None:
    make_scene(1, "Lighthouse", path="/data/one.mp4")
    for index in indexes.INDEXES:
        execute(f"DROP TABLE {index.name}" if IS_SQLITE else f"DROP INDEX {index.name}")
    if IS_SQLITE:
        for index in indexes.INDEXES:
            for event in ("inserted", "updated", "deleted"):
                execute(f"DROP TRIGGER {index.name}_{event}")
    assert found("ghtho") == found("one.mp") == {1}
    assert "scene-1" in browser.get("/scenes/?q=lighthouse").text


def test_migrate_makes_what_is_missing_of_it_and_fills_it() -> None:
    execute("DROP TRIGGER scenes_scene_trigrams_inserted" if IS_SQLITE else "DROP INDEX scenes_scene_trigrams")
    make_scene(1, "Lighthouse", path="/data/one.mp4")
    assert found("lighthouse") == {1}, "an index that is not whole is not asked"
    call_command("migrate", verbosity=0)
    assert found("lighthouse") == {1}
    assert finding.with_word("lighthouse", names=False) is not None


def test_where_there_can_be_no_index_that_is_said_and_the_same_is_found(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_scene(1, "Lighthouse", path="/data/one.mp4")
    if IS_SQLITE:
        execute("DROP TABLE scenes_scene_trigrams")
        older = {part: sql.replace("'trigram'", "'none_of_an_old_sqlite'") for part, sql in sqlite.PARTS.items()}
        monkeypatch.setattr(sqlite, "PARTS", older)
    else:
        execute("DROP EXTENSION pg_trgm CASCADE")
        execute("CREATE ROLE no_extensions; GRANT ALL ON ALL TABLES IN SCHEMA public TO no_extensions")
        execute("SET LOCAL ROLE no_extensions")
    indexes.make()
    assert ("FTS5" if IS_SQLITE else "CREATE EXTENSION pg_trgm") in caplog.text
    assert found("ghtho") == {1}


def test_a_few_rows_more_do_not_change_how_many_queries_a_search_takes(browser: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get("/scenes/?q=harbour+dawn")
        return len(captured)

    make_scene(1, "Harbour at dawn")
    queries()
    few: Any = queries()
    for pk in range(2, 20):
        make_scene(pk, "Harbour at dawn")
    assert queries() == few and finding.FEW > 20
