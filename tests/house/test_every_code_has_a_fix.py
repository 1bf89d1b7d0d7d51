"""docs/troubleshooting.md has each code that StashHog says, with what it means and what to do, and no other."""

from __future__ import annotations

from handbook.codes import codes_in_code, codes_with_fixes
from tests.processes import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"


def test_each_code_is_listed_with_its_fix() -> None:
    listed, said = codes_with_fixes(PAGE.read_text()), codes_in_code()
    missing = {code: sorted(said[code]) for code in said.keys() - listed.keys()}
    assert not missing, "give each a row in docs/troubleshooting.md: what it means, and its fix"
    assert all(means and fix for means, fix in listed.values())


def test_no_code_is_listed_that_nothing_says() -> None:
    assert not codes_with_fixes(PAGE.read_text()).keys() - codes_in_code().keys()


def test_codes_are_found_however_they_are_written() -> None:
    said = codes_in_code()
    assert "scenes/downloads/files/disk_errors.py" in said["other_filesystem"], "in a table"
    assert "scenes/downloads/selection.py" in said["unknown_file"], "by a constant"
    assert "jobs/web/api/errors.py" in said["not_possible"], "by its name"
    assert "scenes/clients/qbittorrent/client.py" in said["banned"] and len(said) > 100
