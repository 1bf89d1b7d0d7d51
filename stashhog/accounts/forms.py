"""The admin's forms of users, with their role."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.text import format_lazy

from jobs.models import Scope
from stashhog.accounts.roles import ROLES, role_of

ROLE_HELP = format_lazy(
    "{}.", "; ".join(f"{name}: {Scope(scope).label.partition(': ')[2]}" for name, scope in ROLES.items())
)


class RoleField(forms.ChoiceField):
    def __init__(self) -> None:
        choices = [("", "None"), *((name, name.capitalize()) for name in ROLES)]
        super().__init__(choices=choices, required=False, help_text=ROLE_HELP)


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    role = RoleField()


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    role = RoleField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("role", role_of(self.instance))
