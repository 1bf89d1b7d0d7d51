"""A made-up library, rendered as Stash would answer: a file, 5 tags, 1 or 2 performers and 2 markers a scene."""

from __future__ import annotations

from typing import Any

STAMP = "2026-11-01T12:00:00+01:00"
TAGS, PERFORMERS, STUDIOS = 400, 300, 40
Row = dict[str, Any]


def scene(number: int, origin: str) -> Row:
    """The scene with this id, with all fields that a sync asks for."""
    return {
        "id": str(number),
        "title": f"A title such as people give to scene {number}",
        "details": f"Two or three sentences that say what scene {number} is about. They vary in length." * 2,
        "date": "2026-05-17",
        "code": f"CODE-{number}",
        "organized": number % 3 == 0,
        "rating100": number % 101 or None,
        "created_at": f"2026-0{1 + number % 9}-11T08:{number % 60:02d}:00+01:00",
        "updated_at": STAMP,
        "files": [_file(number)],
        "paths": {
            "screenshot": f"{origin}/scene/{number}/screenshot?t=1792809953",
            "preview": f"{origin}/scene/{number}/preview",
            "sprite": f"{origin}/scene/{number:016x}_sprite.jpg",
        },
        "studio": {"id": str(1 + number % STUDIOS)},
        "tags": [{"id": str(1 + (number * 7 + step * 31) % TAGS)} for step in range(5)],
        "performers": [{"id": str(1 + (number + step * 13) % PERFORMERS)} for step in range(1 + number % 2)],
        "scene_markers": [_marker(number * 2 + step, step) for step in range(2)],
    }


def _file(number: int) -> Row:
    name = f"studio.name.26.05.17.scene.{number}.1080p.mp4"
    return {
        "id": str(number),
        "path": f"/data/videos/{number % 100:02d}/{name}",
        "basename": name,
        "size": 1_500_000_000 + number,
        "duration": 1800.5 + number % 600,
        "width": 1920,
        "height": 1080,
        "frame_rate": 29.97,
        "bit_rate": 6_000_000,
        "video_codec": "h264",
        "updated_at": STAMP,
        "fingerprints": [
            {"type": "oshash", "value": f"{number:016x}"},
            {"type": "phash", "value": f"{number * 7919:016x}"},
        ],
    }


def _marker(number: int, step: int) -> Row:
    return {
        "id": str(number),
        "title": "A marker",
        "seconds": 10.5 + step * 60,
        "end_seconds": 30.5 + step * 60,
        "primary_tag": {"id": str(1 + number % TAGS)},
        "tags": [],
        "created_at": STAMP,
        "updated_at": STAMP,
    }


def named(count: int, kind: str) -> list[Row]:
    """All tags, performers or studios."""
    return [
        {
            "id": str(number),
            "name": f"{kind} {number}",
            "aliases": [f"{kind} number {number}"],
            "disambiguation": "",
            "parent_studio": None,
            "ignore_auto_tag": False,
            "created_at": STAMP,
            "updated_at": STAMP,
        }
        for number in range(1, count + 1)
    ]
