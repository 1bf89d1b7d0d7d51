"""Many requests in little time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection

THREADS = 8


def ask(url: str, paths: tuple[str, ...], count: int) -> Counter[int]:
    """``count`` GETs in all, on few connections that are kept; how many were answered with which status. Or OSError."""
    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(lambda _: _ask(url, paths, count // THREADS), range(THREADS)), Counter())


def _ask(url: str, paths: tuple[str, ...], count: int) -> Counter[int]:
    connection, statuses = HTTPConnection(url.removeprefix("http://"), timeout=20), Counter[int]()
    with closing(connection):
        for number in range(count):
            connection.request("GET", paths[number % len(paths)])
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1
    return statuses
