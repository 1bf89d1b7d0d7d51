"""A page is sent the HTML of what changed, which names the version that it builds on; a program the whole state."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from channels.layers import channel_layers
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.context import JobContext
from jobs.live.audience import PAGE, Audience
from jobs.live.broadcast import Broadcaster, broadcaster
from jobs.models import Job, Status
from jobs.permissions import ON_CARDS
from jobs.scheduling import pausing
from jobs.web.cards.parts import Parts
from tests.web.factories import make_job, make_run, make_sub_job, make_user
from tests.web.sockets import Socket, card, changed, in_database, login, opened, text, token_header

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_lasting_connections")]


@pytest.fixture(autouse=True)
def _fresh_layer():
    channel_layers.backends.clear()


@in_database
def analysing() -> tuple[Job, Job]:
    """A run with two batches at work and a log, and the second batch's job."""
    run = make_run(at=4, percent=50)
    make_sub_job(run, "analysis_batches", "analysis", number=1)
    job = make_sub_job(run, "analysis_batches", "analysis", number=2, claim_token=uuid.uuid4())
    for number in range(30):
        JobContext(job).log(f"Line {number}")
    return run, job


async def last_update(socket: Socket) -> dict[str, Any]:
    """The first snapshot; whoever watches has been sent all that there was."""
    first = await socket.receive()
    await broadcaster.send_changes()
    return first


async def test_progress_is_a_few_hundred_bytes_that_build_on_the_version_that_was_sent_before() -> None:
    run, job = await analysing()
    async with opened(card(run), await login()) as socket:
        first = await last_update(socket)
        await changed(job, percent=37, message="Scene 37 of 100")
        update = await socket.until(lambda message: "cene 37 of 100" in text(message))
    assert update["base"] == first["job"]["version"] < update["job"]["version"]
    assert f"job-{job.pk}" in update["parts"] and "steps" not in update["parts"]
    assert "state" not in update and len(str(update)) < 2500 < len(str(first))


async def test_a_new_line_in_the_log_comes_with_placeholders_for_those_that_the_page_has() -> None:
    run, job = await analysing()
    async with opened(card(run), await login()) as socket:
        await last_update(socket)
        await in_database(JobContext(job).log)("Something new")
        update = await socket.until(lambda message: "Something new" in text(message))
    assert 'data-keep="event-' in update["parts"]["log"] and "Line 29" not in text(update)
    assert list(update["parts"]) == ["log"]


async def test_an_update_that_got_lost_brings_a_whole_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    run, job = await analysing()
    async with opened(card(run), await login()) as socket:
        await last_update(socket)
        real = broadcaster.send

        async def lost(update: Any) -> None:
            monkeypatch.setattr(broadcaster, "send", real)

        monkeypatch.setattr(broadcaster, "send", lost)
        await changed(job, message="This one is lost")
        await socket.communicator.receive_nothing(timeout=0.5)
        await changed(run, percent=77)
        message = await socket.until(lambda message: "77 %" in text(message))
    assert message["type"] == "snapshot" and "his one is lost" in message["html"]


async def test_a_page_that_is_ahead_of_what_an_update_builds_on_keeps_nothing_that_became_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, job = await analysing()

    async def later() -> None: ...

    async with opened(card(run), await login()) as socket:
        await changed(job, message="Before")
        await socket.until(lambda message: "efore" in text(message))
        await broadcaster.send_changes()
        with monkeypatch.context() as busy:
            busy.setattr(broadcaster, "send_changes", later)
            await changed(job, message="For a moment")
            await socket.communicator.send_to(text_data='{"type": "refresh"}')
            await socket.until(lambda message: "or a moment" in text(message))
            await changed(job, message="Before")
        await changed(run, percent=77)
        last = await socket.until(lambda message: "77 %" in text(message))
    assert "efore" in text(last)


async def test_nothing_is_kept_of_a_page_that_was_left_while_its_card_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = await analysing()
    audience, ours = Audience(run.pk, PAGE, ON_CARDS), Broadcaster()
    ours.watched[audience] = 1
    read = ours.read

    def read_while_it_is_left() -> Any:
        found = read()
        del ours.watched[audience]
        return found

    monkeypatch.setattr(ours, "read", read_while_it_is_left)
    await ours.send_changes()
    assert not ours.cards and not ours.newest


async def test_a_page_that_shows_what_is_now_is_told_so_and_sent_nothing() -> None:
    run, job = await analysing()
    headers = await login()
    shown = await in_database(seen_by)(run, User.objects.get)
    async with opened(card(run, shown), headers) as socket:
        assert (await socket.receive())["type"] == "current"
        await changed(job, message="Later")
        await socket.until(lambda message: "ater" in text(message))
    async with opened(card(run, shown), headers) as socket:
        assert (await socket.receive())["type"] == "snapshot", "it shows an older version"
    other = shown.replace(shown.partition(".")[2], "0123abcd")
    async with opened(card(run, other), headers) as socket:
        assert (await socket.receive())["type"] == "snapshot", "it was rendered for somebody with other buttons"


def seen_by(run: Job, find: Any) -> str:
    """What the page says that it shows."""
    client = Client()
    client.force_login(find(username="ada"))
    page = client.get(f"/jobs/{run.pk}/").content.decode()
    return page.partition('data-seen="')[2].partition('"')[0]


async def test_a_program_gets_the_whole_state_and_no_html() -> None:
    run, job = await analysing()
    ids = list(range(10_000))
    alone = await in_database(make_job)("analysis", Status.RUNNING, params={"scene_ids": ids})
    async with opened(f"/ws/jobs/{run.pk}/", await token_header()) as socket:
        first = await socket.receive()
        assert first["job"]["metadata"]["step_index"] == 4 and "html" not in first
        await changed(job, percent=37)
        update = await socket.until(
            # A whole snapshot, where the broadcaster began to listen meanwhile.
            lambda message: "job" in message and message["job"]["metadata"]["active_sub_jobs"][1]["percent"] == 37
        )
        assert update["job"]["version"] > first["job"]["version"] and "parts" not in update
        assert set(update["job"]) == set(first["job"])
    async with opened(f"/ws/jobs/{alone.pk}/", await login()) as socket:
        state = (await socket.receive())["job"]
    assert state["shortened"] == {"params.scene_ids": 10_000} and len(str(state)) < 4000


async def test_a_pause_is_pushed_to_every_page() -> None:
    run, _ = await analysing()
    headers = await login()
    async with opened(card(run), headers) as page, opened("/ws/jobs/?as=html", headers) as rows:
        for socket in (page, rows):
            assert (await socket.receive())["pause"] == ""
        await in_database(pausing.pause)(source="test", reason="The disk is full")
        for socket in (page, rows):
            assert "The disk is full" in (await socket.until(lambda message: message["type"] == "pause"))["pause"]
        await in_database(pausing.resume)()
        for socket in (page, rows):
            assert (await socket.until(lambda message: message["type"] == "pause"))["pause"] == ""


def test_parts_that_did_not_change_are_sent_neither_alone_nor_inside_others() -> None:
    def of(outer: str, **inner: str) -> Parts:
        places = "".join(f'<template data-keep="{key}"></template>' for key in inner)
        return Parts('<template data-keep="all"></template>', {"all": f"<ul>{outer}{places}</ul>", **inner})

    before = of("x", a="<li id=a>1</li>", b="<li id=b>2</li>")
    assert before.html() == "<ul>x<li id=a>1</li><li id=b>2</li></ul>"
    assert before.since(before) == {}
    assert of("x", a="<li id=a>1</li>", b="<li id=b>3</li>").since(before) == {"b": "<li id=b>3</li>"}
    kept = '<template data-keep="a"></template>'
    changed_outer = of("y", a="<li id=a>1</li>", b="<li id=b>3</li>").since(before)
    assert changed_outer == {"all": f"<ul>y{kept}<li id=b>3</li></ul>"}
    assert of("x", a="<li id=a>1</li>").since(before) == {"all": f"<ul>x{kept}</ul>"}


def test_audiences_differ_by_buttons_and_language_alone() -> None:
    run_id = uuid.uuid4()
    ada, bob = make_user("ada"), make_user("bob", staff=False)
    bob.user_permissions.add(Permission.objects.get(codename="view_job"))
    asked = {"as": "html", "lang": "en"}
    page = Audience.asked_for(run_id, asked, ada)
    assert page.held == ON_CARDS
    assert page == Audience.asked_for(run_id, {**asked, "seen": "7.x"}, make_user("eve"))
    assert page != Audience.asked_for(run_id, asked, bob)
    german = Audience.asked_for(run_id, {**asked, "lang": "de"}, ada)
    assert german != page and german.language == "de" and german.mark != page.mark
    for odd in ("", "x" * 500, "../..", "en-us"):
        assert Audience.asked_for(run_id, {**asked, "lang": odd}, ada) == page
    assert Audience.asked_for(run_id, {}, ada) == Audience.asked_for(run_id, {}, bob)
    assert all(len(one.group) < 100 for one in (page, german))
