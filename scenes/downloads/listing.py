"""What qBittorrent lists → a row for each finished torrent, and which of them have to be handled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from jobs.context import JobContext
from scenes.clients.qbittorrent import Torrent
from scenes.configuration import Configuration
from scenes.downloads.outcomes import SETTLED, TO_DO, Verdict
from scenes.downloads.targets import storable
from scenes.models import Download, Outcome, PlacedFile

ROWS_AT_ONCE = 500  # in one transaction, which takes some 50 ms

STILL_MOVING = Verdict(
    Outcome.WAITING,
    "still_moving",
    "qBittorrent is still moving its files; it is handled by a run after that.",
)
CHECKING = Verdict(Outcome.WAITING, "checking", "qBittorrent is checking its files; it is handled by a run after that.")
LEFT_OUT = Verdict(Outcome.NOT_WANTED, "left_out", "The filter in the settings (category and tags) leaves it out.")
GONE = Verdict(Outcome.NOT_WANTED, "gone", "It was removed from qBittorrent before it was handled; added again, it is.")
REOPENED = (LEFT_OUT.code, GONE.code)  # handled as soon as they pass the filter, or are there again


@dataclass(frozen=True)
class Listed:
    """A torrent with its row."""

    torrent: Torrent
    download: Download

    @property
    def is_settled(self) -> bool:
        """Nothing to do: handled, and no other choice of files was made since."""
        return (
            self.download.outcome in SETTLED
            and self.download.code not in REOPENED
            and self.download.size == self.torrent.size
        )


def listed(job: JobContext, torrents: Iterable[Torrent], config: Configuration) -> list[Listed]:
    """All finished torrents that pass the filter, each with its row, oldest first.

    Those that wait for qBittorrent, or that the filter leaves out, have their rows written and are not among them.
    """
    finished = [torrent for torrent in torrents if is_finished(torrent)]
    rows = _rows(job, finished)
    wanted: list[Listed] = []
    others: dict[Verdict, list[Download]] = {}
    for torrent in finished:
        verdict = judge(torrent, config)
        if verdict is None:
            wanted.append(Listed(torrent, rows[torrent.hash]))
        else:
            others.setdefault(verdict, []).append(rows[torrent.hash])
    for verdict, downloads in others.items():
        _write(job, downloads, verdict)
    return sorted(wanted, key=lambda one: (one.torrent.completed_at or timezone.now(), one.torrent.hash))


def is_finished(torrent: Torrent) -> bool:
    """Whether it was complete once; one that is checked before it ever was is not."""
    return torrent.phase == "finished" or (torrent.phase == "waiting" and torrent.completed_at is not None)


def judge(torrent: Torrent, config: Configuration) -> Verdict | None:
    """Why the torrent is not handled now; None if it is."""
    if config.qbittorrent_category not in ("", torrent.category):
        return LEFT_OUT
    if not set(config.qbittorrent_tags) <= set(torrent.tags):
        return LEFT_OUT
    if torrent.phase == "finished":
        return None
    if torrent.state.startswith("checking"):
        return CHECKING
    return STILL_MOVING if torrent.state == "moving" else _unknown_state(torrent.state)


def _unknown_state(state: str) -> Verdict:
    message = f"qBittorrent says its state is “{state[:40]}”, which is not known here; it is looked at again."
    return Verdict(Outcome.WAITING, "unknown_state", message)


def _rows(job: JobContext, torrents: Collection[Torrent]) -> dict[str, Download]:
    """The rows by hash; those missing are made."""
    rows = Download.objects.in_bulk([torrent.hash for torrent in torrents], field_name="hash")
    missing = [new_row(torrent) for torrent in torrents if torrent.hash not in rows]
    for part in in_parts(missing):
        with job.transaction():
            Download.objects.bulk_create(part)
    return rows | {row.hash: row for row in missing}


def new_row(torrent: Torrent) -> Download:
    return Download(hash=torrent.hash, **columns_of(torrent))


def columns_of(torrent: Torrent) -> dict[str, object]:
    """What a row keeps of its torrent."""
    return {
        "name": storable(torrent.name),
        "category": storable(torrent.category)[:200],
        "save_path": storable(torrent.save_path),
        "completed_at": torrent.completed_at,
    }


def _write(job: JobContext, rows: list[Download], verdict: Verdict) -> None:
    for part in in_parts([row.pk for row in rows if _may_become(row, verdict)]):
        with job.transaction():
            Download.objects.filter(pk__in=part).update(
                outcome=verdict.outcome,
                code=verdict.code,
                message=verdict.message,
                job=job.job,
                updated_at=timezone.now(),
            )


def _may_become(row: Download, verdict: Verdict) -> bool:
    """What was handled keeps what became of it; what the filter left out before is not left out anew."""
    if row.code in REOPENED:
        return verdict.code != row.code
    return row.outcome not in SETTLED


def write_gone(job: JobContext, torrents: Iterable[Torrent]) -> None:
    """Close the rows of torrents that left qBittorrent before they were handled, other than by our own move."""
    listed_hashes = {torrent.hash for torrent in torrents}
    waiting = Download.objects.filter(outcome__in=TO_DO, removed_at=None).values_list("pk", "hash")
    columns = {"outcome": GONE.outcome, "code": GONE.code, "message": GONE.message, "job": job.job}
    for part in in_parts([pk for pk, torrent_hash in waiting if torrent_hash not in listed_hashes]):
        columns["updated_at"] = timezone.now()
        with job.transaction():
            Download.objects.filter(pk__in=part).update(**columns)
            PlacedFile.objects.filter(download__in=part, outcome__in=TO_DO).update(**columns)


def in_parts(items: list) -> Iterator[list]:
    return (items[start : start + ROWS_AT_ONCE] for start in range(0, len(items), ROWS_AT_ONCE))
