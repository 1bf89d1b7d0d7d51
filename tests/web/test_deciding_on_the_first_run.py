"""A first run is decided in the guide, by command and by the API; the home page leads there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from scenes.models import Download, FirstRunDecision, Scene
from tests.scenes.placing import Place
from tests.scenes.placing import a_place as a_place_to_place_in  # noqa: F401
from tests.web.factories import make_token, make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
PAGE, URL = "/guide/existing/", "/api/first-run"


@pytest.fixture
def old(place: Place) -> Place:
    place.configure(first_run="")
    place.add("Old", ["old.mp4"])
    place.stash.seed(scenes=3)
    return place


def page_of(name: str = "root") -> Client:
    client = Client()
    client.force_login(make_user(name))
    return client


@pytest.fixture
def program() -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(make_user('robot'))}"})


def post(client: Client, body: Any) -> Any:
    return client.post(URL, body, content_type="application/json")


def command(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call_command("first_run", *words)
    return capsys.readouterr().out


def answers() -> dict[str, str]:
    return dict(FirstRunDecision.objects.values_list("question", "answer"))


# --- The page ---


def test_the_page_says_what_is_there_and_decides(old: Place) -> None:
    client = page_of()
    page = client.get(PAGE).text
    assert "1 finished torrent that" in page and "3 scenes" in page
    chosen = {"torrents": "handled", "library": "analyse", "scenes": "7"}
    page = client.post(PAGE, chosen, follow=True).text
    assert "Decided." in page and "7 a run" in page and 'name="torrents"' not in page
    assert answers() == {"torrents": "handled", "library": "analyse"}
    assert Download.objects.get().code == "before_first_run"
    assert FirstRunDecision.objects.get(question="library").decided_by.username == "root"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [({}, "Give an answer"), ({"library": "analyse", "scenes": "0"}, "greater than"), ({"torrents": "x"}, "valid")],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(old: Place, chosen: dict[str, str], message: str) -> None:
    page = page_of().post(PAGE, chosen).text
    assert message in page and "Nothing was saved" in page
    assert answers() == {}


def test_a_page_that_was_opened_before_somebody_else_decided_changes_nothing(old: Place) -> None:
    client = page_of()
    client.get(PAGE)
    call_command("first_run", "--torrents", "take")
    client.post(PAGE, {"torrents": "handled", "scenes": "500"})
    assert answers() == {"torrents": "take"}


def test_a_service_that_is_away_is_said_and_the_decision_is_taken_all_the_same(old: Place) -> None:
    old.qbittorrent.server.go_away()
    client = page_of()
    assert "is not known" in client.get(PAGE).text
    page = client.post(PAGE, {"torrents": "handled"}, follow=True).text
    assert "The next run records the torrents" in page
    assert answers() == {"torrents": "handled"}


# --- The home page ---


def test_home_leads_to_the_page_where_something_old_is_known_and_only_as_long_as_it_is_undecided(old: Place) -> None:
    client = page_of()
    assert PAGE not in client.get("/").text, "nothing is known to be there"
    Scene.objects.create(pk=1, created_at=timezone.now(), remote_updated_at="x")
    assert PAGE in client.get("/").text
    call_command("first_run", "--torrents", "take", "--library", "analysed")
    assert PAGE not in client.get("/").text


# --- The command ---


def test_the_command_shows_and_decides(old: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert "1, undecided" in command(capsys) and answers() == {}
    found = json.loads(command(capsys, "--torrents", "take", "--json"))
    assert found["undecided"] and found["torrents"]["answer"] == "take" and found["library"]["count"] == 3
    assert "A run goes on" in command(capsys, "--library", "analyse", "--scenes", "20")
    assert FirstRunDecision.objects.get(question="library").scenes == 20


@pytest.mark.parametrize(
    "words", [["--scenes", "3"], ["--library", "analysed", "--scenes", "3"], ["--torrents", "leave"]]
)
def test_the_command_refuses_other_words(old: Place, words: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("first_run", *words)
    assert answers() == {}


def test_the_command_says_that_it_was_decided_otherwise(old: Place) -> None:
    call_command("first_run", "--torrents", "take")
    call_command("first_run", "--torrents", "take")
    with pytest.raises(CommandError, match="decided already"):
        call_command("first_run", "--torrents", "handled")


# --- The API ---


def test_the_api_says_what_is_there_and_decides(old: Place, program: Client) -> None:
    found = program.get(URL).json()
    assert found["undecided"] is True
    assert (found["torrents"]["count"], found["library"]["count"]) == (1, 3)
    answer = post(program, {"torrents": "handled", "library": "analysed"})
    assert answer.status_code == 200 and answer.json()["undecided"] is False
    assert answer.json()["torrents"]["answer"] == "handled" and answer.json()["left_to_the_next_run"] == []
    assert FirstRunDecision.objects.get(question="library").last_scene_id == 3


def test_a_second_other_answer_is_a_conflict(old: Place, program: Client) -> None:
    post(program, {"torrents": "handled"})
    answer = post(program, {"torrents": "take"})
    assert answer.status_code == 409 and "decided already" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"torrents": "analysed"},
        {"torrents": True},
        {"library": "analyse", "scenes": 0},
        {"library": "analyse", "scenes": "7"},
        {"library": "analyse", "scenes": 1e300},
        {"library": "analyse", "scenes": 10**30},
        {"torrents": "take", "more": 1},
    ],
)
def test_the_api_refuses_other_bodies(old: Place, program: Client, body: Any) -> None:
    assert post(program, body).status_code == 400
    assert answers() == {}


def test_where_nothing_is_there_nothing_is_undecided(place: Place, program: Client) -> None:
    place.configure(first_run="")
    found = program.get(URL).json()
    assert found["undecided"] is False and found["torrents"]["count"] == 0


def test_of_a_service_that_is_not_set_nothing_is_undecided(place: Place, program: Client) -> None:
    place.configure(first_run="", stash_url="", qbittorrent_url="")
    found = program.get(URL).json()
    assert found["undecided"] is False and "No Stash is set" in found["library"]["problem"]


def test_no_secret_and_no_second_login_after_a_refusal(old: Place, program: Client) -> None:
    old.configure(qbittorrent_password="wrong-password")
    before = old.logins()
    for _ in range(3):
        answer = program.get(URL)
        assert answer.json()["torrents"]["problem"] and "wrong-password" not in answer.text
    assert old.logins() == before + 1
