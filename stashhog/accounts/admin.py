"""Users and groups in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.forms.models import ModelChoiceIterator
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.permissions import words_of
from jobs.web.admin.acting import ReadOnlyAdmin
from stashhog.accounts.forms import NewUserForm, UserForm
from stashhog.accounts.login import LoginForm
from stashhog.accounts.roles import named, role_of, set_role

BEYOND_ROLES = ("is_superuser", "groups", "user_permissions")  # with these one could become a superuser

admin.site.login_form = LoginForm
admin.site.unregister([User, Group])


class GroupedByModel(ModelChoiceIterator):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        for model, rows in groupby(self.queryset, key=lambda row: str(row.content_type)):
            yield model, [self.choice(row) for row in rows]


class PermissionsField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Of which Django has the names in English alone, in a chooser that not everybody can use."""

    iterator = GroupedByModel
    widget = CheckboxSelectMultiple

    def label_from_instance(self, obj: Permission) -> str:
        return capfirst(words_of(obj))


class GroupsFilter(admin.RelatedFieldListFilter):
    def field_choices(self, *args: Any, **options: Any) -> list[tuple[Any, Any]]:
        return [(key, named(str(name))) for key, name in super().field_choices(*args, **options)]


class WithPermissions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Chosen by boxes."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        field = PermissionsField if db_field.related_model is Permission else ModelMultipleChoiceField
        return super().formfield_for_manytomany(
            db_field, request, **{"form_class": field, "widget": CheckboxSelectMultiple, **kwargs}
        )


@admin.register(Group)
class GroupAdmin(WithPermissions, DjangoGroupAdmin):
    """Beside the roles' own groups."""

    list_display = ["named"]

    @admin.display(description=_("name"), ordering="name")
    def named(self, group: Group) -> str:
        return named(group.name)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Headed by the name that people read."""
        group = self.get_object(request, unquote(object_id))
        context = {"subtitle": named(group.name)} if group else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Names who loses what the group gives; the rows that link it say nothing to anybody."""
        _rows, _counts, needed, protected = super().get_deleted_objects(objs, request)
        name, several = capfirst(Group._meta.verbose_name), capfirst(Group._meta.verbose_name_plural)
        found: list[Any] = []
        for group in objs:
            users = group.user_set.order_by("username")
            removed = [gettext("{user} is no longer in it").format(user=user) for user in users]
            found += [f"{name}: {named(group.name)}", *([removed] if removed else [])]
        return found, {several: len(objs)}, needed, protected


@admin.register(User)
class UserAdmin(WithPermissions, DjangoUserAdmin):  # type: ignore[type-arg]
    """Whoever has no role, group or permission may log in, and see nothing. Superusers are for superusers alone."""

    form = UserForm
    add_form = NewUserForm
    list_display = ["username", "role", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser", ("groups", GroupsFilter)]
    fieldsets = [
        (None, {"fields": ["username", "password", "role", "is_active"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Beyond roles"), {"fields": BEYOND_ROLES, "classes": ["collapse"]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "role", "usable_password", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups__role")

    @admin.display(description=_("role"))
    def role(self, user: User) -> str:
        return named(role_of(user)) or "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["last_login", "date_joined", *(() if request.user.is_superuser else BEYOND_ROLES)]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_within_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_within_reach(request, obj) and super().has_delete_permission(request, obj)

    def _is_within_reach(self, request: HttpRequest, user: User | None) -> bool:
        return user is None or not user.is_superuser or request.user.is_superuser

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.filter(role=None)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        set_role(form.instance, form.cleaned_data["role"])


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Logins that failed within the last minutes; `manage.py axes_reset` forgets them."""

    list_display = ["attempt_time", "username", "ip_address", "failures_since_start", "user_agent"]
    list_filter = ["attempt_time"]
    search_fields = ["username", "ip_address"]
    fields = ["attempt_time", "username", "ip_address", "failures_since_start", "user_agent", "path_info"]
