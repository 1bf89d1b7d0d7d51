"""Lists of many scenes and of their changes, and searches in them, as a person who is logged in gets them.

    python -m bench.scenes [--scenes 100000]

A scene has a file, two tags and a change; all are of one day, long ago. Printed are milliseconds of the processor, as
by `bench.lists`.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from bench.lists import on_a_database

if TYPE_CHECKING:
    from django.db.models import Model

WORD = "lighthouse"  # in the title of one scene in a thousand
PAGES = {
    "/scenes/": "/scenes/",
    "/scenes/, a search": f"/scenes/?q={WORD}+keeper",
    "/scenes/, a search for what all have": "/scenes/?q=mp4",
    "/scenes/, a search for two letters": "/scenes/?q=zq",
    "/api/scenes": "/api/scenes",
    "/api/scenes, a search": f"/api/scenes?title={WORD}",
    "admin scenes": "/admin/scenes/scene/",
    "admin scenes, a search": f"/admin/scenes/scene/?q={WORD}",
    "admin changes": "/admin/scenes/change/",
    "admin changes, a search": "/admin/scenes/change/?q=nothing+has+these+words",
}
TARGETS = {  # milliseconds
    "/scenes/": 80,
    "/scenes/, a search": 300,
    "/scenes/, a search for what all have": 300,
    "/scenes/, a search for two letters": 300,
    "/api/scenes": 30,
    "/api/scenes, a search": 300,
    "admin scenes": 80,
    "admin scenes, a search": 300,
    "admin changes": 80,
    "admin changes, a search": 300,
}
WORDS = ("harbour", "garden", "winter", "market", "river", "window", "summer", "letter", "orchard", "station")


def fill(count: int) -> None:
    """So many scenes: one of each row, and copies that the database makes."""
    from django.utils import timezone

    from scenes.models import Change, Plan, Scene, SceneFile, Tag
    from scenes.models.library import SceneTag

    long_ago = timezone.now() - timedelta(days=100)
    scene = Scene.objects.create(pk=1, title="the first", created_at=long_ago, remote_updated_at="")
    SceneFile.objects.create(pk=1, scene=scene, path="/data/first.mp4", duration=60)
    Tag.objects.bulk_create(Tag(pk=pk, name=f"Tag {pk}") for pk in range(1, 401))
    SceneTag.objects.create(scene=scene, tag_id=1)
    Change.objects.create(pk=1, plan=Plan.objects.create(), scene=scene, kind="add_tag", value={}, tag="x", key="1",
                          status="applied", outcome="done")  # fmt: skip
    copy(Scene, count, title=TITLE, file_name=f"{TITLE} || '.mp4'")
    copy(SceneFile, count, scene_id="n", path=f"'/data/videos/' || n % 100 || '/' || {TITLE} || '.mp4'")
    copy(SceneTag, 2 * count, scene_id="n / 2", tag_id="1 + n % 400")
    copy(Change, count, scene_id="n", key="'k' || n")


def copy(model: type[Model], count: int, **changed: str) -> None:
    """Of the one row, up to the id ``count``; ``changed``: columns with other values, as SQL of the number ``n``."""
    from django.db import connection

    columns = [str(field.column) for field in model._meta.concrete_fields]
    values = {column: "n" if column == "id" else f"first.{column}" for column in columns} | changed
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) "
            f"INSERT INTO {model._meta.db_table} ({', '.join(values)}) SELECT {', '.join(values.values())} "
            f"FROM numbers, (SELECT * FROM {model._meta.db_table} LIMIT 1) AS first"
        )


def word(place: int) -> str:
    """Of a title, by a digit of the number ``n``."""
    cases = " ".join(f"WHEN {digit} THEN '{word} '" for digit, word in enumerate(WORDS))
    return f"CASE n / {10**place} % 10 {cases} END"


RARE = f"CASE WHEN n % 1000 = 7 THEN '{WORD} ' ELSE '' END || CASE WHEN n % 3000 = 7 THEN 'keeper ' ELSE '' END"
TITLE = f"{' || '.join(map(word, range(4)))} || {RARE} || n"


def main(count: int) -> dict[str, dict[str, float]]:
    return on_a_database(fill, count, PAGES)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="Lists of many scenes.")
    command_line.add_argument("--scenes", type=int, default=100_000)
    json.dump(main(command_line.parse_args().scenes), sys.stdout)
