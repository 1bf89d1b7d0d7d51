"""Lists of what is attempted: how it ended, and its release."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jobs.texts.keys import words
from jobs.web.admin.acting import ReadOnlyAdmin, action
from jobs.web.admin.columns import job_link
from scenes import releasing
from scenes.models import Outcome
from scenes.permissions import RELEASE


@admin.display(description=_("scene id"), ordering="scene")
def scene_number(row: Any) -> str:
    """Stash's id of its scene; the scene itself would be another query."""
    return str(row.scene_id)


class ReleasingAdmin(ReadOnlyAdmin):
    """Rows of which, or of what belongs to which, something may have failed."""

    actions = ["release"]

    @action(_("Release: the next run tries it again"), RELEASE)
    def release(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        messages.success(
            request, _("{count} released; the next run tries them again.").format(count=releasing.release(rows))
        )


def code_named(code: str) -> str:
    """A code as a word of the pages: "deleted_in_stash" → "Deleted in Stash"."""
    return words(code)


class AttemptsAdmin(ReleasingAdmin):
    list_select_related = ["job"]
    formatters: ClassVar[Any] = {"code": code_named}

    @admin.display(description=_("outcome"), ordering="outcome")
    def state(self, row: Any) -> SafeString:
        return format_html('<span class="badge {}">{}</span>', row.outcome, Outcome(row.outcome).label)

    @admin.display(description=_("job"))
    def handled_by(self, row: Any) -> SafeString | str:
        return job_link(row.job)
