"""How users are authenticated, and what they are permitted."""

from __future__ import annotations

from typing import Any

from axes.backends import AxesStandaloneBackend
from django.contrib.auth.backends import ModelBackend


class ThrottleBackend(AxesStandaloneBackend):
    """First of all: refuses a login that is locked, before its password is looked at."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> None:
        """Without a request nobody is at a login form: a command or a test asks."""
        if request is not None:
            super().authenticate(request, username, password, **kwargs)


class StaffBackend(ModelBackend):
    """Django's own, for staff: who may not enter the admin has no permission on pages and in the API either."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return super().get_all_permissions(user_obj, obj) if user_obj.is_staff else set()
