"""How the time that something takes grows with the length of a text, whatever else the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable

LINEAR = 30.0  # ten times the text takes less than this many times as long; its square takes 100 times


def growth(function: Callable[[str], object], piece: str, length: int) -> float:
    """How many times as much CPU time ten times the text takes: of ``piece`` again and again, to ``length``."""
    short, long = (piece * (size // len(piece)) for size in (length, 10 * length))
    return min(cpu_seconds(function, long) for _ in range(2)) / min(cpu_seconds(function, short) for _ in range(5))


def cpu_seconds(function: Callable[[str], object], text: str) -> float:
    before = time.thread_time()
    function(text)
    return time.thread_time() - before
