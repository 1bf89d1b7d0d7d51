"""Torrents of very many files: how far it is shows while they are placed, and no file costs a look at all others."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import context as job_context
from jobs.models import Job
from scenes.crash_points import CrashPoint
from scenes.models import Download, Outcome
from scenes.simulators.qbittorrent import NewFile
from tests.scenes.placing import At, Place, file_of, result_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def every_progress_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_context, "PROGRESS_EVERY", 0)


@pytest.mark.parametrize("mode, verb", [("hardlink", "placing"), ("copy", "copying"), ("move", "moving")])
def test_how_far_a_torrent_is_shows_while_its_files_are_placed(place: Place, at: At, mode: str, verb: str) -> None:
    place.configure(link_mode=mode)
    place.add("Film", [f"Film/{number}.mp4" for number in range(8)])
    seen: list[Job] = []
    point = {"hardlink": CrashPoint.FILE_LINKED, "copy": CrashPoint.COPY_WRITTEN, "move": CrashPoint.MOVE_PLACED}[mode]

    def look() -> None:
        seen.append(Job.objects.get())
        if len(seen) < 5:
            at(point, look)

    at(point, look)
    place.run()
    assert seen[4].message.startswith(f"Torrent 1 of 1: Film: {verb} ")
    assert mode == "copy" or "file 5 of 8" in seen[4].message
    percents = [job.percent for job in seen]
    assert percents == sorted(percents) and 50 <= percents[4] < 75


def test_a_look_for_a_target_uses_the_index(place: Place) -> None:
    place.add("Other", ["Film/b.mp4"])
    place.run()
    files = ["Film/a.mp4", "Film/a.srt", "Film/b.mp4", "Film/c.mp4"]
    place.add("Film", dict.fromkeys(files, 2000), save_path=place.downloads / "film")
    with CaptureQueriesContext(connection) as queries:
        assert result_of(place.run())["synced_files"] == 4
    looks = {query["sql"] for query in queries if re.match('SELECT.*"target" (=|IN) ', query["sql"])}
    assert len(looks) >= 3
    for sql in looks:
        plan = plan_of(sql)
        # PostgreSQL takes another index of so small a table when its statistics say so.
        assert "target_once" in plan or ("Index" in plan and "Seq Scan" not in plan), plan


def test_nothing_that_is_asked_for_each_file_reads_a_whole_table(place: Place) -> None:
    names = [f"Film/{number}.mp4" for number in range(8)]
    place.add("Film", names)
    with CaptureQueriesContext(connection) as queries:
        place.run()
    by_shape: dict[str, list[str]] = {}
    for sql in (query["sql"] for query in queries if re.match("SELECT|UPDATE", query["sql"])):
        by_shape.setdefault(re.sub(r"'[^']*'|\b[0-9a-f]{32}\b|\d+", "?", sql), []).append(sql)
    of_files = [asked[-1] for asked in by_shape.values() if len(asked) >= len(names)]
    assert of_files
    for sql in of_files:
        assert not re.search(r"SCAN (?!scenes_place\b)|Seq Scan on (?!scenes_place\b)", plan_of(sql)), sql


def plan_of(sql: str) -> str:
    """With an index wherever one can be used: PostgreSQL reads a small table as a whole otherwise."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN'} {sql}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
        if connection.vendor == "postgresql":
            cursor.execute("RESET enable_seqscan")
    return plan


def test_many_torrents_that_are_handled_cost_few_queries(place: Place, django_assert_max_num_queries) -> None:
    place.add("First", ["a.mp4"])
    place.run()
    with django_assert_max_num_queries(200) as few:
        place.run()
    add_handled(place, 3000)
    with django_assert_max_num_queries(200) as many:
        assert place.run().message == "No torrent is new"
    assert len(many) == len(few)


def add_handled(place: Place, count: int) -> None:
    """Torrents in qBittorrent that an earlier run handled."""
    torrents = [place.qbittorrent.add_torrent(f"Film {number}", [NewFile("a.mp4")]) for number in range(count)]
    Download.objects.bulk_create(
        Download(hash=torrent.hash, name=torrent.name, size=torrent.size, outcome=Outcome.DONE, code="linked")
        for torrent in torrents
    )
    assert file_of("a.mp4").outcome == Outcome.DONE
