"""What every simulator can do: run, fail on purpose, go away and come back, remember what it was asked."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import requests
from aiohttp import web

from scenes.simulators.serving import Server, in_thread

PROCESS = """
from aiohttp import web
from scenes.simulators.serving import Server, run_process
run_process(Server(web.Application(), name="Example"))
"""


@pytest.fixture
def server() -> Iterator[Server]:
    async def hello(request: web.Request) -> web.Response:
        done.append(await request.text())
        return web.Response(text="hello")

    done: list[str] = []
    app = web.Application()
    app.router.add_route("*", "/hello", hello)
    with in_thread(Server(app, name="Example")) as running:
        running.done = done  # type: ignore[attr-defined]
        yield running


def ask(server: Server, timeout: float = 10, **options: str) -> requests.Response:
    return requests.post(f"{server.url}/hello", timeout=timeout, **options)  # type: ignore[arg-type]


def test_it_answers_on_a_free_port(server: Server) -> None:
    assert ask(server).text == "hello"
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_every_request_is_remembered(server: Server) -> None:
    ask(server, data="good morning")
    [record] = server.control.asked("^/hello")
    assert (record.method, record.body, record.status) == ("POST", "good morning", 200)
    assert requests.get(f"{server.url}/_simulator/requests", timeout=10).json()[0]["path"] == "/hello"


def test_an_http_fault_answers_without_doing_anything(server: Server) -> None:
    server.control.arm("http", status=503, text="busy", times=1)
    answer = ask(server)
    assert (answer.status_code, answer.text) == (503, "busy")
    assert server.done == []  # type: ignore[attr-defined]
    assert ask(server).status_code == 200


def test_a_fault_hits_only_the_requests_it_names(server: Server) -> None:
    server.control.arm("http", body="FindScenes", after=1)
    assert [ask(server, data=text).status_code for text in ("FindScenes", "Other", "FindScenes")] == [
        200,
        200,
        500,
    ]


def test_a_reset_ends_the_connection_without_doing_anything(server: Server) -> None:
    server.control.arm("reset")
    with pytest.raises(requests.ConnectionError, match="reset"):
        ask(server)
    assert server.done == []  # type: ignore[attr-defined]
    assert server.control.requests[0].status == 0


def test_a_lost_answer_is_lost_after_the_work_was_done(server: Server) -> None:
    server.control.arm("lose_answer")
    with pytest.raises(requests.ConnectionError):
        ask(server, data="work")
    assert server.done == ["work"]  # type: ignore[attr-defined]


def test_a_hanging_request_goes_on_when_the_fault_is_cleared(server: Server) -> None:
    server.control.arm("hang")
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(ask(server).text))
    thread.start()
    server.control.wait("^/hello")
    assert answers == []
    server.control.clear()
    thread.join(10)
    assert answers == ["hello"]


def test_a_hanging_request_runs_into_the_timeout_of_its_client(server: Server) -> None:
    server.control.arm("hang")
    with pytest.raises(requests.Timeout):
        ask(server, timeout=0.1)


def test_latency_makes_an_answer_late(server: Server) -> None:
    server.control.arm("latency", seconds=0.2)
    assert ask(server).text == "hello"
    assert (server.control.requests[0].seconds or 0) >= 0.2


def test_a_server_that_is_away_refuses_connections_and_comes_back_on_its_port(server: Server) -> None:
    server.go_away()
    with pytest.raises(requests.ConnectionError, match="refused"):
        ask(server)
    server.come_back()
    assert ask(server).text == "hello"


def test_going_away_resets_what_is_in_flight(server: Server) -> None:
    server.control.arm("hang")
    errors: list[Exception] = []

    def hang() -> None:
        try:
            ask(server)
        except requests.ConnectionError as error:
            errors.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    server.control.wait("^/hello")
    server.go_away()
    thread.join(10)
    assert len(errors) == 1


def test_faults_can_be_armed_over_http(server: Server) -> None:
    control = f"{server.url}/_simulator/faults"
    assert requests.post(control, json={"kind": "http", "status": 418}, timeout=10).ok
    assert ask(server).status_code == 418
    requests.delete(control, timeout=10)
    assert ask(server).status_code == 200
    assert requests.post(control, json={"kind": "explode"}, timeout=10).status_code == 400


def test_going_away_can_be_asked_for_over_http(server: Server) -> None:
    assert requests.post(f"{server.url}/_simulator/away", json={"seconds": 600}, timeout=10).ok
    with pytest.raises(requests.ConnectionError, match="refused"):
        ask(server)


@pytest.mark.acceptance
def test_a_process_says_where_it_listens_and_ends_cleanly_on_sigterm() -> None:
    with subprocess.Popen([sys.executable, "-c", PROCESS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("Example simulator on ").strip()
        assert requests.get(f"{url}/_simulator/requests", timeout=10).json() == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
