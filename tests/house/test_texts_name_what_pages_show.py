"""What texts name in quotation marks, for people to find on a page, is a text of the pages, in each language."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import polib
from django.utils.text import capfirst

from tests.processes import ROOT

CATALOGUES = [ROOT / app / "locale/de/LC_MESSAGES/django.po" for app in ("jobs", "scenes", "stashhog")]
NAMED = re.compile("“([^”]*)”")
FILLED_IN = re.compile(r"(<bdi>)?[{%]")
# Of other programs, commands, and what files hold.
NOT_OURS = {
    "server domains", "Set as default", "Tasks", "CSV UTF-8", "Internal Server Error", "make run", "manage.py worker",
    "..",
}  # fmt: skip


def entries() -> Iterator[polib.POEntry]:
    for path in CATALOGUES:
        yield from polib.pofile(str(path))


def unknown(texts: Iterable[polib.POEntry], german: dict[str, set[str]]) -> Iterator[str]:
    for text in texts:
        shown = " ".join([text.msgstr, *text.msgstr_plural.values()])
        for name in NAMED.findall(f"{text.msgid} {text.msgid_plural}"):
            if FILLED_IN.match(name) or name in NOT_OURS:
                continue
            if name not in german:
                yield f"no page has “{name}”: {text.msgid}"
            elif not any(f"„{word}“" in shown for word in german[name]):
                yield f"“{name}” is {german[name]}: {shown}"


def in_german() -> dict[str, set[str]]:
    """Each text by its English; the names of models also as the menu writes them."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in entries():
        found[entry.msgid].add(entry.msgstr)
        found[str(capfirst(entry.msgid))].add(str(capfirst(entry.msgstr)))
    return found


def test_what_a_text_names_in_quotation_marks_is_a_text_of_the_pages() -> None:
    assert not list(unknown(entries(), in_german()))


def test_the_search_would_find_a_name_that_is_gone_and_one_of_the_wrong_language() -> None:
    german = in_german()
    for english, translation in (("Look under “Home page”.", "Unter „Home page“."), ("“Review” it.", "„Review“.")):
        assert list(unknown([polib.POEntry(msgid=english, msgstr=translation)], german))
    assert not list(unknown([polib.POEntry(msgid="“Needs you” says it.", msgstr="„Braucht dich“ sagt es.")], german))
