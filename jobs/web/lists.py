"""The list of jobs as its page and its WebSocket ask for it: filters and a place in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext

from jobs.errors import BadRequest
from jobs.models import ACTIVE, Job
from jobs.web.forms import ACTIVE_NOW, FilterForm
from jobs.web.paging import Page, page_of

PAGE_SIZE = 25
NEWEST = ("-created_at", "-id")


@dataclass(frozen=True)
class ListQuery:
    """Which jobs are shown: those of a status and a type ("" for all), from a cursor on."""

    status: str = ""
    type: str = ""
    cursor: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> ListQuery:
        """From a query string's values. Raises BadRequest for what there isn't."""
        form = FilterForm(given)
        if not form.is_valid():
            raise BadRequest(" ".join(str(sentence) for errors in form.errors.values() for sentence in errors))
        query = cls(**form.cleaned_data, cursor=given.get("cursor", ""))
        page_of(Job.objects.none(), query.cursor, 1, order=NEWEST)  # refuses a cursor that isn't one
        return query

    @property
    def title(self) -> str:
        return gettext("Jobs queued or running") if self.status == ACTIVE_NOW else gettext("Jobs")

    @property
    def statuses(self) -> list[str]:
        """Those of the jobs that are shown; empty for all."""
        return list(ACTIVE) if self.status == ACTIVE_NOW else [self.status] if self.status else []

    def page(self) -> Page[Job]:
        jobs = Job.objects.runs().select_related("started_by")
        if self.status == ACTIVE_NOW:
            jobs = jobs.active()
        elif self.status:
            jobs = jobs.filter(status=self.status)
        if self.type:
            jobs = jobs.filter(type=self.type)
        return page_of(jobs, self.cursor, PAGE_SIZE, order=NEWEST)

    def shows(self, status: str, type: str) -> bool:
        """Whether a new job of this status and type belongs on this page."""
        return not self.cursor and (not self.status or status in self.statuses) and self.type in ("", type)

    def url_query(self, cursor: str = "") -> str:
        """The query string of this list at another cursor."""
        given = {"status": self.status, "type": self.type, "cursor": cursor}
        return urlencode({key: value for key, value in given.items() if value})
