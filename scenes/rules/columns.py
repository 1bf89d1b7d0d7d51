"""The columns of rules as text: what people write into a CSV, and what is written into one.

The names are those of the tables that people share; case, spaces, - and _ make no difference in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from scenes.models.rules import RESERVED
from scenes.rules.rule_set import DEFAULT

YES, NO = {"1", "true", "yes", "y", "on"}, {"0", "false", "no", "n", "off"}
NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,20})?(?:e-\d{1,3})?", re.ASCII)
DEFAULT_NAMES = {*RESERVED, DEFAULT}  # of the default rule
# Of other programs, about what StashHog does not do.
NOT_OURS = {"imageenabled", "mergestrategy", *(f"markermergeparam{number}" for number in range(1, 6))}
FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")  # a spreadsheet would calculate what begins so
GUARDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def text(value: str) -> str:
    return value


def tag_name(value: str) -> str:
    """Raises ValueError."""
    if not value:
        raise ValueError(_("name the tag, or __default__ for the default rule"))
    return DEFAULT if value.lower() in DEFAULT_NAMES else value


def yes_or_no(value: str) -> bool | None:
    """None for an empty text. Raises ValueError."""
    word = value.lower()
    if word not in YES | NO | {""}:
        text = _("“{value}” is neither TRUE nor FALSE; empty means as in the default rule")
        raise ValueError(text.format(value=value[:50]))
    return word in YES if word else None


def number(value: str) -> float | None:
    """None for an empty text. Raises ValueError."""
    if not value:
        return None
    if not NUMBER.fullmatch(value):
        raise ValueError(_("“{value}” is no number such as 8 or 2.5").format(value=value[:50]))
    return float(value)


READ: dict[str, Callable[[str], Any]] = {
    "tag_name": tag_name,
    "category": text,
    "stash_name": text,
    "markers_enabled": yes_or_no,
    "scene_tag_enabled": yes_or_no,
    "required_scene_tag_duration": text,
    "min_marker_duration": number,
    "max_gap": number,
    "wanted": yes_or_no,
    "min_confidence": number,
}  # by column, in the order of an export


def folded_column(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


BY_FOLDED_NAME = {folded_column(name): name for name in READ} | {"tag": "tag_name"}


def written(value: Any) -> str:
    """As `READ` reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def guarded(value: str) -> str:
    """With a ' before what a spreadsheet would take for a formula."""
    return f"'{value}" if FORMULA.match(value) else value


def unguarded(value: str) -> str:
    return value[1:] if GUARDED.match(value) else value
