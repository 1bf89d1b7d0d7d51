"""`python -m scenes.simulators.stash`: a Stash as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .library import seeding
from .server import StashServer
from .settings import Settings
from .simulator import Simulator


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scenes.simulators.stash", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--library", action="append", default=[], metavar="DIR", help="may be given several times")
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the library outlives the process")
    parser.add_argument("--api-key", metavar="KEY")
    parser.add_argument("--zone", default="UTC", metavar="NAME", help="the server's time zone")
    parser.add_argument("--seconds-per-item", type=float, default=0.05, metavar="X")
    parser.add_argument("--latency", type=float, default=0.0, metavar="X", help="seconds added to each answer")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="made-up scenes for an empty library")
    return parser.parse_args(given)


async def serve(options: argparse.Namespace, folder: Path) -> None:
    settings = Settings(
        libraries=[str(Path(path).absolute()) for path in options.library],
        api_key=options.api_key,
        zone=options.zone,
        seconds_per_item=options.seconds_per_item,
        latency=options.latency,
    )
    simulator = Simulator(settings, folder, keep=options.state is not None)
    if options.seed and not simulator.state.scenes:
        seeding.seed(simulator.state, scenes=options.seed)
    server = StashServer(simulator, options.port)
    await server.start()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    sys.stdout.write(f"Stash simulator on {server.url}\n")
    sys.stdout.flush()
    await stopped.wait()
    await server.close()


def main() -> None:
    options = arguments()
    with contextlib.ExitStack() as stack:
        folder = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stash-")))
        asyncio.run(serve(options, folder))


if __name__ == "__main__":
    main()
