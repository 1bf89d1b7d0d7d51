"""The documentation as a site: its made pages, links that are right in both places, and nothing of other hosts.

`make docs` builds it, in CI with lint: mkdocs itself looks after links and anchors there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from handbook import pages, routes
from handbook.foreign import asked_by, foreign_in
from tests.processes import ROOT


@pytest.mark.parametrize(
    ("link", "page", "folder", "on_site"),
    [
        ("docs/rules.md#a-rule", "index.md", "", "rules.md#a-rule"),
        ("docs/adr/", "index.md", "", "adr/0001-django-q2-as-notifier.md"),
        ("docs/card.png", "index.md", "", "card.png"),
        ("../README.md#installation", "deployment.md", "docs", "quick-start.md#installation"),
        ("../compose.yaml", "deployment.md", "docs", "files/compose.yaml"),
        ("CHANGELOG.md", "index.md", "", "files/CHANGELOG.txt"),
        ("../durability.md#x", "adr/0004-failure-attribution.md", "docs/adr", "../durability.md#x"),
        ("../../README.md", "adr/0004-failure-attribution.md", "docs/adr", "../index.md"),
        ("https://stashapp.cc", "index.md", "", "https://stashapp.cc"),
        ("#here", "rules.md", "docs", "#here"),
    ],
)
def test_a_link_of_the_repository_is_one_of_the_site(link: str, page: str, folder: str, on_site: str) -> None:
    assert pages.with_links_of_site(f"a [b]({link}) c", page, folder) == f"a [b]({on_site}) c"


def test_parts_of_the_readme_are_pages_with_their_heading_as_title() -> None:
    made = pages.of_readme()
    assert made["quick-start.md"].startswith("# Quick start\n") and "\n# Installation\n" in made["quick-start.md"]
    assert made["how-a-run-works.md"].startswith("# How a run works\n")
    assert made["index.md"].startswith("# StashHog\n") and "## Where to go on" in made["index.md"]


def test_the_menu_has_only_pages_that_there_are() -> None:
    text = (ROOT / "mkdocs.yml").read_text()
    named = {name for entry in yaml.safe_load(text)["nav"] for name in entry.values()}
    made = pages.of_readme().keys() | {"api-routes.md"}
    assert all(name in made or (ROOT / "docs" / name).exists() for name in named)
    assert {"configuration.md", "troubleshooting.md", "api-routes.md"} <= named


@pytest.mark.django_db  # parameters have the settings as their defaults
def test_the_routes_of_the_api_are_listed_with_what_they_do() -> None:
    rows = [line.split(" | ") for line in routes.page().splitlines() if line.startswith("| ") and "`/api" in line]
    assert ["| POST", "`/api/jobs`"] in [row[:2] for row in rows] and len(rows) > 20
    assert all(len(row[2].strip(" |")) > 5 for row in rows)


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://unpkg.com/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.googleapis.com/css">',
        '<img alt="" src="HTTP://example.com/a.png">',
        '<div style="background: url(https://example.com/a.png)"></div>',
        '<pre class="mermaid">graph</pre>',
    ],
)
def test_what_is_asked_of_other_hosts_is_found(html: str) -> None:
    assert len(asked_by(html)) == 1


def test_what_is_asked_of_the_site_or_only_linked_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<script src="a.js"></script><a href="https://stashapp.cc">Stash</a><img src="b.png">'
    )
    (tmp_path / "a.css").write_text("a { background: url(data:image/png;base64,x) }")
    assert foreign_in(tmp_path) == []
    (tmp_path / "b.css").write_text("@import 'https://example.com/a.css';")
    assert foreign_in(tmp_path) == ["b.css: https://example.com/a.css"]
