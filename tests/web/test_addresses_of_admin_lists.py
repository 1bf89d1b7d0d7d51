"""Whatever the address of a list in the admin asks for, the answer is a page or 400, in a bounded time."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest
from django.contrib.auth.models import Group, User
from django.db import models
from django.test import Client

from jobs.models import Event, Job
from scenes.models import Download, Scene
from tests.web.factories import make_job
from tests.web.test_admin import REGISTERED, changelist, fill

pytestmark = pytest.mark.django_db(transaction=True)  # PostgreSQL refuses some of it, which ends a transaction
LISTS = [*REGISTERED, User, Group]
ABSURD = ["99999999999", "20000", "0", "-1", "x", "nan", "1e400", "9" * 5000, "0001-01-01 00:00:00+23:59"]
DATES = ["year", "month", "day", "hour", "week", "date", "gte", "lt", "exact", "in", "range", "iso_year", "year__gte"]
NUMBERS = ["exact", "gte", "in", "range", "isnull"]
TEXTS = ["exact", "regex", "iregex", "contains", "x", "year", "has_key", "isnull"]


def lookups(model: type[models.Model]) -> Iterator[str]:
    """One for each field, each time another one."""
    for index, field in enumerate(model._meta.concrete_fields):
        is_date, is_number = isinstance(field, models.DateTimeField), isinstance(field, models.IntegerField)
        names = DATES if is_date else NUMBERS if is_number else TEXTS
        yield f"{field.name}__{names[index % len(names)]}"


def get(browser: Client, model: type[models.Model], **query: str) -> str:
    """The page; of an address that is refused, the words of the refusal."""
    browser.raise_request_exception = False
    begun = monotonic()
    answer = browser.get(changelist(model), query, follow=True)
    assert answer.status_code in (200, 400), f"{model.__name__} {str(query)[:100]}: {answer.status_code}"
    assert monotonic() - begun < 10
    return answer.text


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.__name__)
def test_a_filter_by_a_value_that_no_row_has_is_no_fault_of_ours(browser: Client, model: type[models.Model]) -> None:
    fill(1)
    for index, lookup in enumerate(lookups(model)):
        get(browser, model, **{lookup: ABSURD[index % len(ABSURD)]})


@pytest.mark.parametrize("value", ABSURD)
def test_nor_is_one_by_an_absurd_date(browser: Client, value: str) -> None:
    make_job()
    for lookup in ("created_at__year", "started_at__year", "created_at__month", "created_at__gte", "created_at__hour"):
        get(browser, Job, **{lookup: value})


def test_a_regular_expression_that_never_ends_is_refused(browser: Client) -> None:
    make_job(message="a" * 5000 + "!")
    assert "a!" not in get(browser, Job, message__regex="(a+)+$")


def test_filters_that_the_pages_offer_work(browser: Client) -> None:
    job = make_job("sync", message="Here")
    year, month = str(job.created_at.year), str(job.created_at.month)
    for query in (
        {"created_at__year": year, "created_at__month": month},
        {"status__exact": "queued", "type": "sync"},
        {"created_at__gte": f"{year}-01-01 00:00:00+00:00"},
        {"kind": "run"},
        {"started_at__isnull": "True"},
        {"q": "Here"},
    ):
        assert str(job) in get(browser, Job, **query), query


@pytest.mark.parametrize("model", [Job, Scene, User, Group], ids=lambda model: model.__name__)
@pytest.mark.parametrize(
    "text", [" ".join(f"w{number}" for number in range(2000)), "x" * 60_000, '"' * 501, "% " * 300], ids=lambda x: x[:5]
)
def test_a_search_for_thousands_of_words_says_how_many_may_be_searched_for(
    browser: Client, model: type[models.Model], text: str
) -> None:
    fill(1)
    page = get(browser, model, q=text)
    assert "Search for at most 20 words" in page and "Nothing was searched for." in page


@pytest.mark.parametrize("model", [Job, Event, Scene, Download], ids=lambda model: model.__name__)
def test_a_search_for_twenty_words_is_made(browser: Client, model: type[models.Model]) -> None:
    assert "Nothing was searched for" not in get(browser, model, q=" ".join(["abcde"] * 20))


@pytest.mark.parametrize("query", ["p", "o", "_facets", "e", "all", "_to_field", "nothing", "id__exact", "o__x"])
def test_odd_values_of_its_other_parameters_are_no_fault_of_ours(browser: Client, query: str) -> None:
    make_job()
    for value in ("9" * 30, "-5", "x", "-1.-1", "9" * 5000):
        get(browser, Job, **{query: value})


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        ("2026", "13", "1"),
        ("2026", "2", "30"),
        ("99999999999", "1", "1"),
        ("0", "1", "1"),
        ("x", "y", "z"),
        ("", "99", ""),
    ],
)
@pytest.mark.parametrize("model", [Job, Scene])
def test_a_date_that_there_is_not_is_refused(
    browser: Client, model: type[models.Model], year: str, month: str, day: str
) -> None:
    make_job()
    query = {"created_at__year": year, "created_at__month": month, "created_at__day": day}
    answer = browser.get(changelist(model), {name: value for name, value in query.items() if value})
    assert answer.status_code == 400


def test_a_date_that_there_is_shows_its_rows(browser: Client) -> None:
    job = make_job()
    query = {f"created_at__{part}": str(getattr(job.created_at, part)) for part in ("year", "month", "day")}
    for given in (query, {"created_at__year": query["created_at__year"]}):
        assert str(job.pk)[:8] in get(browser, Job, **given)
