"""The servers that a bench talks to, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


def page_server(scenes: int, paced: bool) -> AbstractContextManager[str]:
    """The address of `bench.page_server`."""
    return server("bench.page_server", "--scenes", str(scenes), *(["--paced"] if paced else []))


def write_server(scenes: int, *options: str) -> AbstractContextManager[str]:
    """The address of `bench.write_server`."""
    return server("bench.write_server", "--scenes", str(scenes), *options)


@contextmanager
def server(module: str, *options: str) -> Iterator[str]:
    """Its address, which it prints once it listens."""
    with subprocess.Popen([sys.executable, "-m", module, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
