"""50,000 names and aliases of performers: load, compile, and match 100 scenes, as an analysis does it.

    python -m bench.names [--names 50000] [--scenes 100] [--rounds 5]

In seconds of CPU, best of the rounds, so that a busy machine makes no difference; the aim is 0.5 s in all. Measured on
the database that DATABASE_URL gives, in a transaction that is rolled back; on SQLite one of its own, without it.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
AIM = 0.5  # seconds
SYLLABLES = ("an", "bel", "cor", "da", "el", "fi", "go", "ha", "in", "jo", "ka", "lu", "mi", "no", "or", "pe", "ra")
WORDS_IN_DETAILS = 120


class Measured:
    """Seconds of CPU by what was done, the best of all rounds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def of(self, what: str, do: Callable[[], T]) -> T:
        begin = time.process_time()
        result = do()
        taken = time.process_time() - begin
        self.seconds[what] = min(taken, self.seconds.get(what, taken))
        return result


def made_up(rng: random.Random) -> str:
    word = "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))).capitalize()
    return word if rng.random() < 0.9 else word.replace("a", "á", 1)


def fill(names: int, scenes: int) -> list[int]:
    """Performers of one name and one alias each, and scenes whose details name some; their ids."""
    from django.utils import timezone

    from scenes.models import Performer, Scene, SceneFile

    rng = random.Random(1)
    people = [
        Performer(id=pk, name=f"{made_up(rng)} {made_up(rng)}", aliases=[f"{made_up(rng)} {made_up(rng)}"])
        for pk in range(1, names // 2 + 1)
    ]
    Performer.objects.bulk_create(people, batch_size=5000)
    ids = list(range(1, scenes + 1))
    details = {pk: " ".join([*(made_up(rng) for _ in range(WORDS_IN_DETAILS)), rng.choice(people).name]) for pk in ids}
    now = timezone.now()
    Scene.objects.bulk_create(
        Scene(id=pk, title=rng.choice(people).name, details=details[pk], created_at=now, remote_updated_at="")
        for pk in ids
    )
    SceneFile.objects.bulk_create(
        SceneFile(id=pk, scene_id=pk, path=f"/data/{rng.choice(people).name}/film.{pk}.1080p.mp4") for pk in ids
    )
    return ids


def measure(ids: list[int], rounds: int) -> tuple[Measured, int]:
    """And how many performers were found."""
    from scenes.analysis import scene_inputs
    from scenes.analysis.names import PerformerNames
    from scenes.models import Plan
    from scenes.sync.folders import LibraryFolders

    measured, plan, found = Measured(), Plan.objects.create(), 0
    for _ in range(rounds):
        detector = measured.of("load and compile", lambda: PerformerNames(LibraryFolders(["/data"])))
        inputs = measured.of("read the scenes", lambda: scene_inputs.load(ids, plan))
        found = measured.of("match", lambda: sum(len(detector.detect(one)) for one in inputs))  # noqa: B023
    return measured, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=50_000)
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "stashhog.settings", "STASHHOG_LOG_LEVEL": "WARNING"}
        os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
        os.environ["STASHHOG_DATA_DIR"] = folder
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import transaction

        call_command("migrate", verbosity=0)
        with transaction.atomic():
            measured, found = measure(fill(options.names, options.scenes), options.rounds)
            transaction.set_rollback(True)
    total = sum(measured.seconds.values())
    for what, seconds in (*measured.seconds.items(), ("in all", total)):
        sys.stdout.write(f"{what:<18}{seconds:>8.3f} s\n")
    sys.stdout.write(f"{found:,} found; the aim is {AIM:g} s: {'met' if total <= AIM else 'MISSED'}\n")


if __name__ == "__main__":
    main()
