"""The WebSockets: who is let in, the snapshot, updates, and what happens when one is lost."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
from autobahn.exception import Disconnected
from channels.layers import channel_layers, get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session

from jobs.context import JobContext
from jobs.live import broadcast
from jobs.live.audience import group_of
from jobs.live.broadcast import broadcaster
from jobs.models import ApiToken, Status
from stashhog.asgi import application
from tests.web.factories import make_job, make_run, make_sub_job, make_token
from tests.web.sockets import (
    FOREIGN,
    OURS,
    WITHIN,
    card,
    changed,
    closed,
    cookie,
    in_database,
    login,
    opened,
    refused,
    text,
    token_header,
    with_host,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_lasting_connections")]


@pytest.fixture(autouse=True)
def _fresh_layer():
    channel_layers.backends.clear()


# Who is let in


async def test_a_login_with_a_known_origin_and_a_token_without_any_are_let_in():
    other = [(b"cookie", (await login("bob"))[0][1]), (b"origin", b"http://[::1]:8000"), (b"host", b"[::1]:8000")]
    for headers in (await login("ada"), other):
        async with opened("/ws/jobs/", headers) as socket:
            assert (await socket.receive())["type"] == "snapshot"
    async with opened("/ws/jobs/", [(b"authorization", (await _token_of("ada")))]) as socket:
        assert (await socket.receive())["type"] == "snapshot"


@in_database
def _token_of(name: str) -> bytes:
    return f"Bearer {make_token(User.objects.get(username=name))}".encode()


@pytest.mark.parametrize(
    "origin",
    [
        *(FOREIGN, b"null", b"", b"http://localhost.evil.example", b"http://[", b"x:y:z", None),
        *(b"http://localhost:9000", b"http://localhost", b"https://localhost", b"http://127.0.0.1:8000"),
        *(b"ftp://localhost:8000", b"http://localhost:8000.evil.example", b"http://[::1]:8000"),
    ],
)
async def test_a_login_from_another_origin_is_refused_before_it_is_accepted(origin):
    headers = [(await login())[0]] + ([] if origin is None else [(b"origin", origin)])
    assert await refused("/ws/jobs/", headers)


@pytest.mark.parametrize(
    ("host", "origin", "is_let_in"),
    [
        (b"localhost", b"http://localhost", True),
        (b"localhost:80", b"http://localhost", True),
        (b"localhost:443", b"https://localhost", True),
        (b"LOCALHOST", b"https://localhost:443", True),
        (b"localhost:8443", b"https://localhost", False),
        (b"evil.example:8000", b"http://evil.example:8000", False),
        (b"", b"http://localhost:8000", False),
        (b"localhost:x", b"http://localhost:8000", False),
    ],
)
async def test_an_origin_is_ours_when_it_is_the_host_and_port_that_were_asked_for(host, origin, is_let_in):
    headers = [(await login())[0], (b"origin", origin), (b"host", host)]
    assert await refused("/ws/jobs/", headers) != is_let_in


async def test_a_trusted_origin_is_let_in(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://hog.example"]
    headers = [(await login())[0], (b"origin", b"https://hog.example")]
    async with opened("/ws/jobs/", headers) as socket:
        assert (await socket.receive())["type"] == "snapshot"
    assert await refused("/ws/jobs/", [headers[0], (b"origin", b"http://hog.example")])


async def test_nobody_else_is_let_in():
    job = await in_database(make_job)()
    for address in ("/ws/jobs/", f"/ws/jobs/{job.pk}/", "/ws/other/"):
        assert await refused(address, [(b"origin", OURS)])
        assert await refused(address, [(b"origin", OURS), (b"cookie", b"stashhog_session=made-up")])
        assert await refused(address, [(b"authorization", b"Bearer made-up")])
        assert await refused(address, [])


async def test_what_is_not_there_is_refused():
    headers = await token_header()
    for address in (f"/ws/jobs/{uuid.uuid4()}/", "/ws/jobs/?status=great", "/ws/jobs/?cursor=x", "/ws/nothing"):
        assert await refused(address, headers)


async def test_a_connection_ends_when_its_token_is_taken_away():
    async with opened("/ws/jobs/", await token_header()) as socket:
        await socket.receive()
        await in_database(ApiToken.objects.all().delete)()
        await broadcaster.sweep()
        assert (await closed(socket.communicator))["code"] == 4401


# Snapshots and updates


async def test_a_snapshot_of_a_run_comes_first_with_its_state_and_its_card():
    run = await in_database(make_run)(at=4, percent=65)
    async with opened(card(run), await login()) as socket:
        message = await socket.receive()
    assert message["type"] == "snapshot"
    assert message["job"]["id"] == str(run.pk) and message["job"]["status"] == "running"
    assert f'id="card-{run.pk}"' in message["html"] and "Step 4 of 6" in message["html"]


async def test_a_change_of_a_run_and_of_its_sub_job_come_as_updates_with_rising_versions():
    run = await in_database(make_run)(at=4)
    sub_job = await in_database(make_sub_job)(run, "analysis_batches", "analysis")
    async with opened(card(run), await login()) as socket:
        first = await socket.receive()
        await changed(sub_job, percent=37, message="Scene 37 of 100")
        second = await socket.until(lambda message: "cene 37 of 100" in text(message))
        assert "37 %" in text(second)
        await changed(run, percent=80)
        third = await socket.until(lambda message: "80 %" in text(message))
    assert first["job"]["version"] < second["job"]["version"] < third["job"]["version"]


async def test_a_line_in_the_log_comes_as_an_update():
    job = await in_database(make_job)("sync", Status.RUNNING, claim_token=uuid.uuid4())
    async with opened(card(job), await login()) as socket:
        await socket.receive()
        await in_database(JobContext(job).log)("A line for the log")
        assert await socket.until(lambda message: "A line for the log" in text(message))


async def test_a_list_gets_its_page_first_and_then_new_and_changed_jobs():
    old = await in_database(make_job)("sync", Status.COMPLETED)
    async with opened("/ws/jobs/?as=html", await login()) as socket:
        message = await socket.receive()
        assert [entry["job"]["id"] for entry in message["jobs"]] == [str(old.pk)]
        run = await in_database(make_run)(at=1)
        shown = await socket.shows(lambda shown: shown["job"]["id"] == str(run.pk))
        assert f'id="row-{run.pk}"' in shown["html"]
        await changed(run, status=Status.CANCELLED, single_flight="")
        await socket.shows(lambda shown: shown["job"]["status"] == "cancelled")


async def test_a_filtered_list_gets_only_what_fits_and_what_it_showed_before():
    shown = await in_database(make_job)("sync", Status.RUNNING)
    async with opened("/ws/jobs/?status=running", await login()) as socket:
        assert len((await socket.receive())["jobs"]) == 1
        await in_database(make_job)("analysis", Status.FAILED)
        await changed(shown, status=Status.COMPLETED)
        # The failed one came before it and was left out.
        message = await socket.until(lambda message: message["type"] == "job")
        assert message["job"]["id"] == str(shown.pk) and message["job"]["status"] == "completed"


async def test_a_sub_job_has_a_page_of_its_own():
    run = await in_database(make_run)(at=4)
    sub_job = await in_database(make_sub_job)(run, "analysis_batches", "analysis")
    for kind, address in (("page", card(sub_job)), ("program", f"/ws/jobs/{sub_job.pk}/")):
        async with opened(address, await login()) as socket:
            assert (await socket.receive())["job"]["id"] == str(sub_job.pk)
            await changed(sub_job, message=f"for a {kind}")
            message = await socket.until(partial(tells, f"for a {kind}"))
            assert message["job"]["id"] == str(sub_job.pk)


async def test_an_older_update_that_comes_late_is_dropped():
    run = await in_database(make_run)(at=4)
    async with opened(card(run), await login()) as socket:
        version = (await socket.receive())["job"]["version"]
        late = {"type": "job.changed", "id": str(run.pk), "base": 0, "version": version, "text": '{"type": "late"}'}
        await get_channel_layer().group_send(group_of(run.pk), late)
        await socket.communicator.send_to(text_data='{"type": "refresh"}')
        assert (await socket.until(lambda message: message["type"] in ("late", "snapshot")))["type"] == "snapshot"


async def test_a_missed_update_is_repaired_by_the_next_sweep(monkeypatch):
    run = await in_database(make_run)(at=4)
    job = await in_database(make_job)("sync", Status.RUNNING)

    async def lost(update: Any) -> None:
        pass

    monkeypatch.setattr(broadcaster, "send", lost)
    headers = await login()
    async with opened(card(run), headers) as page, opened("/ws/jobs/", headers) as rows:
        await page.receive()
        await rows.receive()
        await changed(run, percent=95)
        await changed(job, percent=50)
        await broadcaster.sweep()
        await page.until(lambda message: "95 %" in text(message))
        await rows.until(lambda message: {entry["job"]["percent"] for entry in message.get("jobs", [])} == {95, 50})


async def test_what_was_committed_while_the_database_could_not_be_followed_is_shown_after_it(monkeypatch):
    run = await in_database(make_run)(at=4)
    async with opened(card(run), await login()) as socket:
        await socket.receive()
        follow, broadcaster.task = broadcaster.task, None
        assert follow is not None
        follow.cancel()
        await asyncio.wait([follow])
        await changed(run, percent=95)
        broadcaster.task = asyncio.create_task(broadcaster.run())
        await socket.until(lambda message: "95 %" in text(message))


async def test_an_error_of_one_round_is_logged_and_pages_hear_of_the_next_changes(monkeypatch, caplog):
    run = await in_database(make_run)(at=4)
    async with opened(card(run), await login()) as socket:
        await socket.receive()
        with monkeypatch.context() as broken:
            broken.setattr(broadcaster, "update_of", {}.__getitem__)
            await changed(run, percent=60)
            async with asyncio.timeout(WITHIN):
                while "Crashed broadcaster" not in caplog.text:
                    await asyncio.sleep(0.02)
        await changed(run, percent=95)
        await socket.until(lambda message: "95 %" in text(message))


async def test_an_error_of_every_round_is_tried_again_after_a_rising_time(monkeypatch):
    waits: list[float] = []

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 12:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", noted)
    monkeypatch.setattr(broadcast.Broadcaster, "follow", lambda broadcaster: 1 / 0)
    with pytest.raises(asyncio.CancelledError):
        await broadcast.Broadcaster().run()
    shortest = broadcast.COALESCE_INTERVAL
    assert waits[:3] == [shortest, 2 * shortest, 4 * shortest] and waits[-1] == broadcast.LONGEST_BACKOFF


async def test_a_card_is_rendered_once_however_many_pages_show_it(monkeypatch):
    run = await in_database(make_run)(at=4)
    headers, count = await login(), []
    real = broadcast.rendered

    def counted(*arguments: Any) -> Any:
        count.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(broadcast, "rendered", counted)
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(opened(card(run), headers)) for _ in range(4)]
        for page in pages:
            await page.receive()
        # Once for those who came, and at most once more for what the broadcaster did not know it had been shown.
        assert len(count) <= 2
        await changed(run, percent=90)
        for page in pages:
            await page.until(lambda message: "90 %" in text(message))
        assert len(count) <= 3


async def test_the_broadcaster_runs_only_while_somebody_watches_and_leaves_no_group_behind():
    run = await in_database(make_run)(at=4)
    headers = await login()
    assert broadcaster.task is None
    async with opened("/ws/jobs/", headers), opened(card(run), headers):
        assert broadcaster.task is not None and not broadcaster.task.done()
    assert broadcaster.task is None and not broadcaster.watched
    assert not any(get_channel_layer().groups.values())
    assert not broadcaster.cards and not broadcaster.newest and not broadcaster.reading


# Buttons


@in_database
def login_with(*codenames: str) -> list[tuple[bytes, bytes]]:
    user = User.objects.create_user("-".join(codenames) or "nothing", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_job", *codenames]))
    return [(b"cookie", cookie(user)), (b"origin", OURS)]


@in_database
def forget_permissions(username: str, *codenames: str) -> None:
    user = User.objects.get(username=username)
    user.user_permissions.remove(*Permission.objects.filter(codename__in=codenames))


def tells(words: str, message: dict[str, Any]) -> bool:
    return words in str(message)


def buttons(html: str) -> set[str]:
    return set(re.findall(r'formaction="/jobs/[-0-9a-f]+/(\w+)[#"]', html))


async def test_each_page_keeps_the_buttons_of_its_user_after_an_update():
    run = await in_database(make_run)(at=4)
    await in_database(run.steps.filter(key="process_downloads").update)(status=Status.FAILED)
    await in_database(make_sub_job)(run, "process_downloads", "process_downloads", Status.FAILED)
    await in_database(make_sub_job)(run, "analysis_batches", "analysis", percent=1)
    expected = {(): set(), ("cancel_job",): {"cancel"}, ("retry_job",): {"retry"}}
    expected["cancel_job", "retry_job"] = {"cancel", "retry"}
    async with AsyncExitStack() as stack:
        pages = {}
        for codenames in expected:
            headers = await login_with(*codenames)
            pages[codenames] = await stack.enter_async_context(opened(card(run), headers))
            assert buttons((await pages[codenames].receive())["html"]) == expected[codenames]
        await changed(run, percent=77)
        for codenames, page in pages.items():
            update = await page.until(lambda message: "77 %" in text(message))
            assert update["type"] == "job", "sent by the broadcaster, and not read by the page itself"
            await page.communicator.send_to(text_data='{"type": "refresh"}')
            whole = await page.until(lambda message: message["type"] == "snapshot")
            assert buttons(text(whole)) == expected[codenames]


async def test_a_sub_jobs_page_has_the_buttons_of_its_user_after_an_update():
    run = await in_database(make_run)(at=4)
    job = await in_database(make_sub_job)(run, "analysis_batches", "analysis", percent=1)
    for codenames, expected in (((), set()), (("cancel_job",), {"cancel"})):
        async with opened(card(job), await login_with(*codenames)) as page:
            assert buttons((await page.receive())["html"]) == expected
            await changed(job, message=f"with {len(codenames)} buttons")
            update = await page.until(partial(tells, f"with {len(codenames)} buttons"))
            assert buttons(update["html"]) == expected


async def test_a_page_is_closed_when_the_permissions_of_its_user_changed_and_comes_back_with_the_right_buttons():
    run = await in_database(make_run)(at=4)
    headers = await login_with("cancel_job")
    async with opened(card(run), headers) as page:
        assert buttons((await page.receive())["html"]) == {"cancel"}
        await forget_permissions("cancel_job", "cancel_job")
        await broadcaster.sweep()
        assert (await closed(page.communicator))["code"] == 4403
    async with opened(card(run), headers) as page:
        assert buttons((await page.receive())["html"]) == set()
        await forget_permissions("cancel_job", "view_job")
        await broadcaster.sweep()
        assert (await closed(page.communicator))["code"] == 4403
    assert await refused(f"/ws/jobs/{run.pk}/", headers)


async def test_a_page_whose_login_ended_is_closed_with_the_code_that_asks_for_a_new_one():
    run, headers = await in_database(make_run)(at=4), await login()
    async with opened(card(run), headers) as page, opened("/ws/jobs/", headers) as rows:
        await in_database(Session.objects.all().delete)()
        await broadcaster.sweep()
        assert (await closed(page.communicator))["code"] == (await closed(rows.communicator))["code"] == 4401
    assert await refused("/ws/jobs/", headers)


# What clients say


async def test_a_page_can_ask_for_a_new_snapshot():
    async with opened("/ws/jobs/", await login()) as socket:
        await socket.receive()
        await socket.say('{"type": "refresh"}', "snapshot")


@pytest.mark.parametrize(
    "frame", [" ", "{", "[]", "null", "7", '"refresh"', '{"type": "cancel"}', '{"type": ["a"]}', "{}", "[" * 1024]
)
async def test_other_frames_are_answered_with_an_error_and_the_connection_stays(frame):
    async with opened("/ws/jobs/", await login()) as socket:
        await socket.receive()
        answer = await socket.say(frame, "error")
        assert answer["error"]["code"] == "bad_request"
        await socket.say('{"type": "ping"}', "alive")


async def test_a_binary_frame_is_answered_with_an_error():
    async with opened("/ws/jobs/", await login()) as socket:
        await socket.receive()
        await socket.say(b"\x00\xff", "error")


async def test_a_frame_that_is_too_large_ends_the_connection():
    communicator = WebsocketCommunicator(application, "/ws/jobs/", with_host(await login()))
    assert (await communicator.connect(WITHIN))[0]
    await communicator.receive_from(WITHIN)
    await communicator.send_to(text_data='{"type": "' + "x" * 2000 + '"}')
    assert (await closed(communicator))["code"] == 4413
    await communicator.disconnect(timeout=WITHIN)


@pytest.mark.parametrize("error", [OSError("closed"), Disconnected("closed")])  # of ASGI; of Daphne
async def test_a_connection_that_ended_before_it_was_sent_anything_is_no_error(error):
    ended = {"type": "websocket.disconnect", "code": 1009}
    frames: Iterator[dict[str, Any]] = iter([{"type": "websocket.connect"}, ended])

    async def receive() -> dict[str, Any]:
        return next(frames)

    async def send(frame: dict[str, Any]) -> None:
        if frame["type"] == "websocket.send":
            raise error

    communicator = WebsocketCommunicator(application, "/ws/jobs/", with_host(await login()))
    await application(communicator.scope, receive, send)
    assert list(frames) == []  # it read that it ended
