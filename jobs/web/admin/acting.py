"""Actions that are confirmed and need a permission, and rows that are history."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.permissions import allowed, require
from jobs.web.admin.bounded import BoundedListAdmin
from jobs.web.admin.columns import Formatter, with_columns

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_INLINE = 100  # rows shown below another one
SHOWN = 20  # rows that a confirmation of all of a list names
KEPT = ("action", ACTION_CHECKBOX_NAME, "select_across", "index")  # of the form of a list
SEARCHED = 100_000  # rows of a list in which no index finds words


Action = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]
Consequence = Callable[[QuerySet[Any]], str]


def action(
    description: StrOrPromise, permission: str, *, confirm: Consequence | None = None
) -> Callable[[Action], Action]:
    """An action of an ActingAdmin for those who have this permission (see `jobs.permissions`).

    ``confirm`` says what goes, of what nobody can take back: then a page asks first, and names the rows.
    """

    def mark(function: Action) -> Action:
        @functools.wraps(function)
        def asked(self: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
            if confirm and request.POST.get("post") != "yes":  # the word of Django's own confirmations
                return confirmation(self, request, rows, description, confirm(rows))
            return function(self, request, rows)

        asked.permission = permission  # type: ignore[attr-defined]
        return admin.action(description=description)(asked)

    return mark


def confirmation(
    model_admin: Any, request: HttpRequest, rows: QuerySet[Any], description: StrOrPromise, consequence: str
) -> HttpResponse:
    """The page that asks whether an action is meant."""
    count, is_all = rows.count(), request.POST.get("select_across") == "1"
    context = {
        **model_admin.admin_site.each_context(request),
        "title": description,
        "opts": model_admin.opts,
        "consequence": consequence,
        # Chosen one by one they are those of a page; all of a list are that list.
        "rows": rows[:SHOWN] if is_all else rows,
        "all": count if is_all and count > SHOWN else 0,
        "list": request.get_full_path(),
        "given": [(name, value) for name, values in request.POST.lists() if name in KEPT for value in values],
    }
    return TemplateResponse(request, "admin/jobs/confirm.html", context)


class ActingAdmin(BoundedListAdmin):
    """Its actions are those of `action`: offered to and done for those who have their permission, and nobody else."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without those that this user may not take."""
        found = super().get_actions(request)
        ours = set(self.actions or ())
        return {
            name: entry
            for name, entry in found.items()
            if name not in ours or allowed(request.user, self._permission_of(name))
        }

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # An action that isn't offered would be no more than a hint for Django, and the answer 200.
        for name in set(request.POST.getlist("action")) & set(self.actions or ()):
            require(request.user, self._permission_of(str(name)))
        return super().changelist_view(request, extra_context)

    def _permission_of(self, name: str) -> str:
        return getattr(getattr(self, name, None), "permission", "")


class ReadOnlyAdmin(ActingAdmin):
    """Rows that jobs write: to be looked at and searched."""

    list_per_page = 50
    show_full_result_count = False
    searched = SEARCHED

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_change_permission(request)


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    """The newest MAX_INLINE rows that belong to a row."""

    extra = 0
    can_delete = False
    show_change_link = False
    parent_field = ""
    formatters: ClassVar[dict[str, Formatter]] = {}
    template = "admin/jobs/inline.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Limited by a sub-query, since the admin filters what it is given."""
        match = request.resolver_match
        parent = match.kwargs.get("object_id") if match else None
        rows = super().get_queryset(request)
        newest = rows.filter(**{self.parent_field: parent}).order_by("-pk").values("pk")[:MAX_INLINE]
        return rows.filter(pk__in=list(newest.values_list("pk", flat=True)))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return with_columns(self.model, self.fields or (), self.formatters)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def may_list(request: HttpRequest, model: type[Model]) -> bool:
    """Whether this user may open the admin's list of these rows."""
    return admin.site.has_permission(request) and admin.site.get_model_admin(model).has_view_permission(request)
