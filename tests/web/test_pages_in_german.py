"""Pages speak the reader's language: the browser's, or the chosen one. German is whole; programs get English."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import polib
import pytest
from django.test import Client

from jobs.models import Pause, Status
from scenes.models import Change, Download, Outcome, Plan
from tests.scenes.analysis_factories import make_scene
from tests.web.factories import make_job, make_run

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).parents[2]
CATALOGUES = [ROOT / app / "locale/de/LC_MESSAGES/django.po" for app in ("jobs", "scenes", "stashhog")]
PLACES = re.compile(r"%\(\w+\)s|\{[^{}]*\}|<[^>]+>")
IN_TEMPLATES = re.compile(r'{% translate "([^"]+)"')
FUNCTIONS = {"_", "gettext", "gettext_noop", "gettext_lazy"}
MARKING = re.compile(r"django\.utils\.translation|Translatable as _")
PAGES = ("/", "/services", "/waiting", "/jobs/", "/review/", "/needs/", "/nothing")


def entries() -> Iterator[polib.POEntry]:
    for path in CATALOGUES:
        yield from polib.pofile(str(path))


def texts_of(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_german_is_complete_and_keeps_what_is_filled_in() -> None:
    for entry in entries():
        for text in texts_of(entry):
            assert text and not entry.fuzzy, f"not translated: {entry.msgid}"
            assert set(PLACES.findall(text)) <= set(PLACES.findall(entry.msgid + entry.msgid_plural)), entry.msgid
            assert entry.msgid_plural or sorted(PLACES.findall(text)) == sorted(PLACES.findall(entry.msgid)), (
                entry.msgid
            )


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-5])
def test_what_is_shipped_is_made_of_what_is_written(path: Path) -> None:
    """`msgfmt` makes it, and so does `polib`; nobody who installs StashHog needs either."""
    written, shipped = polib.pofile(str(path)), polib.mofile(str(path.with_suffix(".mo")))
    assert {one.msgid: texts_of(one) for one in shipped} == {one.msgid: texts_of(one) for one in written}


def marked() -> Iterator[str]:
    """All that is marked to be translated, but for blocks with parameters."""
    for folder in ("templates", "jobs/templates"):
        for path in (ROOT / folder).rglob("*.html"):
            yield from IN_TEMPLATES.findall(path.read_text())
    for folder in ("jobs", "scenes", "stashhog"):
        for path in (ROOT / folder).rglob("*.py"):
            if MARKING.search(text := path.read_text()):
                yield from calls_in(ast.parse(text))


def calls_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
        if is_call and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
            yield str(node.args[0].value)  # type: ignore[attr-defined]


def test_whatever_is_marked_is_in_a_catalogue() -> None:
    known = {entry.msgid for entry in entries()}
    # What Django itself translates, as on the admin's pages.
    assert {text for text in marked() if text not in known and text not in ("Home",)} == set()


@pytest.fixture
def something(db: None, configure: Callable[..., object], tmp_path: Path) -> None:
    configure(stash_url="http://127.0.0.1:9", qbittorrent_url="http://127.0.0.1:9", library_path=tmp_path)
    scene = make_scene(7, "Film")
    for number, status in enumerate(("proposed", "approved")):
        Change.objects.create(
            plan=Plan.objects.create(), scene=scene, kind="add_tag", value={"name": "x"}, key=str(number),
            detector="detect_tags", status=status, tag="x",
        )  # fmt: skip
    Download.objects.create(hash="a" * 40, name="A", outcome=Outcome.FAILED, code="disk_full", message="x")
    make_run(Status.COMPLETED, at=7, result={"summary": {"total_scenes_analyzed": 3}})
    make_run(at=4)
    make_job("sync", Status.FAILED, error_code="x", error_message="x")
    Pause.objects.create(reason="x")


def words_of(page: str) -> str:
    """What a reader reads or hears of it."""
    body = re.sub(
        r"<(script|style|code)\b.*?</\1>", " ", page[page.index("<body") :] if "<body" in page else page, flags=re.S
    )
    attributes = re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', body)
    return unescape(re.sub(r"\s+", " ", " ¦ ".join([*attributes, re.sub(r"<[^>]+>", " ¦ ", body)])))


@pytest.mark.usefixtures("something")
def test_pages_are_in_the_browsers_language_and_none_of_their_sentences_in_another(browser: Client) -> None:
    english = [one.msgid for one in entries() if len(one.msgid) > 12 and not PLACES.search(one.msgid)]
    left = {}
    for address in PAGES:
        answer = browser.get(address, headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"})
        words = words_of(answer.text)
        left[address] = [text for text in english if f" {text} " in words.replace("¦", " ")]
        assert answer.headers["Content-Language"] == "de"
    assert {address: texts for address, texts in left.items() if texts} == {}
    page = browser.get("/", headers={"accept-language": "de"}).text
    assert '<html lang="de"' in page and "Was dich braucht" in page and "Deine Bibliothek" in page


@pytest.mark.usefixtures("something")
def test_english_is_what_others_get(browser: Client) -> None:
    for header in ("fr", "en-GB", "*", "x" * 5000):
        page = browser.get("/", headers={"accept-language": header}).text
        assert '<html lang="en"' in page and "What needs you" in page


def test_a_choice_lasts_and_comes_before_the_browsers_language(browser: Client) -> None:
    page = browser.get("/jobs/").text
    assert 'name="language" value="de">Deutsch<' in page and 'name="next" value="/jobs/"' in page
    answer = browser.post("/language", {"language": "de", "next": "/jobs/"})
    assert answer.headers["Location"] == "/jobs/" and "Aufträge" in browser.get("/jobs/").text
    browser.post("/language", {"language": "en", "next": "https://elsewhere.example/"})
    assert "<h1>Jobs" in browser.get("/jobs/", headers={"accept-language": "de"}).text


def test_who_logs_in_can_choose_a_language(client: Client) -> None:
    login = "/admin/login/?next=/"
    assert 'name="language" value="de">Deutsch<' in client.get(login).text
    client.post("/language", {"language": "de", "next": login})
    assert "Anmelden" in client.get(login).text


@pytest.mark.usefixtures("something")
def test_programs_are_answered_in_english_whatever_they_accept(program: Client) -> None:
    jobs = program.get("/api/jobs", headers={"accept-language": "de"}).json()
    assert {job["name"] for job in jobs["items"]} == {"Process new scenes", "Sync"}
    for address in ("/api/jobs/nothing", "/api/scenes?limit=x"):
        plain = program.get(address).json()
        assert program.get(address, headers={"accept-language": "de"}).json() == plain, address
