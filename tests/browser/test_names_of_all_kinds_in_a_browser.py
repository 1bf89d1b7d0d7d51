"""Right-to-left titles, emoji and names of 200 characters, on every page, in German, wide and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site
from tests.browser.screenshots import PAGES, WIDTHS

pytestmark = pytest.mark.acceptance

# Texts that a box around them cuts off, unless the box can be scrolled, or says them in its title.
CLIPPED = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    if (!text || !walker.currentNode.parentElement.checkVisibility({ visibilityProperty: true })) continue;
    range.selectNodeContents(walker.currentNode);
    const shown = range.getBoundingClientRect();
    for (let box = walker.currentNode.parentElement; box && shown.width; box = box.parentElement) {
      const { overflowX, clipPath } = getComputedStyle(box);
      const edge = box.getBoundingClientRect(), isForEars = clipPath !== "none" || edge.width <= 2;
      if (overflowX === "auto" || overflowX === "scroll" || isForEars || box.title.includes(text)) break;
      const cut = shown.right > edge.right + 2 || shown.left < edge.left - 2;
      if (cut && (overflowX === "hidden" || overflowX === "clip")) found.push(text.slice(0, 60));
    }
  }
  return found;
}"""

# Names that are written from right to left beside other text, with nothing that isolates them from it.
NOT_ISOLATED = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    if (!/[\\u0590-\\u05ff]/.test(text) || /[a-z]{2}/i.test(text)) continue;
    let box = walker.currentNode.parentElement;
    if (box.closest("option, title, script, svg") || !box.checkVisibility()) continue;
    const mixes = ({ unicodeBidi, display }) => unicodeBidi === "normal" && display === "inline";
    while (mixes(getComputedStyle(box))) box = box.parentElement;
    if (box.textContent.trim() !== text) found.push(box.outerHTML.slice(0, 120));
  }
  return found;
}"""

# Of a list of the admin, which could be scrolled sideways, how wide its columns are together.
COLUMNS = "Math.max(0, ...[...document.querySelectorAll('.results')].map((one) => one.scrollWidth - one.clientWidth))"
# What stands upon the names at the top of a page.
COVERED = """() => {
  const covers = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const range = document.createRange();
  return [...document.querySelectorAll("#content > :is(h1, h2)")].filter((head) => {
    range.selectNodeContents(head);
    const lines = [...range.getClientRects()];
    const tools = [...document.querySelectorAll(".object-tools li")].map((one) => one.getBoundingClientRect());
    return lines.some((line) => tools.some((tool) => covers(line, tool)));
  }).map((head) => head.textContent.slice(0, 60));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Something is on every page, and names of all kinds among it."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.runs = {"run": site.do("scenery()"), **site.do("big_runs()")}  # type: ignore[attr-defined]
    yield site
    site.close()


def test_no_page_scrolls_sideways_and_none_of_its_names_is_cut_off_or_turns_others_round(site, visit):
    visitor, wrong = visit(width=1280, locale="de-DE"), []
    page = visitor.page
    for name, address in PAGES.items():
        visitor.go(address.format(**site.runs))
        expect(page.locator("html")).to_have_attribute("lang", "de")
        for width in WIDTHS.values():
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{name} {width}: {wide} wide")
            wrong += [f"{name} {width}: cut off: {text}" for text in page.evaluate(CLIPPED)]
        wrong += [f"{name}: turns round: {html}" for html in page.evaluate(NOT_ISOLATED)]
    assert not wrong, "\n".join(wrong)


def test_no_table_of_the_admin_cuts_off_a_column_nor_a_name(site, visit):
    """Lists, forms and histories, of the row with the longest name; in German, whose words are the longer ones."""
    visitor, wrong = visit(width=1280, locale="de-DE"), []
    page = visitor.page
    for address in site.do("admin_pages()"):
        visitor.go(address)
        for width in WIDTHS.values():
            page.set_viewport_size({"width": width, "height": 900})
            sideways = page.evaluate("document.documentElement.scrollWidth") - width
            columns = page.evaluate(COLUMNS) if width == WIDTHS["wide"] else 0
            if max(sideways, columns) > 0:
                wrong.append(f"{address} {width}: {sideways} px too wide, columns {columns}")
            wrong += [f"{address} {width}: cut off: {text}" for text in page.evaluate(CLIPPED)]
            wrong += [f"{address} {width}: a button covers {text}" for text in page.evaluate(COVERED)]
    assert not wrong, "\n".join(wrong)
