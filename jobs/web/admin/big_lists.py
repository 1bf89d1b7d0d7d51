"""Lists of the admin over more rows than anybody counts: what they ask of the database stays small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.texts.keys import words

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ValuesFilter = admin.AllValuesFieldListFilter

MOST = 10_000  # rows that are counted, and that pages lead to: beyond them lead filters
NEWEST = 1000  # rows whose values a filter offers
MOST_MONTHS = 60

Rows = TypeVar("Rows", bound=QuerySet[Any])


def newest(rows: Rows, count: int, order: str = "pk") -> Rows:
    """Those that are not older than the newest ``count`` of all rows, by a column with an index."""
    edge = newest_of_the_rest(rows.model, count, order)
    return rows if edge is None else rows.filter(**{f"{order}__gt": edge})


def newest_of_the_rest(model: type[Model], count: int, order: str = "pk") -> Any:
    """The value of the newest row that is not one of the newest ``count``; None where there are no more."""
    ordered = model._default_manager.order_by(f"-{order}").values_list(order, flat=True)
    return ordered[count : count + 1].first()


class AtLeast(int):
    """A number of which there are more, as people read it: 10,000+."""

    def __str__(self) -> str:
        return f"{int(self):,}+"


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts MOST rows at most. One look at the table gives the count and the rows of a page that is filtered."""

    @cached_property
    def count(self) -> int:
        return AtLeast(MOST) if self._seen > MOST else self._seen

    @cached_property
    def _seen(self) -> int:
        """How many there are, or MOST + 1."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        if self._keys is not None:
            return len(self._keys)
        # What is counted below each row is not part of this count, but would be of that of a part of them.
        return rows.count() if rows.query.annotation_select else rows.order_by()[: MOST + 1].count()

    @cached_property
    def _keys(self) -> list[Any] | None:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        if not rows.query.where or rows.query.annotation_select:
            return None
        return list(rows.values_list("pk", flat=True)[: MOST + 1])

    def page(self, number: int | str) -> Page[Any]:
        rows, number = self.object_list, self.validate_number(number)
        if self._keys is None or not isinstance(rows, QuerySet):
            return super().page(number)
        start = (number - 1) * self.per_page
        keys = self._keys[start : min(start + self.per_page, self.count)]
        found = rows.model._default_manager.none() if not keys else rows.filter(pk__in=keys)
        return Page(found, number, self)


class CappedChangeList(ChangeList):
    """What fits on one page is read like any other page: Django would look for it once more."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page:
            self.result_list = self.paginator.page(1).object_list


def values_filter(
    formatter: Callable[[str], str] = words, base: type[ValuesFilter] = ValuesFilter
) -> type[ValuesFilter]:
    """A filter by the values of a column, shown as on the pages."""

    class LabelledFilter(base):  # type: ignore[misc, valid-type]
        def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
            everything, *others = super().choices(changelist)
            yield everything
            for other in others:
                yield {**other, "display": formatter(other["display"]) if other["display"] else gettext("None")}

    return LabelledFilter


def is_set(title: StrOrPromise, yes: StrOrPromise, no: StrOrPromise) -> type[admin.EmptyFieldListFilter]:
    """A filter by whether a column holds anything, and what it means that it does."""

    class SetFilter(admin.EmptyFieldListFilter):
        def __init__(self, *args: Any, **options: Any):
            super().__init__(*args, **options)
            self.title = title

        def choices(self, changelist: ChangeList) -> Iterator[Any]:
            everything, empty, full = super().choices(changelist)
            yield from (everything, {**full, "display": yes}, {**empty, "display": no})

    return SetFilter


class NewestValuesFilter(admin.AllValuesFieldListFilter):
    """Offers the values that the newest rows have: to find all of them, the whole table would be read."""

    newest_first: tuple[str, ...] = ("-created_at", "-id")

    def __init__(self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str):
        super().__init__(field, request, params, model, model_admin, field_path)
        newest = model._default_manager.order_by(*self.newest_first)[:NEWEST]
        self.lookup_choices = sorted(set(newest.values_list(field_path, flat=True)))  # type: ignore[assignment]


class LatestValuesFilter(NewestValuesFilter):
    """The same, of rows that no time but their number puts in order."""

    newest_first = ("-pk",)


class MonthFilter(admin.SimpleListFilter):
    """The months from that of the oldest row to that of the newest one, which an index gives."""

    title = _("month")
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        times = model_admin.model._default_manager.order_by("created_at").values_list("created_at", flat=True)
        oldest, newest = times.first(), times.last()
        if oldest is None or newest is None:
            return []
        first, month = month_of(oldest), month_of(newest)
        found: list[tuple[str, str]] = []
        while month >= first and len(found) < MOST_MONTHS:
            found.append((f"{month:%Y-%m}", date_format(month, "YEAR_MONTH_FORMAT")))
            month = before(month)
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            begin = datetime.strptime(self.value() or "", "%Y-%m").replace(tzinfo=timezone.get_current_timezone())
        except ValueError:
            return queryset
        return queryset.filter(created_at__gte=begin, created_at__lt=after(begin))


def month_of(moment: datetime) -> datetime:
    """Its first moment, by the time zone of the pages."""
    return timezone.localtime(moment).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def before(month: datetime) -> datetime:
    return month.replace(year=month.year - (month.month == 1), month=month.month - 1 or 12)


def after(month: datetime) -> datetime:
    return month.replace(year=month.year + (month.month == 12), month=month.month % 12 + 1)
