"""What a run keeps of the settings: its rules and options. Addresses and secrets are read for each attempt, so that
a corrected password helps the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection

from jobs.declare.pinning import Pinning
from scenes.configuration import effective
from scenes.configuration.definition import DECLARED
from scenes.configuration.destinations import KEY
from scenes.rules import current

RULES = "tag_rules"  # the rules per tag, among the keys of settings
MODELS = ("Setting", "Destination", "TagRule")  # whose rows settings are made of


class RunSettings(Pinning):
    def __init__(self) -> None:
        self.kept: tuple[Any, dict[str, str]] = None, {}  # what was read, and made of it

    def pinned(self) -> dict[str, str]:
        """The texts by key; "" for a default. Without those that can't be used: whoever needs one says so.

        Rows are read each time, as one text; what is made of them is kept while it is the same.
        """
        read = rows_as_text(), effective.given()
        before, texts = self.kept
        if read != before:
            effective.forget()
            state = effective.state()
            texts = state.kept_by_runs | {RULES: current.stored(state.configuration).packed}
            self.kept = read, texts
        return dict(texts)

    @contextmanager
    def applied(self, pinned: Mapping[str, str]) -> Iterator[None]:
        settings = {key: text for key, text in pinned.items() if key in DECLARED or key == KEY}
        with effective.kept(settings), current.kept(pinned.get(RULES)):
            yield


def rows_as_text() -> tuple[Any, ...]:
    """All rows of these tables, by one statement; a text for each."""
    with connection.cursor() as cursor:
        cursor.execute(_texts(connection.vendor))
        found: tuple[Any, ...] = cursor.fetchone()
        return found


@cache
def _texts(vendor: str) -> str:
    row, rows = ("json_build_array", "json_agg") if vendor == "postgresql" else ("json_array", "json_group_array")
    quoted, texts = connection.ops.quote_name, []
    for meta in (apps.get_model("scenes", name)._meta for name in MODELS):
        columns = ", ".join(quoted(str(field.column)) for field in meta.concrete_fields)
        texts.append(f"(SELECT CAST({rows}({row}({columns})) AS text) FROM {quoted(meta.db_table)})")
    return f"SELECT {', '.join(texts)}"
