"""An update reads as much whatever the run has, renders what differs, and asks once for each login who still may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from channels.layers import channel_layers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.context import JobContext
from jobs.live import refusals
from jobs.live.audience import PAGE, Audience
from jobs.live.broadcast import Broadcaster, broadcaster
from jobs.live.messages import Rendered, rendered
from jobs.models import Batch, Job, Status
from jobs.permissions import ON_CARDS
from jobs.web.cards.card import read_card
from tests.web.factories import change, make_run, make_sub_job
from tests.web.sockets import card, in_database, login, opened

MOST_QUERIES = 12


@pytest.fixture
def run(db: None) -> Job:
    run = make_run(at=4, percent=50)
    make_sub_job(run, "incremental_sync", "sync", Status.COMPLETED, result={"synced_items": 7})
    make_sub_job(run, "analysis_batches", "analysis", claim_token=uuid.uuid4())
    return run


def at_work(run: Job) -> JobContext:
    return JobContext(run.sub_jobs.get(type="analysis", status=Status.RUNNING))


def watching(run: Job) -> tuple[Broadcaster, Audience]:
    ours, audience = Broadcaster(), Audience(run.pk, PAGE, ON_CARDS)
    ours.watched[audience] = 1
    return ours, audience


def test_an_update_takes_as_many_queries_for_500_batches_as_for_one(run: Job) -> None:
    ours, _ = watching(run)
    ours.read()  # with what is asked once a run
    at_work(run).progress(1, 3)
    with CaptureQueriesContext(connection) as few:
        assert len(ours.read()[0]) == 1
    step = run.steps.get(key="analysis_batches")
    batches = Batch.objects.bulk_create(Batch(step=step, number=n, status=Status.QUEUED) for n in range(2, 501))
    Job.objects.bulk_create(
        Job(type="analysis", status=Status.QUEUED, parent=run, step=step, batch=batch) for batch in batches
    )
    Job.objects.filter(parent=run, type="analysis", batch__number__lt=40).update(status=Status.FAILED, errors=3)
    ours.read()
    change(run, percent=60)
    with CaptureQueriesContext(connection) as many:
        assert len(ours.read()[0]) == 1
    # Those at work and those that went wrong are two, and what failed of the step another two.
    assert len(few) <= MOST_QUERIES and len(many) <= len(few) + 4


def test_a_part_that_would_become_the_same_is_not_rendered_again(run: Job) -> None:
    _, audience = watching(run)
    before = rendered(read_card(run.pk), audience)
    before.parts.by_id["step-incremental_sync"] += "<!-- as before -->"  # type: ignore[index]
    at_work(run).progress(2, 3, "Scene 2 of 3")
    after = rendered(read_card(run.pk), audience, before)
    assert after.parts.by_id["step-incremental_sync"].endswith("<!-- as before -->")
    assert "cene 2 of 3" in after.parts.html()


CHANGES: dict[str, Callable[[Job], Any]] = {
    "progress": lambda run: at_work(run).progress(2, 3, "Scene 2 of 3"),
    "a line of the log": lambda run: at_work(run).log("Something new"),
    "a status of a sub-job": lambda run: change(
        run.sub_jobs.get(type="analysis"),
        status=Status.FAILED,
        error_code="x",
        error_message="Broken",
        finished_at=timezone.now(),
    ),
    "a result": lambda run: change(run.sub_jobs.get(type="sync"), result={"synced_items": 8}),
    "a message of a step": lambda run: run.steps.filter(key="analysis_batches").update(message="Waits"),
    "a step that ended": lambda run: run.steps.filter(key="analysis_batches").update(
        status=Status.FAILED, finished_at=timezone.now()
    ),
    "another sub-job": lambda run: make_sub_job(run, "analysis_batches", "analysis", Status.QUEUED, number=2),
    "many sub-jobs": lambda run: [
        make_sub_job(run, "analysis_batches", "analysis", Status.QUEUED, number=number) for number in range(3, 12)
    ],
    "the end": lambda run: change(run, status=Status.CANCELLED, finished_at=timezone.now()),
}


def test_what_is_taken_from_before_is_what_would_be_rendered_now(run: Job) -> None:
    audience, shown = watching(run)[1], None
    for name, act in CHANGES.items():
        act(run)
        card = read_card(run.pk)
        shown, fresh = rendered(card, audience, shown), rendered(card, audience)
        assert shown.parts.html() == fresh.parts.html() and shown.parts.by_id == fresh.parts.by_id, name


def test_another_language_takes_nothing_from_what_was_rendered_for_this_one(run: Job) -> None:
    audience = watching(run)[1]
    ours: dict[str, Rendered] = {}
    for language in ("en", "de", "en"):
        one = audience._replace(language=language)
        ours[language] = rendered(read_card(run.pk), one, ours.get(language))
    assert "Fertig" not in ours["en"].parts.html() != ours["de"].parts.html()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_lasting_connections")
async def test_a_sweep_asks_once_for_all_pages_of_a_login_whether_it_still_may(monkeypatch: pytest.MonkeyPatch) -> None:
    channel_layers.backends.clear()
    run, asked, real = await in_database(make_run)(at=4), list[Audience](), refusals.refusal

    def counted(scope: dict[str, Any], audience: Audience) -> int:
        asked.append(audience)
        return real(scope, audience)

    monkeypatch.setattr(refusals, "refusal", counted)
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(opened(card(run), headers)) for headers in [await login()] * 4]
        pages.append(await stack.enter_async_context(opened(card(run), await login("bob"))))
        for page in pages:
            await page.until(lambda message: message["type"] == "alive")  # of the first sweep, when it began to follow
        asked.clear()
        await broadcaster.sweep()
        for page in pages:
            await page.until(lambda message: message["type"] == "alive")
    assert len(asked) == 2
