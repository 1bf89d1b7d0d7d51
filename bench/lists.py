"""Lists of many jobs, as a person who is logged in gets them.

    python -m bench.lists [--jobs 200000]

One in four is one that somebody started, the others are sub-jobs; all but a few have ended. Printed are milliseconds
of the processor, the best of three, with the middlewares and templates of the product and without a network. The limit
is the same for an empty table: what a page costs whatever it lists. A database made for the bench, and dropped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

os.environ.setdefault("STASHHOG_DATA_DIR", tempfile.mkdtemp(prefix="bench-"))
os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
os.environ.setdefault("STASHHOG_LOG_LEVEL", "ERROR")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
PAGES = {
    "/api/jobs": "/api/jobs",
    "/": "/",
    "/jobs/": "/jobs/",
    "admin jobs": "/admin/jobs/job/",
    "admin jobs, a search": "/admin/jobs/job/?q=nothing+has+these+words",
}
TARGETS = {"/api/jobs": 30, "/": 60, "/jobs/": 60, "admin jobs": 80, "admin jobs, a search": 150}  # milliseconds
ROUNDS = 3
STATUSES = ("completed", "completed", "completed", "completed_with_errors", "failed", "cancelled")


def fill(count: int) -> None:
    """So many jobs, a minute apart. Without model instances, which would take most of the bench's time."""
    from django.utils import timezone

    from jobs.models import Job
    from scenes.bulk.upsert import upsert

    blank = Job(source="schedule", message="Nothing was new, which is said in a sentence of some length")
    written = [field for field in Job._meta.fields if not field.generated]
    names = [field.name for field in written if not field.null or field.name in ("parent", "finished_at")]
    values = [getattr(blank, Job._meta.get_field(name).attname) for name in names]  # type: ignore[union-attr]
    now, root, rows = timezone.now(), None, []
    for number in range(count):
        given: dict[str, Any] = {
            "id": uuid.uuid4(),
            "parent": root,
            "type": "sync",
            "status": STATUSES[number % len(STATUSES)],
        }
        if number % 4 == 0:
            root, given["type"], given["parent"] = given["id"], "process_new_scenes", None
        given["created_at"] = given["finished_at"] = now - timedelta(minutes=count - number)
        rows.append(tuple(given.get(name, value) for name, value in zip(names, values, strict=True)))
    upsert(Job, names, rows)


def milliseconds(client: Any, address: str) -> float:
    """Of the processor, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS + 1):
        begun = time.process_time()
        answer = client.get(address, HTTP_HOST="localhost")
        best = min(best, time.process_time() - begun)
        assert answer.status_code == 200, (address, answer.status_code)
    return 1000 * best


def milliseconds_of(pages: Mapping[str, str]) -> dict[str, float]:
    """Each page's, as an admin."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    user, _ = get_user_model().objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)
    return {name: milliseconds(client, address) for name, address in pages.items()}


def on_a_database(fill: Callable[[int], None], count: int, pages: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """The milliseconds of the pages on one that is made for it: empty, and after ``fill`` gave it so many rows."""
    import django

    django.setup()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        empty = milliseconds_of(pages)
        fill(count)
        return {"empty": empty, "full": milliseconds_of(pages)}
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def main(count: int) -> dict[str, dict[str, float]]:
    return on_a_database(fill, count, PAGES)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="Lists of many jobs.")
    command_line.add_argument("--jobs", type=int, default=200_000)
    json.dump(main(command_line.parse_args().jobs), sys.stdout)
