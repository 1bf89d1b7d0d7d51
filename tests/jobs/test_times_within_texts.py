"""A time within a stored text: pages show it as an element in the reader's zone, all else in the server's, named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from jobs.texts.times import on_page
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import TranslatableField, joined, shortened, translated

MOMENT = datetime(2026, 12, 1, 0, 7, 8, tzinfo=UTC)
TEXT = _("Paused by {user}: {reason}", user="<b>Ada</b>", reason=_.at(MOMENT))
ELEMENT = '<time datetime="2026-12-01T00:07:08+00:00" data-local="j M Y, H:i">1 Dec 2026, 00:07 UTC</time>'


def test_as_a_text_it_names_the_zone_of_the_server() -> None:
    assert TEXT == "Paused by <b>Ada</b>: 1 Dec 2026, 00:07 UTC" == translated(TEXT)
    with translation.override("de"), timezone.override("Europe/Berlin"):
        assert translated(TEXT).endswith(": 1. Dez 2026, 01:07 CET")


@pytest.mark.parametrize(
    "text", [TEXT, TranslatableField().from_db_value(TranslatableField().get_prep_value(TEXT), 0, 0)]
)
def test_on_a_page_it_is_an_element_and_all_else_is_escaped(text: str) -> None:
    page = Template("{% load jobs %}{{ text|translated }}").render(Context({"text": text}))
    assert page == f"Paused by &lt;b&gt;Ada&lt;/b&gt;: {ELEMENT}"
    assert on_page(joined(" ", ["It's so.", text])) == f"It&#x27;s so. Paused by &lt;b&gt;Ada&lt;/b&gt;: {ELEMENT}"


def test_a_text_without_one_is_as_it_was() -> None:
    plain = _("Paused by {user}", user="<b>Ada</b>")
    assert on_page(plain) == translated(plain) and on_page("5 < 6") == "5 < 6"


def test_a_text_that_is_cut_keeps_it_whole() -> None:
    long = _("Paused by {user}: {reason}", user="x" * 500, reason=_.at(MOMENT))
    assert shortened(long, 60).endswith("1 Dec 2026, 00:07 UTC")
