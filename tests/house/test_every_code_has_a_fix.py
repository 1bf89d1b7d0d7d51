"""Each code that StashHog says is in the tables of codes, with what it means and its fix; the docs are made of them."""

from __future__ import annotations

from bench import codes_docs
from handbook.codes import codes_in_code
from scenes.codes import KNOWN, TABLES, fix_of

HOW = "`python -m bench.codes_docs` writes the tables"


def test_each_code_is_in_a_table_with_its_fix() -> None:
    used = codes_in_code()
    missing = {code: sorted(used[code]) for code in used.keys() - KNOWN.keys()}
    assert not missing, "give each a row in scenes/codes: what it means, and its fix"
    assert all(one.means and one.fix for one in KNOWN.values())


def test_no_code_is_in_a_table_that_nothing_says_or_twice() -> None:
    assert not KNOWN.keys() - codes_in_code().keys()
    assert len(KNOWN) == sum(map(len, TABLES.values()))


def test_the_docs_have_what_the_tables_have() -> None:
    text = codes_docs.FILE.read_text()
    assert not codes_docs.missing(text)
    assert codes_docs.updated(text) == text, HOW
    assert all(f"| `{code}` |" in text for code in KNOWN)


def test_a_fix_is_a_sentence_for_people_without_the_marks_of_the_docs() -> None:
    assert fix_of("first_run_undecided") == "Say it, then retry the run."
    assert fix_of("missing_in_stash") == "Look at Stash's library, unless they were deleted."
    assert fix_of("still_moving") == "" and fix_of("linked") == "" and fix_of("no_such_code") == ""
    for code in KNOWN:
        assert "`" not in fix_of(code) and "](" not in fix_of(code) and not fix_of(code).startswith("–"), code


def test_codes_are_found_however_they_are_written() -> None:
    used = codes_in_code()
    assert "scenes/downloads/files/disk_errors.py" in used["other_filesystem"], "in a table"
    assert "scenes/downloads/torrents/selection.py" in used["unknown_file"], "by a constant"
    assert "jobs/web/api/errors.py" in used["not_possible"], "by its name"
    assert "scenes/clients/qbittorrent/client.py" in used["banned"] and len(used) > 100
