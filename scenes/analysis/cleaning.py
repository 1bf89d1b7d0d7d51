"""Details without HTML and superfluous white space: only what is surely HTML is taken for it.

In linear time, whatever the text, so that one bad scene holds up nobody: `html.parser` and the parsers that build a
tree take the square of it for "<a <a <a …" or a hundred thousand nested elements. No pattern in here looks beyond the
next "<". And "<3", "a < b" or "I <love you" is text that a parser would drop.
"""

from __future__ import annotations

import html
import re
from html.entities import html5

MOST_ROUNDS = 10  # escaped HTML is HTML again after a round
LINE = "\x1e"  # a break here, but one for all that meet
INLINE = (
    "a abbr acronym audio b bdi bdo big button canvas cite code data del dfn em embed font i iframe img input ins kbd "
    "label link mark meta noscript object param picture q s samp script select small source span strike strong style "
    "sub sup svg template textarea time track tt u var video wbr"
)
LINES = (
    "address article aside body caption center dd details dir div dl dt fieldset figcaption figure footer form head "
    "header html legend li main nav ol option section summary table tbody tfoot thead title tr ul"
)
PARAGRAPHS = "blockquote h1 h2 h3 h4 h5 h6 hr p pre"
CELLS = "td th col colgroup"
STANDS_FOR = {
    **dict.fromkeys(INLINE.split(), ""),
    **dict.fromkeys(LINES.split(), LINE),
    **dict.fromkeys(PARAGRAPHS.split(), "\n\n"),
    **dict.fromkeys(CELLS.split(), " "),
    "br": "\n",
}

_VALUE = r"""(?:"[^"<]*"|'[^'<]*'|[^\s"'<>]+)"""
_ATTRIBUTES = rf"(?:\s+[\w:@.-]+(?:\s*=\s*{_VALUE})?)*+"
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9]*)({_ATTRIBUTES})\s*/?>([ \t]*\r?\n)?")
_NO_TEXT = re.compile(r"<!--[^<]*?-->|<!doctype[^<>]*>|<(script|style)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)
# An "&" may itself be escaped, any number of times. Without its ";" it may be text.
_ENTITY = re.compile(r"&(?:(?:amp|AMP|#38|#[xX]26);)*(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{1,31};)")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\u200b\ufeff]")
_SPACES = re.compile(r"[^\S\n]{2,}|[^\S\n ]")


def cleaned(text: str) -> str:
    """The text as people would read it. Cleaned again it stays as it is; what changes each time is left as it was."""
    now = text
    for _ in range(MOST_ROUNDS):
        before, now = now, with_plain_space(without_html(now))
        if now == before:
            return now
    return text


def without_html(text: str) -> str:
    """Elements and comments are taken out, and named and numbered characters are written out."""
    text = _TAG.sub(_stands_for, _NO_TEXT.sub("", text.replace(LINE, " ")))
    return _ENTITY.sub(_character, re.sub(rf"{LINE}(?:\s*{LINE})*", "\n", text))


def _stands_for(tag: re.Match[str]) -> str:
    """What is left of it: itself, if HTML has no such element, or what is in it is no attribute."""
    closing, name, attributes, end_of_line = tag[1], tag[2].lower(), tag[3], tag[4] or ""
    stands_for = STANDS_FOR.get(name)
    if stands_for is None or (attributes.strip() and "=" not in attributes):
        return tag[0]
    return f"{LINE}- " if name == "li" and not closing else stands_for or end_of_line


def _character(entity: re.Match[str]) -> str:
    """The character; a name that HTML does not know is text."""
    return html.unescape(f"&{entity[1]}") if entity[1].startswith("#") else html5.get(entity[1], entity[0])


def with_plain_space(text: str) -> str:
    """One space between words, no more than one empty line, and nothing invisible."""
    text = _SPACES.sub(" ", _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text)))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", text)).strip()
