"""`python -m tests.under_load …`: pytest with these arguments ten times, on a machine that is busy with other things.

Prints each test that failed, how often, and why. Any failure is one too many: the exit code is 1 then.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator

from tests import flaky

TIMES = int(os.environ.get("STASHHOG_TIMES", "10"))
SPINNERS = 2  # for each core: a test gets a third of one at most


@contextlib.contextmanager
def load() -> Iterator[None]:
    """Every core is busy inside of this."""
    spinners = [
        multiprocessing.Process(target=_spin, daemon=True) for _ in range(SPINNERS * len(os.sched_getaffinity(0)))
    ]
    for spinner in spinners:
        spinner.start()
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.join()


def _spin() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        sum(range(100_000))


def main(options: list[str]) -> int:
    counts: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    with load():
        for number in range(1, TIMES + 1):
            code, failed = flaky.run([*options, "-q"])
            if code not in (0, flaky.TESTS_FAILED):
                return code
            counts.update(failed.keys())
            reasons |= failed
            sys.stdout.write(f"{number} of {TIMES}: {len(failed)} failed\n")
    for test, count in counts.most_common():
        sys.stdout.write(f"FAILED {count} of {TIMES} times: {test}: {reasons[test]}\n")
    return int(bool(counts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
