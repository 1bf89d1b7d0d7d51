"""Rules as CSV, in the columns that people share. What is wrong with a file is said line by line, all of it at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from scenes.clients.stash.names import folded
from scenes.models import TagRule
from scenes.rules.columns import BY_FOLDED_NAME, NOT_OURS, READ, folded_column, guarded, unguarded, written

MAX_BYTES = 1_000_000
MAX_ROWS = 5000
MAX_PROBLEMS = 50  # that are named
DELIMITERS = ",;\t"
NO_HEADING = re.compile(r"[\s,;]*|sep=.*\s*", re.IGNORECASE)  # nothing, or a line of Excel's
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
HOW = gettext_noop("Save it as “CSV UTF-8”.")
Values = dict[str, Any]  # of a rule, by column


class BadFile(Exception):
    """``problems``: a sentence for each, with its line, in the active language."""

    def __init__(self, *problems: str):
        more = len(problems) - MAX_PROBLEMS
        self.problems = [*problems[:MAX_PROBLEMS], *([_("… and {count} more.").format(count=more)] if more > 0 else [])]
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class RulesFile:
    """What a file says: values by column, of those columns that it has. ``notes``: what it says and we don't use."""

    columns: list[str]
    rows: list[Values]
    notes: list[str]


def read(content: bytes) -> RulesFile:
    """Raises BadFile."""
    if len(content) > MAX_BYTES:
        text = _("The file has more than {size:g} MB: that is no table of rules.")
        raise BadFile(text.format(size=MAX_BYTES / 1e6))
    lines = decoded(content).splitlines(keepends=True)
    begin = next((number for number, line in enumerate(lines) if not NO_HEADING.fullmatch(line)), 0)
    heading = "".join(lines[begin:])
    delimiter = delimiter_of(heading)
    reader = csv.reader(io.StringIO(heading, newline=""), delimiter=delimiter, strict=True)
    try:
        columns, notes = columns_of(next(reader, []))
        rows = list(_rows(reader, columns, begin, delimiter))
    except csv.Error as error:
        text = _("Line {line}: {error}. Is a quotation mark missing?")
        raise BadFile(text.format(line=reader.line_num + begin, error=error)) from error
    if not rows:
        raise BadFile(_("There is no rule in it, just the names of the columns."))
    return RulesFile([name for name in columns if name], rows, notes)


def decoded(content: bytes) -> str:
    """Raises BadFile."""
    encoding = next((name for bom, name in BOMS.items() if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile(_("Line {line}: not in UTF-8. {how}").format(line=line, how=_(HOW))) from error
    if "\0" in text:
        raise BadFile(_("The file holds characters that no text has. {how}").format(how=_(HOW)))
    return text


def delimiter_of(text: str) -> str:
    """The one by which the first line names the most columns."""
    first = next(iter(text.splitlines()), "")

    def known(delimiter: str) -> int:
        return sum(folded_column(name.strip('"')) in BY_FOLDED_NAME for name in first.split(delimiter))

    return max(DELIMITERS, key=known)


def columns_of(heading: list[str]) -> tuple[list[str], list[str]]:
    """Our name for each column, "" for one that we don't use; and notes. Raises BadFile."""
    given = {folded_column(name): name.strip() for name in heading}
    named = [BY_FOLDED_NAME.get(folded_column(name), "") for name in heading]
    others = {key: name for key, name in given.items() if key and key not in BY_FOLDED_NAME}
    meant = {key: get_close_matches(key, BY_FOLDED_NAME, 1, 0.8) for key in others if key not in NOT_OURS}
    unknown = _("Line 1: there is no column “{name}”. Is it {near}? Else leave it out.")
    problems = [
        unknown.format(name=others[key][:50], near=BY_FOLDED_NAME[near[0]]) for key, near in meant.items() if near
    ]
    twice = sorted({name for name in named if name and named.count(name) > 1})
    problems += [_("Line 1: the column {name} is there twice.").format(name=name) for name in twice]
    if "tag_name" not in named:
        text = _("Line 1: no column tag_name. The first line names the columns: {names}.")
        problems.append(text.format(names=", ".join(READ)))
    if problems:
        raise BadFile(*problems)
    unused = ", ".join(name[:50] for name in list(others.values())[:MAX_PROBLEMS])
    return named, [_("Not used by StashHog: {names}.").format(names=unused)] if unused else []


def _rows(reader: Any, columns: list[str], begin: int, delimiter: str) -> Iterator[Values]:
    """Those with anything in them. Raises BadFile, once all have been looked at."""
    problems: list[str] = []
    found: dict[str, tuple[int, Values]] = {}
    for cells in reader:
        line = reader.line_num + begin
        if any(cell.strip() for cell in cells):
            values, wrong = _values(cells, columns, delimiter)
            key = folded(values.get("tag_name", ""))
            if key in found and not wrong:
                text = _("“{name}” is in line {line} already; case does not matter")
                wrong = [text.format(name=values["tag_name"], line=found[key][0])]
            problems += [_("Line {line}: {problem}.").format(line=line, problem=problem) for problem in wrong]
            found.setdefault(key or f"line {line}", (line, values))
        if len(found) > MAX_ROWS:
            text = _("More than {most} rules: that is no table of rules per tag.")
            raise BadFile(text.format(most=number_format(MAX_ROWS, force_grouping=True)))
    if problems:
        raise BadFile(*problems)
    yield from (values for _, values in found.values())


def _values(cells: list[str], columns: list[str], delimiter: str) -> tuple[Values, list[str]]:
    """Of one line, and what is wrong with it."""
    if any(cell.strip() for cell in cells[len(columns) :]):
        text = _("{cells} cells, but the first line names {columns} columns")
        return {}, [text.format(cells=len(cells), columns=len(columns))]
    values: Values = {}
    wrong: list[str] = []
    padded = [*cells, *[""] * (len(columns) - len(cells))]
    for name, cell in zip(columns, padded, strict=False):
        content = unguarded(cell.strip())
        is_number = name in ("min_marker_duration", "max_gap", "min_confidence")
        if is_number and delimiter != ",":
            content = content.replace(",", ".")  # as a spreadsheet of another language writes it
        try:
            values |= {name: READ[name](content)} if name else {}
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    return values, wrong or TagRule.wrong_in(values)


def write(rules: Iterable[TagRule]) -> str:
    """All columns of these rules, for `read` and for the programs of others."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(READ)
    for rule in rules:
        writer.writerow(guarded(written(getattr(rule, name))) for name in READ)
    return out.getvalue()
