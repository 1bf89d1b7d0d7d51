"""Four worker hosts and two web hosts share a database and the disk of the films, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from jobs.models import Job, Status
from scenes.demo.processes import free_port
from scenes.models import Scene, TaggerResult
from scenes.simulators.tagger import Tagger
from tests.jobs.redis_server import needs_redis, redis
from tests.load.films import SEEN, ended, installed, make_films, running_taggers, seconds_of
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
HOSTS = 4
FILMS = 32
SECONDS = 1.0  # that each film takes
WITHIN = 5 * FILMS * SECONDS


@pytest.fixture
def films(tmp_path: Path) -> list[int]:
    return make_films(tmp_path / "films", FILMS)


@pytest.fixture
def taggers(films: list[int]) -> Iterator[list[Tagger]]:
    """One for each host."""
    with running_taggers(HOSTS, SECONDS) as found:
        yield found


def check_each_film_was_analysed_once(films: list[int], taggers: list[Tagger], again: int = 0) -> None:
    """``again``: films that were in the hands of a host that died."""
    assert Scene.objects.filter(video_analyzed=True).count() == len(films)
    seen = TaggerResult.objects.filter(category__in=SEEN).order_by("scene").values_list("scene", flat=True)
    assert list(seen) == films
    assert len(films) <= sum(tagger.count.total for tagger in taggers) <= len(films) + again


def last_message(page: ClientConnection) -> dict[str, Any]:
    """The first one that says that the run has ended."""
    while True:
        message: dict[str, Any] = json.loads(page.recv(timeout=60))
        if message.get("job", {}).get("status") == Status.COMPLETED:
            return message


def times_as_fast(run: Job) -> float:
    """Than one host with one tagger can be at all, which has nothing to do but to wait for it."""
    return FILMS * SECONDS / seconds_of(run)


def all_at_work(taggers: list[Tagger], asked: int) -> None:
    """Each of them was asked for so many films, and is at the last of them."""

    def look() -> bool:
        counts = [tagger.count.total for tagger in taggers]
        assert max(counts) <= asked, f"a tagger was asked for two films while another was free: {counts}"
        return min(counts) == asked

    until(look, "all taggers to be at work")


@needs_redis
def test_four_hosts_keep_a_tagger_each_at_work_until_no_film_is_left(
    films: list[int], taggers: list[Tagger], tmp_path: Path
) -> None:
    """So they are four times as fast as one, on any machine. With Redis, where the web process leaves its wake-ups."""
    for tagger in taggers:
        tagger.seconds = 0
        tagger.hold()
    with redis(free_port()) as address, installed(tmp_path, taggers, STASHHOG_REDIS_URL=address) as site:
        run = site.start(films, per_batch=3)
        for asked in range(1, FILMS // HOSTS + 1):
            all_at_work(taggers, asked)
            for tagger in taggers:
                tagger.may_end()
        ended(run, WITHIN)
    check_each_film_was_analysed_once(films, taggers)


def test_a_host_dies_and_the_pages_of_both_web_hosts_show_the_run_to_its_right_end(
    films: list[int], taggers: list[Tagger], tmp_path: Path, say: Callable[[str], None]
) -> None:
    with installed(tmp_path, taggers) as site:
        run = site.start(films, per_batch=3)
        with site.page(site.webs[0], run) as first, site.page(site.webs[1], run) as second:
            dead_host = site.hosts[2]
            until(lambda: dead_host.claims().filter(type="analysis").exists(), "the host to be at work")
            dead_host.kill()
            ended(run, WITHIN)
            messages = [last_message(page) for page in (first, second)]
    assert [message["job"]["percent"] for message in messages] == [100, 100]
    check_each_film_was_analysed_once(films, taggers, again=1)
    say(f"one of 4 hosts died: {times_as_fast(run):.2f} times as fast as one tagger can be")


def test_a_tagger_that_is_slow_gets_fewer_films_than_the_others(
    films: list[int], taggers: list[Tagger], tmp_path: Path, say: Callable[[str], None]
) -> None:
    slow = taggers[0]
    slow.seconds = 4 * SECONDS
    with installed(tmp_path, taggers) as site:
        ended(site.start(films, per_batch=3), WITHIN)
    check_each_film_was_analysed_once(films, taggers)
    shares = [tagger.count.total for tagger in taggers]
    say(f"films of a tagger that takes four times as long, and of the others: {shares}")
    assert slow.count.total * 2 <= min(shares[1:])
