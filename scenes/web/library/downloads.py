"""The list of downloads: torrents with their files inside, what came of each, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Count, F, Q, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.errors import BadRequest
from jobs.web.paging import page_of
from scenes.downloads.results import DELETED
from scenes.models import BAD, Download, Outcome, PlacedFile
from scenes.models.attempts import AttemptsQuerySet
from scenes.models.downloads import BEFORE_FIRST_RUN
from scenes.web.library.counts import PARAMETER, WAITING
from scenes.web.library.listing import MAX_SEARCH, MAX_WORDS, TOO_LONG

SIZE = 25  # torrents a page
FILES = 12  # of a torrent, shown at first
ALL_FILES = 2000  # where one torrent is asked for
LISTS = {
    "waiting": WAITING,
    "failed": (Outcome.FAILED,),
    "quarantined": (Outcome.QUARANTINED,),
    "bad": BAD,
    "done": (Outcome.DONE, Outcome.NOT_WANTED),
}
TABS = {
    "": _("All"), "waiting": _("Waiting"), "failed": _("Failed"), "quarantined": _("Quarantined"), "done": _("Done"),
}  # fmt: skip


@dataclass(frozen=True)
class ListedTorrent:
    """``count``: its files in all."""

    download: Download
    files: Sequence[PlacedFile]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.files)

    @property
    def listed(self) -> list[tuple[PlacedFile, bool]]:
        """Each of the files, and whether it may be placed again."""
        is_there = not self.download.removed_at
        return [(file, is_there and may_be_placed_again(file)) for file in self.files]

    @property
    def can_be_released(self) -> bool:
        files = any(file.outcome in BAD for file in self.files)
        return self.download.outcome in BAD or self.download.code == BEFORE_FIRST_RUN or files


def may_be_placed_again(file: PlacedFile) -> bool:
    """As far as rows say: whether it is still where it was placed is looked for when somebody asks for it."""
    return (file.outcome == Outcome.DONE or file.code == DELETED) and not file.wanted_again


@dataclass(frozen=True)
class DownloadQuery:
    """``need``: one of LISTS; ``download_id``: the only torrent that is meant, with all of its files."""

    words: str = ""
    need: str = ""
    download_id: str = ""
    after: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> DownloadQuery:
        """From an address. Raises BadRequest."""
        texts = [str(given.get(name) or "").strip() for name in ("q", PARAMETER, "download", "after")]
        query = cls(*texts)
        if len(query.words) > MAX_SEARCH or len(query.words.split()) > MAX_WORDS:
            raise BadRequest(TOO_LONG)
        if query.need and query.need not in LISTS:
            raise BadRequest(gettext("There is no such list of downloads."))
        if query.download_id and not query.download_id.isdecimal():
            raise BadRequest(gettext("That is no download."))
        return query

    def rows(self) -> AttemptsQuerySet[Download]:
        rows = Download.objects.all()
        if self.need:
            rows = rows.filter(outcome__in=LISTS[self.need])
        if self.download_id:
            rows = rows.filter(pk=int(self.download_id[:18]))
        for word in self.words.split():
            files = PlacedFile.objects.filter(Q(name__icontains=word) | Q(target__icontains=word))
            in_it = Q(pk__in=files.values("download")) | Q(message__icontains=word) | Q(hash__istartswith=word)
            rows = rows.filter(in_it | Q(name__icontains=word))
        return rows

    def page(self) -> tuple[list[ListedTorrent], str]:
        """The torrents, and the address of the next page. Raises BadRequest for no cursor."""
        page = page_of(self.rows(), self.after, SIZE)
        torrents = with_files(page.rows, ALL_FILES if self.download_id else FILES)
        return torrents, self.address(page.next) if page.next else ""

    def address(self, after: str = "", **other: str) -> str:
        values = {"q": self.words, PARAMETER: self.need, "download": self.download_id, "after": after, **other}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"{reverse('downloads')}?{query}" if query else reverse("downloads")


def with_files(downloads: Sequence[Download], most: int) -> list[ListedTorrent]:
    """Two queries: how many files, and the first of them, what failed before all else."""
    files = PlacedFile.objects.filter(download__in=downloads).order_by()
    counts = dict(files.values_list("download").annotate(count=Count("pk")))
    failed_first = [Case(When(outcome__in=BAD, then=0), default=1).asc(), F("pk").asc()]
    number = Window(RowNumber(), partition_by=F("download_id"), order_by=failed_first)
    shown: dict[int, list[PlacedFile]] = {}
    numbered = files.annotate(number=number).filter(number__lte=most).select_related("scan")
    for file in numbered.order_by("download_id", "number"):
        shown.setdefault(file.download_id, []).append(file)
    return [ListedTorrent(download, shown.get(download.pk, []), counts.get(download.pk, 0)) for download in downloads]
