"""detect_details: details without HTML and superfluous white space, in linear time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.testing import run
from scenes.analysis.cleaning import cleaned
from scenes.models import Change
from scenes.plans.values import digest_of
from tests.scenes.analysis_factories import make_scene
from tests.scenes.growth import LINEAR, growth

pytestmark = pytest.mark.one_database

PIECES = [
    *("<p>", "</p>", "<br/>", "<", ">", "&amp;", "&lt;", "b", "&", ";", " ", "\n", "\t", "<b>", "<i", '"', "=", "/"),
    *("#65", "é"),
]


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<p>Two  dogs</p>\n<p>play</p>", "Two dogs\n\nplay"),
        ("one<br>two<br />\nthree<BR>", "one\ntwo\nthree"),
        ("<div>a</div><div>b</div>\r\n<div>c</div>", "a\nb\nc"),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>end", "- a\n- b\nend"),
        ('<a title="x > y" href="http://a/?b=1">a <b>link</b></a>', "a link"),
        ("<!-- a <b>note</b> -->text<script>if (a) b()</script><style>p {}</style>", "text"),
        ("<!DOCTYPE html><html><body>text</body></html>", "text"),
        ("Tom &amp; Ann &copy; caf&eacute; &#65;&#x42;", "Tom & Ann © café AB"),
        ("&lt;p&gt;escaped&lt;/p&gt; &amp;amp;amp; twice", "escaped\n\n& twice"),
        ("a&nbsp;b\u00a0 c\u2003d\te", "a b c d e"),
        (" \n\n a \r\n\r\n\r\n\r\nb\u2028c\u200b ", "a\n\nb\nc"),
        ("<td>a</td>\n<td>b</td>", "a b"),
        ("a\0b\x07c", "abc"),
    ],
)
def test_what_is_html_is_taken_out_and_white_space_is_plain(dirty: str, clean: str) -> None:
    assert cleaned(dirty) == clean


@pytest.mark.parametrize(
    "text",
    [
        "I <3 you",
        "a < b and b > a",
        "I <love you",
        "see <http://example.com/> or <me@example.com>",
        "<Ann> hi, <Bob> hello",
        "1 <2> 3 <p",
        "<b and c>",
        "AT&T, R&D; &notaword; &copy 2020 &#99999999999999; &#;",
        "- a\n- b\n\nc",
        "ελληνικά हिन्दी 日本語 👩‍👧",
        "",
    ],
)
def test_what_is_not_surely_html_stays(text: str) -> None:
    assert cleaned(text) == text


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_what_is_clean_stays_so(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)


@given(st.text(max_size=80))
def test_any_text_can_be_cleaned_and_no_letter_is_made_up(text: str) -> None:
    clean = cleaned(text)
    assert cleaned(clean) == clean
    if "&" not in text:
        assert set(clean) <= set(text) | set("\n- ")


NASTY = [
    *("<", "<a ", '<a "', "<a x='", "<!--", "</", "<div>", "<b><i>", "<script>", "&amp;", "&", "&#1", " \n", " "),
    *("\n", "<<b>", "<p  ", "<br>\n  ", "<a b c d ", "<!doctype ", "&lt;", "\x1e ", "<li>", "word "),
]


@pytest.mark.parametrize("piece", NASTY)
def test_ten_times_the_text_takes_no_more_than_about_ten_times_as_long(piece: str) -> None:
    assert growth(cleaned, piece, 100_000) < LINEAR


def test_ten_megabytes_are_cleaned() -> None:
    text = "<p>Two  dogs &amp; a cat</p>\n" * (10_000_000 // 29)
    assert (
        cleaned(text).startswith("Two dogs & a cat\n\nTwo dogs") and growth(cleaned, "<p>a  b</p>", 1_000_000) < LINEAR
    )


# --- the detector ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("configure")
class TestDetails:
    def analyse(self, details: str, organized: bool = False) -> list[Change]:
        make_scene(1, "<b>Title</b>", details=details, organized=organized)
        run("analysis", detect_details=True, detect_tags=False, detect_video_tags=False)
        return list(Change.objects.all())

    def test_they_are_proposed_with_what_they_were_made_from(self) -> None:
        [change] = self.analyse("<p>Two dogs</p>")
        assert (change.kind, change.detector) == ("set_details", "detect_details")
        assert change.value == {"details": "Two dogs", "made_from": digest_of("<p>Two dogs</p>")}

    @pytest.mark.parametrize("details", ["", "Two dogs", "<p> </p>", '<img src="http://a/b.jpg">'])
    def test_nothing_is_proposed_for_what_is_clean_or_would_be_empty(self, details: str) -> None:
        assert self.analyse(details) == []

    def test_organized_scenes_are_left_alone(self) -> None:
        assert self.analyse("<p>Two dogs</p>", organized=True) == []

    def test_by_default_they_are_not_touched(self) -> None:
        make_scene(1, details="<p>Two dogs</p>")
        run("analysis")
        assert not Change.objects.exists()
