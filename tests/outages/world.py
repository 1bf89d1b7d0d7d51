"""A whole run inside of the test's process: real services over sockets, real films, and no worker process.

`World.run()` works as a worker would, back-off included, until the run has ended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs import engine, testing
from jobs.models import ACTIVE, Event, Job, Status
from scenes.models import Download, Outcome, PlacedFile, Plan, Scene, StashJob
from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.tagger import Tagger, running_tagger
from scenes.simulators.videos import make_video
from tests.processes import until
from tests.scenes.analysis_factories import give_all

Act = Callable[[], object]
RUN = "process_new_scenes"
FILMS = ("Alps/Dawn.mp4", "Alps/Night.mp4", "Harbour.mp4")
LONGEST = 120.0  # seconds for a run, whatever happens in it: a busy machine may need many


def make_films(pool: Path) -> None:
    for seed, name in enumerate(FILMS):
        make_video(pool / name, seconds=1.5, size=(64, 36), title=name, seed=seed)


@dataclass
class World:
    """``params`` are those of every run: two batches at least, and a moment between two attempts."""

    folder: Path
    pool: Path
    stash: RunningStash
    qbittorrent: Qbittorrent
    tagger: Tagger
    configure: Callable[..., Any]
    params: dict[str, Any] = field(default_factory=lambda: {"batch_size": 2, "max_attempts": 3, "retry_delay": 0.1})
    acts: dict[str, Act] = field(default_factory=dict)
    when_felt: Act | None = None

    @property
    def library(self) -> Path:
        return self.folder / "library"

    @property
    def downloads(self) -> Path:
        return self.folder / "downloads"

    def set_up(self) -> None:
        self.configure(
            stash_url=self.stash.url,
            qbittorrent_url=self.qbittorrent.url,
            qbittorrent_username=self.qbittorrent.username,
            qbittorrent_password=self.qbittorrent.password,
            tagger_url=self.tagger.url,
            library_path=self.library,
            generate=frozenset({"covers", "previews", "phashes"}),
            stash_poll=0.05,
        )
        give_all()  # these films are short
        self.download("Alps", "Alps/Dawn.mp4", "Alps/Night.mp4")
        self.download("Harbour", "Harbour.mp4")

    def download(self, name: str, *films: str) -> None:
        """A finished torrent of films of the pool."""
        self.qbittorrent.add_torrent(name, [NewFile(film, self.pool / film) for film in films])

    def environment(self) -> dict[str, str]:
        """Of real processes that work with the same services."""
        return {
            "STASHHOG_STASH_URL": self.stash.url,
            "STASHHOG_QBITTORRENT_URL": self.qbittorrent.url,
            "STASHHOG_QBITTORRENT_USERNAME": self.qbittorrent.username,
            "STASHHOG_QBITTORRENT_PASSWORD": self.qbittorrent.password,
            "STASHHOG_TAGGER_URL": self.tagger.url,
            "STASHHOG_LIBRARY_PATH": str(self.library),
            "STASHHOG_GENERATE": "covers,previews,phashes",
            "STASHHOG_STASH_POLL": "0.05",
            "STASHHOG_RETRY_DELAY": "0.3",
        }

    # Runs

    def start(self, **params: Any) -> Job:
        return engine.start(RUN, {**self.params, **params}, source="test")

    def run(self, **params: Any) -> Job:
        """A run, worked on until it has ended."""
        return self.finish(self.start(**params))

    def sync(self, force: bool = False) -> Job:
        """A sync of its own, to its end, without a moment between its attempts."""
        job = engine.start("sync", {"force": force}, source="test")
        Job.objects.filter(pk=job.pk).update(retry_delay=0)
        return self.finish(job)

    def finish(self, job: Job) -> Job:
        def ended() -> Job | None:
            self.work()
            return Job.objects.finished().filter(pk=job.pk).first()

        return until(ended, f"the end of {job}", LONGEST)

    def work(self) -> None:
        """What is due now, as a worker does it; the acts of `at` and `once_felt` happen in between."""
        while job := engine.claim_next():
            while job is not None:
                self._look(job)
                job = testing.run_job(job, watch=False)

    def at(self, moment: str, act: Act) -> None:
        """``act()`` before this moment, once: a sub-job's type, or "decide STEP"."""
        self.acts[moment] = act

    def once_felt(self, act: Act) -> None:
        """``act()`` as soon as something was put off, or has failed, because of an error."""
        self.when_felt = act

    def _look(self, job: Job) -> None:
        if act := self.acts.pop(moment_of(job), None):
            act()
        if self.when_felt and felt(job):
            act, self.when_felt = self.when_felt, None
            act()

    # What is there in the end

    def nothing_is_lost(self) -> None:
        """Every film is linked, a scene in Stash, tagged, its markers there once, and previewed; no row is open."""
        for film in FILMS:
            assert (self.library / film).samefile(self.downloads / film), film
        scenes = {path: scene for scene in self.stash.dump()["scenes"] for path in scene["files"]}
        assert set(scenes) == {str(self.library / film) for film in FILMS}
        for scene in scenes.values():
            assert any(name.endswith("_AI") for name in scene["tags"]), scene
            spots = [(m["title"], m["seconds"], m["end_seconds"]) for m in scene["markers"]]
            assert spots and len(spots) == len(set(spots)), spots
        outputs = self.stash.simulator.outputs
        assert all(outputs.preview(scene).exists() for scene in self.stash.state.scenes.values())
        assert not PlacedFile.objects.exclude(outcome=Outcome.DONE, scan__outcome=Outcome.DONE).exists()
        assert not Download.objects.exclude(outcome=Outcome.DONE).exists()
        assert not Scene.objects.exclude(video_analyzed=True).exists()
        assert not Scene.objects.filter(generated_at=None).exists()
        self.nothing_is_half_done()

    def nothing_is_half_done(self) -> None:
        self.nothing_is_half_done_but_plans()
        assert not Plan.objects.unfinished().exists()

    def nothing_is_half_done_but_plans(self) -> None:
        assert not Job.objects.filter(status__in=ACTIVE).exists()
        assert not Job.objects.exclude(claim_token=None, held_lock="").exists()
        # That of a failed job waits for its retry by hand.
        assert not StashJob.objects.filter(ended_at=None).exclude(job__status=Status.FAILED).exists()
        assert not list(self.library.rglob("*.part"))

    def next_run_makes_it_good(self) -> Job:
        job = self.run()
        assert job.status == Status.COMPLETED, (job.result, log_of(job))
        self.nothing_is_lost()
        return job


def moment_of(job: Job) -> str:
    """What is done next: a sub-job's type, or "decide STEP"."""
    if job.parent_id is not None:
        return job.type
    step = job.steps.filter(status=Status.PENDING).first()
    return f"decide {step.key if step else 'the end'}"


def felt(job: Job) -> bool:
    """Whether something was put off because of an error."""
    return Event.objects.filter(
        job__in=Job.objects.of_run(job.root_id), kind__in=("retried", "step_retried", "step_failed")
    ).exists()


def steps_of(job: Job) -> dict[str, Any]:
    assert job.result is not None
    return job.result["steps"]


def statuses_of(job: Job) -> list[str]:
    """Of the six steps, in order."""
    return list(job.steps.order_by("index").values_list("status", flat=True))


def errors_of(job: Job) -> list[dict[str, Any]]:
    """Of all steps and batches of the result."""
    steps = dict(steps_of(job))
    batches = steps.pop("analysis_batches")
    found = [step["error"] for step in steps.values()] + [error for batch in batches for error in batch["errors"]]
    return [error for error in found if error]


def log_of(job: Job) -> str:
    """What happened in the run, a line each."""
    events = Event.objects.filter(job__in=Job.objects.of_run(job.pk)).order_by("id")
    return "\n".join(f"{event.job.type} {event.kind} {event.message}" for event in events.select_related("job"))


@contextlib.contextmanager
def opened(folder: Path, pool: Path, configure: Callable[..., Any]) -> Iterator[World]:
    """All services up; gone afterwards."""
    (folder / "library").mkdir()
    with (
        running_qbittorrent(folder / "downloads") as qbittorrent,
        running_stash(library=[folder / "library"], seconds_per_item=0.0) as stash,
        running_tagger() as tagger,
    ):
        world = World(folder, pool, stash, qbittorrent, tagger, configure)
        world.set_up()
        yield world
