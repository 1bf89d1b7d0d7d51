"""What a page has a browser ask of other hosts, beside what a person clicks: there must be nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

ASKED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "link": "href",
    "source": "src",
    "video": "src",
    "object": "data",
}
ELSEWHERE = re.compile(r"(https?:)?//", re.IGNORECASE)
IN_CSS = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)
NOT_ASKED = {"canonical", "prev", "next", "alternate"}  # of <link rel>


def foreign_in(folder: Path) -> list[str]:
    """``FILE: ADDRESS`` of each, over all pages and styles of a site."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".css"):
            asked = asked_by_css if path.suffix == ".css" else asked_by
            found += [f"{path.relative_to(folder)}: {address}" for address in asked(path.read_text())]
    return found


def asked_by_css(text: str) -> list[str]:
    return IN_CSS.findall(text)


def asked_by(html: str) -> list[str]:
    page = _Page()
    page.feed(html)
    return page.found


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get(ASKED.get(tag, "")) or ""
        if ELSEWHERE.match(address) and not NOT_ASKED & set((given.get("rel") or "").split()):
            self.found.append(address)
        # The theme loads a library for diagrams from another host, where a page has one.
        if "mermaid" in (given.get("class") or "").split():
            self.found.append("a diagram")
        self.found += asked_by_css(given.get("style") or "")
