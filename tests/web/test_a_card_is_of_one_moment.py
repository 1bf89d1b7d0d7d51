"""What is sent of a run is the run of one version, whatever is committed while it is read: updates build on it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from jobs.context import JobContext
from jobs.live import broadcast
from jobs.live.audience import PAGE, Audience
from jobs.live.broadcast import Broadcaster, read_unless_known
from jobs.live.messages import Rendered
from jobs.live.one_moment import one_moment
from jobs.models import Job
from jobs.permissions import ON_CARDS
from jobs.web.cards.snapshot import versions_of
from tests.web.factories import change, make_run, make_sub_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_lasting_connections")]
MEANWHILE = "Said meanwhile"


def by_another(act: Callable[[], Any]) -> None:
    """In a connection of its own, as another process would."""

    def and_close() -> None:
        act()
        connection.close()

    thread = threading.Thread(target=and_close)
    thread.start()
    thread.join()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Job:
    """Its log grows once, between the read of its versions and the read of all else."""
    run, load = make_run(at=4), broadcast.load
    make_sub_job(run, "analysis_batches", "analysis", claim_token=uuid.uuid4())

    def load_late(*asked: Any) -> Any:
        monkeypatch.setattr(broadcast, "load", load)
        by_another(lambda: JobContext(run.sub_jobs.get()).log(MEANWHILE))
        return load(*asked)

    monkeypatch.setattr(broadcast, "load", load_late)
    return run


def is_new(card: Rendered) -> bool:
    return MEANWHILE in card.parts.html()


def version_of(run: Job) -> int:
    return versions_of([Job.objects.get(pk=run.pk)])[run.pk]


def test_a_card_that_is_read_for_a_page(run: Job) -> None:
    first = version_of(run)
    audience = Audience(run.pk, PAGE, ON_CARDS)
    card = read_unless_known(audience, None)
    assert (card.version, is_new(card)) == (first, False)
    card = read_unless_known(audience, card)
    assert (card.version, is_new(card)) == (first + 1, True)


def test_a_card_that_is_read_for_an_update_of_all_pages(run: Job) -> None:
    first = version_of(run)
    ours, audience = Broadcaster(), Audience(run.pk, PAGE, ON_CARDS)
    ours.watched[audience] = 1
    (update,), _ = ours.read()
    assert (update.version, is_new(update.cards[audience])) == (first, False)
    ours.sent[run.pk], ours.cards[audience] = update.version, update.cards[audience]
    (update,), _ = ours.read()
    base, text = update.texts[audience]
    assert (base, update.version) == (first, first + 1)
    assert MEANWHILE in text, "a page that was read at the first version has not been sent it"


def test_within_a_moment_nothing_changes_and_after_it_everything_may_be_written() -> None:
    run = make_run(at=4, percent=50)
    with one_moment():
        assert Job.objects.get(pk=run.pk).percent == 50
        by_another(lambda: change(run, percent=77))
        assert Job.objects.get(pk=run.pk).percent == 50
    assert Job.objects.get(pk=run.pk).percent == 77
    change(run, percent=78)
    with one_moment(), one_moment():
        assert Job.objects.get(pk=run.pk).percent == 78
