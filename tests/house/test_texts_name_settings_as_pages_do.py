"""A text names a setting as its field on the page of the settings is labelled, never by its variable alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from jobs.texts.translatable import translated
from scenes.codes import KNOWN, fix_of
from scenes.codes.code import SETTING
from scenes.configuration import DECLARED, named_choice, named_setting
from scenes.downloads.files.disk_errors import failure
from tests.processes import ROOT

VARIABLES = re.compile("|".join(rf"{one.variable}\b" for one in DECLARED.values()))
# The demo gives its processes their environment.
NOT_FOR_PEOPLE = {"demo", "simulators", "migrations"}
NAME_IT = "name it by scenes.configuration.named_setting"


def texts_in(tree: ast.Module) -> Iterator[ast.Constant]:
    """All strings but docstrings."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node


def named_by_variable(path: Path) -> Iterator[str]:
    if path.suffix == ".html":
        yield from (f"{path}: {found[0]}" for found in VARIABLES.finditer(path.read_text()))
        return
    for text in texts_in(ast.parse(path.read_text())):
        yield from (f"{path}:{text.lineno}: {found[0]}" for found in VARIABLES.finditer(str(text.value)))


def files() -> Iterator[Path]:
    for folder in ("jobs", "scenes", "stashhog", "templates"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".html") and not NOT_FOR_PEOPLE & set(path.parts):
                yield path


def test_no_text_of_the_product_names_a_setting_by_its_variable() -> None:
    found = [one for path in files() for one in named_by_variable(path)]
    assert not found, NAME_IT


@pytest.mark.parametrize("name", ["stash_url", "path_map", "sidecar_extensions"])
def test_the_search_would_find_one(name: str, tmp_path: Path) -> None:
    module, page = tmp_path / "module.py", tmp_path / "page.html"
    variable = DECLARED[name].variable
    module.write_text(f'"""Not {variable} here."""\nraise Refused(_("Set {variable}."))\n')
    page.write_text(f"<p>Set {variable}.</p>")
    assert len(list(named_by_variable(module))) == len(list(named_by_variable(page))) == 1


def test_a_setting_is_named_by_its_label_with_its_variable_only_where_that_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("STASHHOG_PATH_MAP", raising=False)
    assert named_setting("path_map") == "“Path mapping”"
    monkeypatch.setenv("STASHHOG_PATH_MAP", "stash:/data=/mnt")
    assert named_setting("path_map") == "“Path mapping” (STASHHOG_PATH_MAP)"


def test_the_names_follow_the_language_of_the_reader() -> None:
    message = failure("no_hard_links", Path("/a/film.mp4"), Path("/b/film.mp4"), "").message
    assert message.endswith("Set “Link mode” to “Hard link, or a copy where none can be made” or “Copy”.")
    with override("de"):
        wanted = "„Link-Modus“ auf „Hardlink, oder eine Kopie, wo keiner möglich ist“ oder „Kopieren“ stellen."
        assert translated(message).endswith(wanted)


def test_each_fix_of_a_code_names_settings_and_values_that_are_there() -> None:
    for code, one in KNOWN.items():
        for key, value in SETTING.findall(one.fix):
            assert named_choice(key, value) if value else named_setting(key), code
        assert "{" not in fix_of(code) and "{" not in one.documented_fix
    assert fix_of("no_hard_links") == ("Set “Link mode” to “Hard link, or a copy where none can be made” or “Copy”.")
