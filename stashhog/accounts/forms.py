"""The admin's forms of users, with their role."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jobs.models import Scope
from stashhog.accounts.roles import ROLES, named, role_of


def what_roles_may() -> str:
    far = {name: str(Scope(scope).label).partition(": ")[2] for name, scope in ROLES.items()}
    return "; ".join(f"{named(name)}: {may}" for name, may in far.items()) + "."


class RoleField(forms.ChoiceField):
    def __init__(self) -> None:
        choices = [("", _("None")), *((name, lazy(named, str)(name)) for name in ROLES)]
        super().__init__(
            label=capfirst(_("role")), choices=choices, required=False, help_text=lazy(what_roles_may, str)()
        )


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    role = RoleField()


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    role = RoleField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("role", role_of(self.instance))
