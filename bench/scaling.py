"""The arithmetic of docs/scaling.md, and a simulation of the first analysis of a library that it is checked by.

    python -m bench.scaling [--films 20000]

Arithmetic: what is used is the seconds that each scene needs of it by how many there are; the slowest decides. The
simulation sends films, each of which takes a random time, through taggers, cores of the workers and the database, with
as many films on their way as there are slots, and has to come within CLOSE of that. Prints both, and what breaks first.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
from dataclasses import dataclass, replace

# Measured: README.md (sync), `python -m bench.changes` (analysis), PostgreSQL's own sizes after both.
SYNC = 1 / 3100  # seconds a scene, as fast as Stash gives pages
ANALYSIS = 0.014  # seconds of a worker's core a scene
DATABASE = 0.003  # seconds of the database a scene, one transaction after the other: five statements
FILM = 20.0  # seconds of a tagger a film: yours will differ, and it decides
MOST_TAGGERS = 100  # the setting "Films at once" takes no more
SYNCED, ANALYSED = 2.2e3, 7.7e3  # bytes a scene in PostgreSQL with its indexes; analysed: eight changes
# An installation that does nothing: web process and a worker of one process.
IDLE_MEMORY, IDLE_CONNECTIONS, IDLE_TRANSACTIONS, IDLE_CORES = 273e6, 5, 41, 0.05  # bytes, and each second
DAY, CLOSE = 86_400.0, 0.05
SEED = 1


@dataclass(frozen=True)
class Site:
    """What an installation has; ``film``: seconds of a tagger for one."""

    taggers: int = 1
    cores: int = 4
    film: float = FILM

    def seconds(self) -> dict[str, float]:
        """For each scene, of everything that it needs."""
        return {"taggers": self.film / self.taggers, "workers": ANALYSIS / self.cores, "database": DATABASE}


def simulated(site: Site, films: int) -> float:
    """Seconds for each film once all is in flow: a tagger looks at it, a worker works, the database writes."""
    chance = random.Random(SEED)
    servers = [[0.0] * site.taggers, [0.0] * site.cores, [0.0]]  # when each of them is free
    needs = [lambda: chance.expovariate(1 / site.film), lambda: ANALYSIS, lambda: DATABASE]
    # As many questions at once as taggers, as the setting "Films at once" is to be, and some answers to be written.
    arrivals = [(0.0, 0)] * (site.taggers + 2 * site.cores)  # when, and at which of the three
    ended: list[float] = []
    while len(ended) < films:
        at, place = heapq.heappop(arrivals)
        if place == len(servers):
            ended.append(at)
            heapq.heappush(arrivals, (at, 0))
            continue
        at = max(at, heapq.heappop(servers[place])) + needs[place]()
        heapq.heappush(servers[place], at)
        heapq.heappush(arrivals, (at, place + 1))
    begun = films // 2
    return (ended[-1] - ended[begun]) / (films - 1 - begun)


def first_analysis(scenes: int, site: Site, films: int) -> list[str]:
    """Lines about a library of that size."""
    seconds = site.seconds()
    slowest = max(seconds, key=lambda name: seconds[name])
    seen = simulated(site, films)
    off = seen / seconds[slowest] - 1
    assert abs(off) <= CLOSE, f"{site}: {seen:g} s a film were simulated, {seconds[slowest]:g} s are the arithmetic"
    days = {name: scenes * one / DAY for name, one in seconds.items()}
    figures = ", ".join(f"{name} {value:,.1f}" for name, value in days.items())
    return [
        f"{scenes:,} scenes, {site.taggers} taggers, {site.cores} cores: {slowest} decide (simulated {off:+.1%})",
        f"  days: {figures}; sync {scenes * SYNC / DAY:.2f}; disk {scenes * (SYNCED + ANALYSED) / 1e9:,.0f} GB",
    ]


def most_useful_taggers(site: Site) -> int:
    """Beyond these, others decide."""
    others = max(seconds for name, seconds in site.seconds().items() if name != "taggers")
    return int(site.film / others)


def many_installations(count: int) -> str:
    return (
        f"{count:,} installations that do nothing: {count * IDLE_MEMORY / 1e9:,.0f} GB of memory,"
        f" {count * IDLE_CONNECTIONS:,} connections, {count * IDLE_TRANSACTIONS:,} transactions a second,"
        f" {count * IDLE_CORES:,.0f} cores"
    )


def main(films: int) -> None:
    for scenes in (10_000_000, 100_000_000):
        for taggers in (1, MOST_TAGGERS, 5700):
            sys.stdout.write("\n".join(first_analysis(scenes, Site(taggers), films)) + "\n")
        more_cores = replace(Site(16_384), cores=64)
        sys.stdout.write("\n".join(first_analysis(scenes, more_cores, 5 * films)) + "\n")
    sys.stdout.write(f"More than {most_useful_taggers(Site()):,} taggers are no use with 4 cores.\n")
    sys.stdout.write(many_installations(1000) + "\n")


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="What breaks first.")
    command_line.add_argument("--films", type=int, default=100_000)
    main(command_line.parse_args().films)
