"""The ways that a case may go: settings, what is done before, and the run that meets the crash.

`link` hard-links, in batches of two scenes; `slow` has a slow tagger; `copy` and `move` place so; `clean` removes
torrents with their files.
`again` is a second run, after a scene and a tag were destroyed in Stash and the tagger sees a film differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jobs.models import Job
from tests.faults.case import Case, opened
from tests.faults.theatre import Theatre


def one_run(case: Case) -> Job:
    return case.run()


def slow_run(case: Case) -> Job:
    """A run whose films take so long that a second worker surely takes the next batch."""
    case.theatre.slow(tagger=0.5)
    return case.run()


def second_run(case: Case) -> Job:
    """A run, then changes in Stash and in what the tagger sees, then another run that takes them up."""
    case.run()
    theatre = case.theatre
    scenes = {Path(scene["files"][0]).name: scene for scene in theatre.stash_state()["scenes"]}
    theatre.graphql(f'mutation {{ sceneDestroy(input: {{id: "{scenes["Harbour.mp4"]["id"]}", delete_file: true}}) }}')
    tag = theatre.graphql('mutation { tagCreate(input: {name: "Short-lived"}) { id } }')["tagCreate"]["id"]
    case.run("sync")
    theatre.graphql(f'mutation {{ tagDestroy(input: {{id: "{tag}"}}) }}')
    dawn = scenes["Dawn.mp4"]
    theatre.see(case.library / "Alps" / "Dawn.mp4", {"light": {"Golden Hour": [[0.25, 1.25, 0.9]]}})
    case.run("analysis", scene_ids=[int(dawn["id"])])
    return case.run()


@dataclass(frozen=True)
class Play:
    """``perform`` returns the run that counts."""

    settings: dict[str, str] = field(default_factory=dict)
    perform: Callable[[Case], Job] = one_run


PLAYS = {
    "link": Play(),
    "copy": Play({"STASHHOG_LINK_MODE": "copy"}),
    "move": Play({"STASHHOG_LINK_MODE": "move"}),
    "clean": Play({"STASHHOG_CLEANUP": "remove_torrent_and_files"}),
    "slow": Play(perform=slow_run),
    "again": Play(perform=second_run),
}


@contextmanager
def staged(theatre: Theatre, folder: Path, play: str, **settings: str) -> Iterator[Case]:
    with opened(theatre, folder, **PLAYS[play].settings, **settings) as case:
        yield case
