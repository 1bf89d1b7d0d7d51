#!/opt/stashhog/bin/python
"""For Docker: 0 when the database has its tables and a worker runs, else 1. Asks /readyz of this container."""

from __future__ import annotations

import os
import sys
import urllib.request

WITHIN = 8  # seconds
HERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}


def main() -> int:
    host, _, port = os.environ.get("STASHHOG_BIND", "127.0.0.1:8000").rpartition(":")
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy of the environment is between
    try:
        ask.open(f"http://{HERE.get(host, host)}:{port}/readyz", timeout=WITHIN).close()
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201 - `docker inspect` shows it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
