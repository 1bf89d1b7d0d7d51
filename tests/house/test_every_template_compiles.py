"""A part that is shown now and then would fail only then: a tag or filter that its template does not load."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "templates", *ROOT.glob("jobs/**/templates"), *ROOT.glob("scenes/**/templates")]
TEMPLATES = sorted(str(path.relative_to(folder)) for folder in FOLDERS for path in folder.rglob("*.html"))


@pytest.mark.one_database
@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles(name: str) -> None:
    get_template(name)
