"""People read words instead of the keys of ours that rows hold: codes, figures of results, roles; in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils.translation import gettext, override

from jobs.models import Status
from jobs.texts.keys import title, value_in_words, words
from scenes.codes import KNOWN
from scenes.codes.names import NAMES
from tests.web.factories import make_job, make_run

ROOT = Path(__file__).parents[2]
SAME = {"plan_id", "job_id", "code", "status"}  # in both languages

pytestmark = pytest.mark.one_database  # of texts and templates


def test_each_code_has_a_name_for_people_and_no_name_is_of_no_code() -> None:
    assert NAMES.keys() == KNOWN.keys()
    assert not [
        name
        for name in NAMES.values()
        if "_" in name or (name[0].islower() and not name.startswith("qBit")) or name.endswith(".")
    ]
    with override("de"):
        assert not [code for code, name in NAMES.items() if gettext(name) == name]


def keys_of_results() -> Iterator[str]:
    """What functions of tasks call ``result`` are the results of jobs."""
    for path in (ROOT / "scenes").rglob("*.py"):
        if "simulators" not in path.parts and "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                yield from keys_given(node)


def keys_given(node: ast.AST) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    for target in targets:
        if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "result":
            yield from texts([target.slice])
        if ast.unparse(target) == "result" and isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            yield from texts(node.value.keys)


def texts(nodes: list[ast.expr | None] | list[ast.expr]) -> Iterator[str]:
    yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_each_figure_of_a_result_has_german_words() -> None:
    keys = {*keys_of_results(), "generated", "already_there"}
    assert {"carried_over", "synced_items", "changes_reverted", "found_files"} <= keys
    with override("de"):
        assert not {key for key in keys if words(key) == title(key)} - SAME


def test_a_value_that_is_called_as_a_code_stays_as_it_is() -> None:
    """Such as a tag: it is a parameter, and no code."""
    with override("en"):
        assert value_in_words("shared") == "shared" and words("shared") == "Shared with another torrent"


@pytest.mark.django_db
def test_the_card_of_what_failed_is_headed_by_words(browser: Client) -> None:
    job = make_job("sync", Status.FAILED, error_code="unreachable", error_message="x")
    head = '<div class="problem-box" role="alert"><b>{}</b>'
    assert head.format("No connection") in browser.get(job.get_absolute_url()).text
    german = browser.get(job.get_absolute_url(), headers={"accept-language": "de"}).text
    assert head.format("Keine Verbindung") in german


@pytest.mark.django_db
def test_the_figures_and_the_batches_of_a_run_are_german_for_who_reads_that(browser: Client) -> None:
    job = make_job("stash_generate", Status.COMPLETED, result={"generated": 12, "carried_over": 3})
    page = browser.get(job.get_absolute_url(), headers={"accept-language": "de"}).text
    assert "<dt>Erzeugt</dt><dd>12</dd>" in page and "<dt>Für den nächsten Lauf</dt><dd>3</dd>" in page
    items = f"/jobs/{make_run(at=4).pk}/items?what=batches"
    assert "<h1>Stapel" in browser.get(items, headers={"accept-language": "de"}).text


@pytest.mark.django_db
def test_the_form_of_a_role_s_group_is_headed_by_its_name(browser: Client) -> None:
    address = f"/admin/auth/group/{Group.objects.get(name='operator').pk}/change/"
    page = browser.get(address, headers={"accept-language": "de"}).text
    assert "<h2>Bediener</h2>" in page and "<h2>operator</h2>" not in page


def test_roles_are_words_in_the_settings(browser: Client) -> None:
    page = browser.get("/settings/", headers={"accept-language": "de"}).text
    assert "Bediener" in page and "operator" not in page.partition('id="area-users"')[2].partition("</section>")[0]


def test_roles_are_words_in_the_admin(browser: Client) -> None:
    for address in ("/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/group/"):
        page = browser.get(address, headers={"accept-language": "de"}).text
        assert "Bediener" in page and ">operator<" not in page and "operator:" not in page, address
        assert "Operator" in browser.get(address).text
