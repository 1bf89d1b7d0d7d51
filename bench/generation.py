"""Looking for the outputs of 1,000 scenes of which nothing is known yet, all of them complete.

    python -m bench.generation [--scenes 1000]

Prints seconds, and seconds of the processor, as JSON. A database made for the bench, and dropped; DATABASE_URL says
where.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from bench.incremental import in_a_database
from bench.servers import page_server


def look() -> None:
    from jobs import testing

    job = testing.run("stash_generate")
    assert job.status == "completed", job.error_message


def main(scenes: int) -> dict[str, float]:
    """The look at all scenes, after a sync."""
    from bench.changes import measure
    from bench.rounds import full_sync
    from scenes.models import Scene

    full_sync()
    took = measure("look", look)
    assert Scene.objects.exclude(generated_at=None).count() == scenes
    return took


if __name__ == "__main__":
    command_line = argparse.ArgumentParser()
    command_line.add_argument("--scenes", type=int, default=1000)
    given = command_line.parse_args()
    with page_server(given.scenes, paced=False) as address:
        os.environ["STASHHOG_GENERATE"] = "covers,previews,sprites,phashes"
        sys.stdout.write(json.dumps(in_a_database(address, lambda: main(given.scenes))))
