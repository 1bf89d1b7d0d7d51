"""docs/configuration.md has each setting and each variable, as they are declared."""

from __future__ import annotations

import ast

from bench import settings_docs
from scenes.configuration import DECLARED
from tests.processes import ROOT

HOW = "`python -m bench.settings_docs` writes the tables"


def test_the_tables_of_settings_are_those_of_the_declarations() -> None:
    text = settings_docs.FILE.read_text()
    assert not settings_docs.missing(text)
    assert settings_docs.updated(text) == text, HOW


def test_a_table_that_differs_from_its_declarations_is_written_as_they_are() -> None:
    text = settings_docs.FILE.read_text()
    for one in DECLARED.values():
        outdated = text.replace(f"| `{one.key}` | `{one.variable}`", "| `another`")
        assert outdated != text
        assert settings_docs.updated(outdated) == text, HOW


def test_the_variables_of_the_processes_are_listed() -> None:
    text = settings_docs.FILE.read_text()
    read = {
        node.value
        for node in ast.walk(ast.parse((ROOT / "stashhog" / "settings.py").read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("STASHHOG_")
    }
    names = {name for name in read if " " not in name}
    assert len(names) >= 20
    assert not {name for name in names if f"`{name}`" not in text}
