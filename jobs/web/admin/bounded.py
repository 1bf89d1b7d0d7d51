"""Lists whose answer is a page or 400, in a bounded time, whatever is in their address."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import FieldDoesNotExist, SuspiciousOperation
from django.db import DataError, IntegrityError
from django.db.models import DateTimeField, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.forms import ModelForm, SplitDateTimeField
from django.http import HttpRequest, QueryDict
from django.utils.formats import localize
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext

from jobs.web.admin.big_lists import CappedChangeList, CappedPaginator, newest
from jobs.web.admin.columns import Formatter, with_columns

if TYPE_CHECKING:
    pass

MAX_WORDS = 20  # of a search
MAX_SEARCH = 500  # characters of a search
LOOKUPS = {"exact", "in", "isnull", "gt", "gte", "lt", "lte", "year", "month", "day"}  # in an address
DATE_PARTS = {"year": 2000, "month": 1, "day": 1}  # what stands for one that is not given: any day will do


class Labelled:
    """A form in a row of a list: each field says what it is of which row, since its label is the head of its column."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        for field in self.fields.values():  # type: ignore[attr-defined]
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"  # type: ignore[attr-defined]


class LabelledDateTime(AdminSplitDateTime):
    """Two fields whose labels are no more than the words before them: each says its own."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, label in zip(context["widget"]["subwidgets"], (gettext("Date"), gettext("Time")), strict=True):
            part["attrs"]["aria-label"] = label
        return context


class BoundedListAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Whatever is in the address of its list, the answer is a page or 400, and takes a bounded time.

    Of two people who save the same name at once the slower one gets the form back.
    ``formatters``: by the names of fields, how their values are shown where they are no words.
    """

    formatters: ClassVar[dict[str, Formatter]] = {}
    formfield_overrides: ClassVar[Any] = {
        DateTimeField: {"form_class": SplitDateTimeField, "widget": LabelledDateTime},
    }
    paginator = CappedPaginator
    searched = 0  # rows that a search looks at, the newest by the column ``newest_by``; 0: all
    newest_by = "pk"

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return CappedChangeList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        edited = self.list_editable if self.has_change_permission(request) else ()
        return with_columns(self.model, super().get_list_display(request), self.formatters, edited)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What this user can't change is shown as in a list."""
        found = super().get_fieldsets(request, obj)
        written: set[str] = set()
        if obj is None or self.has_change_permission(request, obj):
            read_only = {getattr(field, "__name__", field) for field in self.get_readonly_fields(request, obj)}
            written = {field.name for field in self.opts.fields} - read_only
        return [
            (title, {**options, "fields": with_columns(self.model, options["fields"], self.formatters, written)})
            for title, options in found
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return with_columns(self.model, super().get_readonly_fields(request, obj), self.formatters)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **options)
        except IntegrityError:
            # Somebody was quicker, after the form had looked. Now it sees that, and says it.
            return super().changeform_view(request, *args, **options)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Those that filters make: no regular expressions, nothing inside of JSON."""
        path, _, last = lookup.rpartition(LOOKUP_SEP)
        if path:
            try:
                get_fields_from_path(self.model, path if last in LOOKUPS else lookup)
            except (FieldDoesNotExist, NotRelationField):
                return False
        return super().lookup_allowed(lookup, value, request)

    def get_changelist_form(self, request: HttpRequest, **options: Any) -> type[ModelForm]:  # type: ignore[type-arg]
        return type("LabelledForm", (Labelled, super().get_changelist_form(request, **options)), {})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        refuse_no_dates(request.GET)
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as error:  # a date or a number that no column takes
            raise SuspiciousOperation("The address asks for rows with a value that no row can have.") from error

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Each word is a condition, and databases take only so many of them."""
        if len(search_term) > MAX_SEARCH or len(search_term.split()) > MAX_WORDS:
            text = gettext("Search for at most {words} words, of {n} characters together. Nothing was searched for.")
            messages.warning(request, text.format(words=MAX_WORDS, n=MAX_SEARCH))
            return queryset.none(), False
        if search_term and self.searched:
            rows = newest(queryset, self.searched, self.newest_by)
            if rows is not queryset:
                text = gettext("Only the newest {n} rows were searched.")
                messages.info(request, text.format(n=localize(self.searched)))
            queryset = rows
        return super().get_search_results(request, queryset, search_term)


def words_of(search_term: str) -> list[str]:
    """As Django's admin takes them: what is in quotes is one."""
    words = smart_split(search_term)
    return [unescape_string_literal(word) if word[0] in "'\"" and word[0] == word[-1] else word for word in words]


def refuse_no_dates(given: QueryDict) -> None:
    """Raise SuspiciousOperation for a date that there isn't; the admin calculates with it while it renders the page."""
    for name in given:
        path, _, last = name.rpartition(LOOKUP_SEP)
        if last not in DATE_PARTS:
            continue
        parts = {part: given.get(f"{path}{LOOKUP_SEP}{part}") or usual for part, usual in DATE_PARTS.items()}
        try:
            date(*(int(part) for part in parts.values()))
        except (ValueError, OverflowError) as error:
            raise SuspiciousOperation("The address asks for a date that there isn't.") from error


def bound_all_lists(site: admin.AdminSite) -> None:
    """Make the lists of other apps, such as those of users, behave as `BoundedListAdmin` does."""
    for model in filter(site.is_registered, apps.get_models()):
        registered = type(site.get_model_admin(model))
        if not issubclass(registered, BoundedListAdmin):
            site.unregister(model)
            site.register(model, type(registered.__name__, (BoundedListAdmin, registered), {}))
