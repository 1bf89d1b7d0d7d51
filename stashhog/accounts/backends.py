"""How users are authenticated, and what they are permitted."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend


class StaffBackend(ModelBackend):
    """Django's own, for staff: who may not enter the admin has no permission on pages and in the API either."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return super().get_all_permissions(user_obj, obj) if user_obj.is_staff else set()
