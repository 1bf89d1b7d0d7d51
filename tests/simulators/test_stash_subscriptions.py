"""Subscriptions over WebSockets (services/stash.md, "Jobs")."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.stash.graphql.subscriptions import KEPT, Source
from tests.simulators.conftest import Video
from tests.simulators.stash_client import DEADLINE, Client, until

NEW, OLD = "graphql-transport-ws", "graphql-ws"
START = {NEW: "subscribe", OLD: "start"}
STOP = {NEW: "complete", OLD: "stop"}
DATA = {NEW: "next", OLD: "data"}
JOBS = "subscription { jobsSubscribe { type job { id status progress } } }"
SCANS = "subscription { scanCompleteSubscribe }"
LOGS = "subscription { loggingSubscribe { level message } }"


class Socket:
    def __init__(self, connection: ClientConnection, dialect: str):
        self.connection, self.dialect = connection, dialect

    def say(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def hear(self, timeout: float = DEADLINE) -> dict[str, Any]:
        return json.loads(self.connection.recv(timeout))

    def greet(self) -> None:
        self.say(type="connection_init")
        assert self.hear() == {"type": "connection_ack"}
        if self.dialect == OLD:
            assert self.hear() == {"type": "ka"}

    def subscribe(self, stash: RunningStash, query: str) -> None:
        self.greet()
        simulator = stash.simulator

        def listening() -> int:
            return len(simulator.jobs.listeners) + len(simulator.scan_listeners) + len(simulator.log.listeners)

        before = listening()
        self.say(id="1", type=START[self.dialect], payload={"query": query})
        until(lambda: listening() > before)

    def value(self) -> Any:
        message = self.hear()
        assert (message["type"], message["id"]) == (DATA[self.dialect], "1"), message
        [value] = message["payload"]["data"].values()
        return value


@pytest.fixture(params=[NEW, OLD])
def socket(request: pytest.FixtureRequest, stash: RunningStash) -> Iterator[Socket]:
    yield from opened(stash, request.param)


def opened(stash: RunningStash, dialect: str, **headers: str) -> Iterator[Socket]:
    address = stash.url.replace("http", "ws") + "/graphql"
    with connect(address, subprotocols=[Subprotocol(dialect)], additional_headers=headers) as connection:
        assert connection.subprotocol == dialect
        yield Socket(connection, dialect)


def updates_until_end(socket: Socket) -> list[dict[str, Any]]:
    updates = [socket.value()]
    while updates[-1]["type"] != "REMOVE":
        updates.append(socket.value())
    return updates


def test_jobs_are_told_from_add_to_remove_with_the_final_status(
    socket: Socket, client: Client, stash: RunningStash
) -> None:
    socket.subscribe(stash, JOBS)
    number = client.scan()["id"]
    updates = updates_until_end(socket)
    assert (updates[0]["type"], updates[0]["job"]["status"]) == ("ADD", "READY")
    assert {update["type"] for update in updates[1:-1]} == {"UPDATE"}
    assert updates[-1]["job"]["status"] == "FINISHED"
    assert {update["job"]["id"] for update in updates} == {number}


def test_a_cancelled_job_is_removed_as_cancelled(socket: Socket, client: Client, stash: RunningStash) -> None:
    socket.subscribe(stash, JOBS)
    foreign = stash.add_foreign_job()
    client.stop(str(foreign.id))
    assert updates_until_end(socket)[-1]["job"]["status"] == "CANCELLED"


def test_updates_come_at_most_ten_times_a_second(library: Path) -> None:
    with running_stash([library], seconds_per_item=0.005) as stash:
        stash.seed(scenes=100)
        client = Client(stash)
        for socket in opened(stash, NEW):
            socket.subscribe(stash, JOBS)
            number = int(client.start_generate(previews=True))
            updates = [update for update in updates_until_end(socket) if update["type"] == "UPDATE"]
        job = stash.do(lambda: stash.simulator.jobs.find(number))
        assert job is not None
        assert 2 <= len(updates) <= job.seconds * 10 + 1


def test_nothing_is_replayed_to_a_late_subscriber(socket: Socket, client: Client, stash: RunningStash) -> None:
    client.scan()
    socket.subscribe(stash, JOBS)
    second = client.scan()["id"]
    assert {update["job"]["id"] for update in updates_until_end(socket)} == {second}


def test_what_a_slow_reader_does_not_take_is_dropped(stash: RunningStash) -> None:
    def flood() -> int:
        source = Source(stash.simulator, "loggingSubscribe")
        for number in range(KEPT + 50):
            stash.simulator.log.info(f"line {number}")
        source.close()
        return source.queue.qsize()

    assert stash.do(flood) == KEPT


@pytest.mark.parametrize("dialect", [NEW, OLD])
@pytest.mark.parametrize(
    "start", ["mutation { metadataScan(input: {}) }", "mutation { metadataClean(input: {dryRun: false}) }"]
)
def test_scan_complete_comes_after_a_scan_and_after_a_clean_without_a_job_id(
    stash: RunningStash, client: Client, dialect: str, start: str
) -> None:
    for socket in opened(stash, dialect):
        socket.subscribe(stash, SCANS)
        client.ended(client.ask(start))
        assert socket.value() is True


def test_scan_complete_does_not_come_after_a_cancelled_scan(
    socket: Socket, client: Client, stash: RunningStash, video: Video
) -> None:
    for number in range(6):
        video(f"film_{number}.mp4", seed=number)
    socket.subscribe(stash, SCANS)
    stash.do(lambda: setattr(stash.simulator.settings, "seconds_per_item", 0.3))
    job = client.ask("mutation { metadataScan(input: {}) }")
    until(lambda: (client.job(job) or {}).get("status") == "RUNNING")
    client.stop(job)
    assert client.ended(job)["status"] == "CANCELLED"
    with pytest.raises(TimeoutError):
        socket.hear(timeout=0.2)


def test_scan_complete_does_not_come_after_a_generate(socket: Socket, client: Client, stash: RunningStash) -> None:
    socket.subscribe(stash, SCANS)
    client.generate(previews=True)
    with pytest.raises(TimeoutError):
        socket.hear(timeout=0.2)


def test_the_log_can_be_followed(socket: Socket, client: Client, stash: RunningStash) -> None:
    socket.subscribe(stash, LOGS)
    client.scan()
    assert socket.value() == [{"level": "Info", "message": "Scan finished"}]


def test_an_ended_subscription_is_told_nothing_more(socket: Socket, client: Client, stash: RunningStash) -> None:
    socket.subscribe(stash, SCANS)
    socket.say(id="1", type=STOP[socket.dialect])
    until(lambda: not stash.simulator.scan_listeners)
    client.scan()
    if socket.dialect == OLD:
        assert socket.hear() == {"id": "1", "type": "complete"}
    with pytest.raises(TimeoutError):
        socket.hear(timeout=0.2)


def test_a_query_works_over_the_socket_too(socket: Socket) -> None:
    socket.greet()
    socket.say(id="1", type=START[socket.dialect], payload={"query": "{ version { version } }"})
    assert socket.value() == {"version": "v0.30.1"}
    assert socket.hear() == {"id": "1", "type": "complete"}


def test_an_invalid_subscription_is_an_error(socket: Socket) -> None:
    socket.greet()
    socket.say(id="1", type=START[socket.dialect], payload={"query": "subscription { nothing }"})
    message = socket.hear()
    assert (message["id"], message["type"]) == ("1", "error")


# --- the rules of graphql-transport-ws ---


def _twice_greeted(socket: Socket) -> None:
    socket.greet()
    socket.say(type="connection_init")


def _not_greeted(socket: Socket) -> None:
    socket.say(id="1", type="subscribe", payload={"query": JOBS})


def _id_in_use(socket: Socket) -> None:
    socket.greet()
    for _ in range(2):
        socket.say(id="1", type="subscribe", payload={"query": JOBS})


def _no_message(socket: Socket) -> None:
    socket.connection.send("hello")


@pytest.mark.parametrize(
    ("do", "code"), [(_twice_greeted, 4429), (_not_greeted, 4401), (_id_in_use, 4409), (_no_message, 4400)]
)
def test_who_breaks_the_rules_is_closed_with_a_code(
    stash: RunningStash, do: Callable[[Socket], None], code: int
) -> None:
    for socket in opened(stash, NEW):
        do(socket)
        with pytest.raises(ConnectionClosed) as closed:
            socket.hear()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == code


def test_a_ping_is_answered(stash: RunningStash) -> None:
    for socket in opened(stash, NEW):
        socket.say(type="ping")
        assert socket.hear() == {"type": "pong"}


# --- the key ---


def test_the_key_belongs_into_the_upgrade_request(library: Path) -> None:
    with running_stash([library], api_key="secret") as stash:
        for socket in opened(stash, NEW, ApiKey="secret"):
            socket.greet()


def test_a_key_in_connection_init_is_not_looked_at(library: Path) -> None:
    with running_stash([library], api_key="secret") as stash:
        with pytest.raises(InvalidStatus) as refused:
            list(opened(stash, NEW))
        assert refused.value.response.status_code == 401
        for socket in opened(stash, NEW, ApiKey="secret"):
            socket.say(type="connection_init", payload={"ApiKey": "wrong"})
            assert socket.hear() == {"type": "connection_ack"}
