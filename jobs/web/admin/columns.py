"""How the admin shows what rows hold: a column for each field whose values are not words as they are stored."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, DateTimeField, JSONField, Model
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from jobs.models import Job, Status
from jobs.templatetags.jobs import badge as badge_context
from jobs.texts.keys import words
from jobs.texts.times import here, on_page
from jobs.texts.translatable import TranslatableField
from jobs.web.admin.values import NOTHING, plainly, switch

Formatter = Callable[[Any], str]
# How the values of a kind of field are shown, where an admin has nothing else for the field.
BY_KIND: tuple[tuple[type, Formatter], ...] = (
    (TranslatableField, on_page),
    (DateTimeField, here),
    (JSONField, plainly),
    (BooleanField, switch),
)


@functools.cache
def column_for(field: Any, formatter: Formatter) -> Callable[[Model], str]:
    """What a row has in a field, as it is shown; named and ordered as the field."""

    def column(row: Model) -> str:
        value = getattr(row, field.name)
        return NOTHING if value is None or value == "" else formatter(value)

    column.__name__ = field.name
    return admin.display(description=field.verbose_name, ordering=field.name)(column)


def text_column(model: type[Model], name: str, formatter: Formatter = words) -> Callable[[Any], str]:
    """A column whose value is shown another way than it is stored."""
    return column_for(model._meta.get_field(name), formatter)


def formatter_for(field: Any, formatters: Mapping[str, Formatter]) -> Formatter | None:
    """How the values of a field are shown; None: as Django shows them."""
    usual = (formatter for kind, formatter in BY_KIND if isinstance(field, kind))
    return formatters.get(field.name) or next(usual, None)


def source_named(source: str) -> str:
    """The way in which a job was started."""
    return capfirst(gettext(source))


def status_named(status: str) -> str:
    return str(Status(status).label)


def with_columns(
    model: type[Model], names: Iterable[Any], formatters: Mapping[str, Formatter], written: Container[str] = ()
) -> list[Any]:
    """What an admin page shows of rows, each field as `formatter_for` has it; names may be in groups.

    ``written``: the fields of a form that somebody can write in.
    """
    fields = {
        field.name: column_for(field, formatter)
        for field in model._meta.fields
        if field.name not in written and (formatter := formatter_for(field, formatters))
    }
    return [
        with_columns(model, name, formatters, written) if isinstance(name, list | tuple)
        else fields.get(name, name) if isinstance(name, str)
        else name
        for name in names
    ]  # fmt: skip


def badge(status: str) -> SafeString:
    """A status as the pages show it."""
    return render_to_string("jobs/_badge.html", badge_context(status))


def progress(job: Job) -> SafeString:
    return format_html('<progress max="100" value="{}">{} %</progress> {} %', job.percent, job.percent, job.percent)


def job_link(job: Job | None) -> SafeString | str:
    """A job's page, by its name."""
    return format_html('<a href="{}">{}</a>', job.get_absolute_url(), job) if job else "–"
